"""GMSD, HaarPSI, FSIM, MDSI and VSI are those of piq."""

from __future__ import annotations

import piq
import pytest
import torch
from pictures import images

from benchbench import Metric
from benchbench_plugins.metrics import fsim, gmsd, haarpsi, mdsi, vsi

METRICS: list[Metric] = [gmsd.GMSD(), haarpsi.HaarPSI(), fsim.FSIM(), mdsi.MDSI(), vsi.VSI()]


@pytest.mark.parametrize("metric", METRICS, ids=lambda m: m.name)
@pytest.mark.parametrize("shape", [(2, 3, 48, 48), (3, 1, 33, 47), (1, 3, 16, 16)])
@pytest.mark.filterwarnings("ignore:The original (VSI|MDSI)")  # piq warns of the grey images that it is given here
def test_it_equals_piq_an_image_at_a_time(metric: Metric, shape: tuple[int, int, int, int]) -> None:
    restored, clean = images(*shape, seed=1)
    reference, options = getattr(piq, metric.name), {"chromatic": shape[1] == 3} if metric.name == "fsim" else {}
    expected = torch.stack([reference(a, b, **options) for a, b in zip(restored.split(1), clean.split(1), strict=True)])
    torch.testing.assert_close(metric(restored, clean), expected, atol=1e-5, rtol=1e-5)
