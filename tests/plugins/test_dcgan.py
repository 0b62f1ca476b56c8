from __future__ import annotations

from itertools import pairwise

import pytest
import torch
from torch import Tensor, nn

from benchbench import Batch, Codec, Task
from benchbench_plugins.models.dcgan import DCGAN, AdversarialCodec, Bottleneck, generator_of

TASK = Task(64, None)  # type: ignore[arg-type]


def built() -> AdversarialCodec:
    torch.manual_seed(0)
    module = DCGAN().build(TASK)
    assert isinstance(module, AdversarialCodec)
    return module


def images(n: int) -> Tensor:
    coarse = torch.rand((n, 3, 6, 6), generator=torch.Generator().manual_seed(n))
    return nn.functional.interpolate(coarse, (64, 64), mode="bilinear")


def test_the_generator_has_the_studys_parameters_within_a_hundredth() -> None:
    assert abs(DCGAN().count_parameters(built()) / 973_443 - 1) < 0.01


def test_the_discriminator_is_small_and_judges_patches() -> None:
    module = built()
    assert sum(p.numel() for p in module.discriminator.parameters()) < DCGAN().count_parameters(module) / 4
    assert module.discriminator(images(2)).shape == (2, 1, 8, 8)


def test_a_logit_sees_a_patch_and_not_the_whole_image() -> None:
    judge, given = built().discriminator.eval(), images(1).requires_grad_()
    judge(given)[0, 0, 4, 4].backward()
    rows = given.grad.abs().sum((0, 1, 3)).nonzero()  # type: ignore[union-attr]
    assert 0 < rows.max() - rows.min() < 48


def test_recipe_is_the_studys() -> None:
    assert (DCGAN.recipe.epochs, DCGAN.recipe.batch, DCGAN().reconstruction) == (30, 100, 10)  # type: ignore[union-attr]


def test_the_bottleneck_is_512_numbers_of_unit_variance_in_training() -> None:
    codec = generator_of(built().train())
    latents = codec.latents(images(8))
    assert latents.shape == (8, 512)
    spread = latents.unflatten(1, codec.grid).var((0, 2, 3), unbiased=False)
    torch.testing.assert_close(spread, torch.ones_like(spread), atol=0.02, rtol=0)


def test_training_blurs_the_latent_by_as_much_as_rounding_does() -> None:
    codec = generator_of(built().train())
    seen: list[Tensor] = []
    codec.decoder.register_forward_hook(lambda _module, inputs, _output: seen.append(inputs[0]))
    given = images(8)
    with torch.no_grad():
        codec(given)
        noise = seen[0].flatten(1) - codec.latents(given)
    assert noise.abs().max() <= codec.coder.step / 2 + 1e-4
    assert noise.var().item() == pytest.approx(codec.coder.step**2 / 12, rel=0.05)


def test_restored_images_have_been_bytes() -> None:
    model, module, given = DCGAN(), built().eval(), images(4)
    assert isinstance(module, Codec)
    with torch.no_grad():
        model.fit(module, iter([Batch(given, given)]))
        assert torch.equal(module.decompress(module.compress(given)), module(given))
        torch.testing.assert_close(generator_of(module).coder.mean, generator_of(module).latents(given).mean(0))


def test_transposed_convolutions_cover_all_pixels_evenly() -> None:
    codec = generator_of(built())
    doublings = [layer for layer in codec.decoder if isinstance(layer, nn.ConvTranspose2d)]
    assert len(doublings) == 4
    assert all(
        size % step == 0 for layer in doublings for size, step in zip(layer.kernel_size, layer.stride, strict=True)
    )
    assert all(a.out_channels == b.in_channels for a, b in pairwise(doublings))


def test_a_module_of_another_kind_is_refused() -> None:
    with pytest.raises(TypeError, match="not on a Linear"):
        generator_of(nn.Linear(1, 1))
    assert isinstance(generator_of(built()), Bottleneck)
