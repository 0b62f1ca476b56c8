"""What stands beside our components in `benchbench speed` does the same as they do: peers are outside references."""

from __future__ import annotations

import copy
from importlib.util import find_spec

import pytest
import torch
from skimage.data import lfw_subset

from benchbench import Peer, Task
from benchbench.contracts.degradation import Degradation
from benchbench.contracts.metric import Metric
from benchbench.registry.registry import registry
from benchbench.speed import degradation_case, degraded, metric_case
from benchbench_plugins.peers import pillow as pillow_peers
from benchbench_plugins.peers import piq, scikit_image, scipy, torchmetrics

PEERS: list[Peer] = [
    peer for module in (scikit_image, pillow_peers, scipy, piq, torchmetrics) for peer in module.benchbench_peers()
]
IDS = [f"{peer.of}-{peer.library}" for peer in PEERS]
EXACT = {"psnr": 1e-3, "rotate": 1e-3, "swirl": 1e-3, "vif": 1e-3}  # others 1e-5
NEAR = 0.07  # mean difference of what works on 8 bits, cuts bits off, or has other weights


def faces(n: int, size: int) -> torch.Tensor:
    small = torch.from_numpy(lfw_subset()[:n]).float()[:, None]
    images = torch.nn.functional.interpolate(small, (size, size), mode="bicubic").clamp(0, 1)
    tint = torch.tensor([1.0, 0.8, 0.6]).view(1, 3, 1, 1)
    return (0.1 + 0.8 * images * tint).contiguous()  # neither black nor white, at which some would clip


def test_peers_are_of_registered_components() -> None:
    known = registry()
    assert {peer.of for peer in PEERS} <= {*known.of("degradation"), *known.of("metric")}
    assert ("torchmetrics" in {peer.library for peer in PEERS}) == bool(find_spec("torchmetrics"))


@pytest.mark.parametrize("peer", PEERS, ids=IDS)
@pytest.mark.filterwarnings("ignore")  # of other libraries
def test_a_peer_does_the_same(peer: Peer) -> None:
    known = registry()
    torch.manual_seed(0)
    if peer.of in known.of("degradation"):
        degradation: Degradation = known.resolve("degradation", peer.of)
        case = degradation_case(degradation, faces(3, 64), [peer])
    else:
        clean = faces(3, 192)
        metric: Metric = known.resolve("metric", peer.of)
        assert metric.unavailable(Task(192, known.resolve("degradation", "none"))) is None
        case = metric_case(
            metric, degraded(known.resolve("degradation", "gaussian-noise"), clean).images.clamp(0, 1), clean, [peer]
        )
    ours, theirs = case.ours(), peer.prepare(*copy.deepcopy(case.given))()
    assert theirs.shape == ours.shape
    if peer.exact:
        torch.testing.assert_close(theirs.float(), ours, atol=EXACT.get(peer.of, 1e-5), rtol=1e-5)
    elif peer.of in ("gaussian-noise", "pixel-flip", "occlude"):  # drawn otherwise: as strong
        clean = faces(3, 64)
        assert (theirs - clean).square().mean() == pytest.approx(float((ours - clean).square().mean()), rel=0.5)
    elif peer.of not in known.of("metric"):
        assert (theirs - ours).abs().mean() < NEAR
