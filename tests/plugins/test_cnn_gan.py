from __future__ import annotations

import pytest
import torch
from PIL import Image
from torch import Tensor, nn

from benchbench import AdversarialPair, Task
from benchbench_plugins.models.cnn_gan import CNNGAN, luma

TASK = Task(24, None)  # type: ignore[arg-type]


def built(channels: int = 3) -> AdversarialPair:
    torch.manual_seed(0)
    module = CNNGAN().build(Task(24, None, channels))  # type: ignore[arg-type]
    assert isinstance(module, AdversarialPair)
    return module.eval()


def images(channels: int = 3) -> Tensor:
    return torch.rand((2, channels, 24, 24), generator=torch.Generator().manual_seed(0))


def count(module: nn.Module) -> int:
    return sum(p.numel() for p in module.parameters())


@pytest.mark.parametrize("channels", [1, 3])
def test_generator_and_discriminator_have_the_published_parameters(channels: int) -> None:
    module = built(channels)
    assert count(module.generator) == count(module.discriminator) == 38_145
    assert CNNGAN().count_parameters(module) == 38_145


def test_luma_is_pillows() -> None:
    pixels = (images()[0] * 255).byte()
    expected = torch.tensor(list(Image.fromarray(pixels.permute(1, 2, 0).numpy()).convert("L").tobytes()))
    assert (luma(pixels[None].float() / 255).flatten() * 255 - expected).abs().max() <= 1


def test_colour_images_keep_their_chroma() -> None:
    given = images()
    restored = built()(given)
    assert not torch.equal(restored, given)
    torch.testing.assert_close(restored - luma(restored), given - luma(given), atol=1e-5, rtol=0)


def test_colour_images_get_the_luma_that_the_network_gives() -> None:
    module, given = built(), images()
    torch.testing.assert_close(luma(module(given)), module(luma(given)), atol=1e-5, rtol=0)


def test_the_discriminator_sees_luma_alone_and_judges_each_pixel() -> None:
    module, given = built(), images()
    verdict = module.discriminator(given)
    assert verdict.shape == (2, 1, 24, 24)
    torch.testing.assert_close(module.discriminator(luma(given).expand(-1, 3, -1, -1)), verdict, atol=1e-5, rtol=0)


def test_recipe_is_the_studys() -> None:
    assert CNNGAN.recipe is not None
    assert CNNGAN.recipe.epochs == 6


def test_takes_grey_and_rgb_images() -> None:
    assert CNNGAN().unavailable(TASK) is None
    assert "4 channels" in str(CNNGAN().unavailable(Task(24, None, 4)))  # type: ignore[arg-type]
