"""The parts of photographs' ills are held against Pillow and SciPy; the whole is by chance."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from PIL import Image

from benchbench import Range
from benchbench.contracts.seeding import SeededDraw
from benchbench_plugins.degradations._resampling import resampling
from benchbench_plugins.degradations.real import Real, ellipse

METHODS = [Image.Resampling.BOX, Image.Resampling.BILINEAR, Image.Resampling.BICUBIC]


@pytest.mark.parametrize("method", range(3))
@pytest.mark.parametrize(("given", "wanted"), [(48, 17), (20, 48), (48, 47), (48, 48), (31, 1)])
def test_resampling_is_pillows_resize(method: int, given: int, wanted: int) -> None:
    line = torch.rand(given, generator=torch.Generator().manual_seed(0))
    matrix = resampling(torch.tensor([float(given)]), torch.tensor([float(wanted)]), torch.tensor([method]), (48, 48))
    picture = Image.fromarray(line.expand(3, -1).numpy())
    reference = np.asarray(picture.resize((wanted, 3), METHODS[method]))[1]
    np.testing.assert_allclose((matrix[0, :, :given] @ line)[:wanted], reference, atol=1e-5)


def test_an_ellipse_is_as_long_and_as_wide_as_it_says_along_its_axes() -> None:
    angle = torch.tensor([0.0, 0.6])
    kernel = ellipse(torch.tensor([3.0, 3.0]), torch.tensor([1.5, 1.5]), angle, 15)[:, 0].double()
    steps = torch.arange(-15.0, 16.0).double()
    xx, yy, xy = ((kernel * m).sum((1, 2)) for m in (steps**2, steps[:, None] ** 2, steps * steps[:, None]))
    for row, turn in enumerate(angle.tolist()):
        axes, directions = torch.linalg.eigh(torch.tensor([[xx[row], xy[row]], [xy[row], yy[row]]]))
        assert axes.sqrt().tolist() == pytest.approx([1.5, 3], rel=0.02)
        assert abs(directions[:, 1] @ torch.tensor([np.cos(turn), np.sin(turn)])) == pytest.approx(1, abs=1e-3)


def test_no_weight_of_a_narrow_ellipse_is_subnormal_which_would_make_it_slow() -> None:
    kernel = ellipse(torch.full((20,), 0.5), torch.full((20,), 0.15), torch.linspace(0, 3, 20), 6)
    assert kernel[kernel > 0].min() > 1e-30
    torch.testing.assert_close(kernel.sum((2, 3)), torch.ones(20, 1))


def test_equal_images_come_out_in_many_ways_and_tell_nothing() -> None:
    image = torch.rand(1, 3, 6, 6, generator=torch.Generator().manual_seed(0))
    clean = torch.nn.functional.interpolate(image, (48, 48), mode="bicubic").clamp(0, 1).expand(30, -1, -1, -1)
    found = Real(severity=Range(1, 5)).apply(clean.clone(), SeededDraw(0, "test", [str(i) for i in range(30)]))
    assert not found.truth
    errors = ((found.images - clean) ** 2).mean((1, 2, 3))
    assert errors.max() > 5 * errors.min()
