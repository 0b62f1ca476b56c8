"""GMSD and HaarPSI are those of piq."""

from __future__ import annotations

import piq
import pytest
import torch
from pictures import images

from benchbench import Metric
from benchbench_plugins.metrics import gmsd, haarpsi


@pytest.mark.parametrize("metric", [gmsd.GMSD(), haarpsi.HaarPSI()], ids=lambda m: m.name)
@pytest.mark.parametrize("shape", [(2, 3, 48, 48), (3, 1, 33, 47), (1, 3, 16, 16)])
def test_it_equals_piq_an_image_at_a_time(metric: Metric, shape: tuple[int, int, int, int]) -> None:
    restored, clean = images(*shape, seed=1)
    reference = getattr(piq, metric.name)
    expected = torch.stack([reference(a, b) for a, b in zip(restored.split(1), clean.split(1), strict=True)])
    torch.testing.assert_close(metric(restored, clean), expected, atol=1e-5, rtol=1e-5)
