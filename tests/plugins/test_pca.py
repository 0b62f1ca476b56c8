from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from benchbench import Batch, Codec, Task
from benchbench_plugins.models._eigenfaces import MOST, Eigenfaces, copies, taken
from benchbench_plugins.models.pca import PCA

SIDE = 12
TASK = Task(SIDE, None)  # type: ignore[arg-type]


def images(n: int, seed: int = 0, channels: int = 3) -> Tensor:
    coarse = torch.rand((n, channels, 4, 4), generator=torch.Generator().manual_seed(seed))
    return nn.functional.interpolate(coarse, (SIDE, SIDE), mode="bilinear")


def batches(pixels: Tensor, size: int = 8) -> Iterator[Batch]:
    for part in pixels.split(size):
        yield Batch(part * 0.5, part)


def fitted(model: PCA, pixels: Tensor) -> Eigenfaces:
    module = model.build(TASK)
    assert isinstance(module, Eigenfaces)
    model.fit(module, batches(pixels))
    return module.eval()


def test_components_are_those_of_numpys_singular_value_decomposition() -> None:
    pixels = images(30)
    module = fitted(PCA(components=10), pixels)
    known = copies(pixels).flatten(1).double().numpy()
    _, singular, rows = np.linalg.svd(known - known.mean(0), full_matrices=False)
    np.testing.assert_allclose(np.abs(np.sum(module.components.numpy() * rows[:10], 1)), 1, atol=1e-4)
    unit = np.sqrt(known.shape[1])
    np.testing.assert_allclose(module.coder.scale, singular[:10] / np.sqrt(len(known)) / unit, rtol=1e-3)


def test_components_are_orthonormal_and_no_more_than_the_images_give() -> None:
    module = fitted(PCA(components=64), images(5))
    products = module.components @ module.components.T
    rank = int(products.diagonal().sum().round())
    assert rank <= 6 * 5 - 1
    torch.testing.assert_close(products, torch.diag((torch.arange(64) < rank).float()), atol=1e-4, rtol=0)


def test_all_components_and_fine_steps_restore_the_training_images() -> None:
    pixels = images(6)
    torch.testing.assert_close(fitted(PCA(64, step=2e-4), pixels)(pixels), pixels, atol=5e-3, rtol=0)


@pytest.mark.parametrize("mirrored", [False, True])
@pytest.mark.parametrize(("border", "seen_part"), [((1, 0, 1, 0), slice(None, -1)), ((0, 1, 0, 1), slice(1, None))])
def test_knows_mirror_images_and_other_framings(border: tuple[int, ...], seen_part: slice, mirrored: bool) -> None:
    pixels = images(6)
    moved = nn.functional.pad(pixels, border, mode="replicate")[..., seen_part, seen_part]  # by one pixel
    for seen in (pixels, moved):
        shown = seen.flip(-1) if mirrored else seen
        torch.testing.assert_close(fitted(PCA(64, step=2e-4), pixels)(shown), shown, atol=5e-3, rtol=0)


def test_more_images_give_no_fewer_rows_and_each_has_its_mirror() -> None:
    counts = [len(copies(torch.rand(n, 1, 2, 2))) for n in (1, 600, 700, 1400, 2048, 2049, MOST)]
    assert counts == sorted(counts)
    assert counts[-1] == 2 * MOST
    pixels = torch.rand(MOST // 2 + 1, 1, 2, 2)
    assert torch.equal(copies(pixels), torch.cat([pixels, pixels.flip(-1)]))


def test_fits_clean_images_not_degraded_ones() -> None:
    pixels = images(6)
    torch.testing.assert_close(fitted(PCA(8), pixels).mean, copies(pixels).mean(0))


def test_more_components_come_closer_to_unseen_images() -> None:
    seen, unseen = images(60), images(10, seed=1)
    errors = [float((fitted(PCA(k, step=2e-4), seen)(unseen) - unseen).square().mean()) for k in (1, 4, 16, 48)]
    assert errors == sorted(errors, reverse=True)
    assert errors[-1] < 0.5 * errors[0]


def test_forward_is_a_trip_through_the_bytes() -> None:
    module, unseen = fitted(PCA(32), images(30)), images(4, seed=1)
    assert isinstance(module, Codec)
    data = module.compress(unseen)
    assert all(isinstance(message, bytes) for message in data)
    assert torch.equal(module.decompress(data), module(unseen))


def test_a_step_is_in_values_of_the_image() -> None:
    """Uniform rounding of all of an orthonormal basis errs by step²/12 in each of its coefficients."""
    pixels, step = images(40), 0.01
    module = fitted(PCA(48, step=step), pixels)
    exact = fitted(PCA(48, step=2e-4), pixels)(pixels)
    assert float((module(pixels) - exact).square().mean()) == pytest.approx(48 * step**2 / 12, rel=0.1)


def test_statistics_survive_storing() -> None:
    module, again = fitted(PCA(16), images(20)), PCA(16).build(TASK)
    again.load_state_dict(module.state_dict())
    assert torch.equal(again.eval()(images(2)), module(images(2)))


def test_takes_no_more_images_than_it_can_solve_for() -> None:
    drawn = []

    def endless() -> Iterator[Tensor]:
        while True:
            drawn.append(1)
            yield torch.zeros(32, 1, 1, 1)

    assert sum(map(len, taken(endless(), MOST))) == MOST
    assert len(drawn) == MOST // 32
