"""NIQE: how far an image's local statistics are from those of the clean training images; no reference is needed."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache

import torch
import torch.nn.functional as F
from torch import Tensor

from benchbench import Metric, Task, hookimpl

from ._regions import refuse, too_small
from ._windows import filtered, full_precision, gaussian

LEAST = 96  # px
PATCH = 48  # px; patches overlap by half, so that an image of 96 px has nine
WINDOW = gaussian(7, 7 / 6)
MOST = 1000  # training images that it is fitted to
SHARP = 0.75  # of the sharpest patch of an image: training patches below that are left out, as by the authors
SHIFTS = ((0, 1), (1, 0), (1, 1), (1, -1))
LUMA = (0.299, 0.587, 0.114)


@hookimpl
def benchbench_metrics() -> list[type[Metric]]:
    return [NIQE]


@dataclass(frozen=True)
class NIQE(Metric):
    """Distance of an image's natural-scene statistics from those of the clean training images, without a reference.

    From 0, the closer the better; the clean image is not looked at. 18 features of each patch at two scales: shapes and
    widths of the contrast-normalised luma and of the products of its neighbours. Two Gaussians are compared, that of
    the restored image's patches and that of the training images'. Mittal, Soundararajan and Bovik 2013, "Making a
    'completely blind' image quality analyzer"; there patches are 96 px and do not overlap, and the model is of 125
    photographs. Here it is fitted to the training split, so scores compare within one data set and size only.
    """

    name = "niqe"
    order = 55
    higher_is_better = False
    digits = 2
    regional = False
    symmetric = False
    full_reference = False

    def unavailable(self, task: Task) -> str | None:
        return too_small(task, LEAST)

    @torch.no_grad()
    def fit(self, images: Iterable[Tensor]) -> Mapping[str, Tensor]:
        chosen = list[Tensor]()
        for image in itertools.islice(itertools.chain.from_iterable(images), MOST):
            features, sharpness = features_of(image[None])
            chosen.append(features[sharpness > SHARP * sharpness.max()])
        found = torch.cat(chosen)
        return {"mean": found.mean(0), "covariance": found.T.cov()}

    @torch.no_grad()
    def __call__(self, restored: Tensor, clean: Tensor, region: Tensor | None = None) -> Tensor:
        refuse(region, self.name)
        if not self.known:
            raise LookupError("niqe is not fitted: give it what its `fit` estimates, by `knowing`")
        mean, covariance = (self.known[name].to(restored.device) for name in ("mean", "covariance"))
        features, _ = features_of(restored)
        own = features.mean(1, keepdim=True)
        apart = (features - own).mT @ (features - own) / max(1, features.shape[1] - 1)
        away = own[:, 0] - mean
        inverse = torch.linalg.pinv((covariance + apart) / 2, hermitian=True)
        return torch.einsum("ni,nij,nj->n", away, inverse, away).clamp(min=0).sqrt().float()


def features_of(images: Tensor) -> tuple[Tensor, Tensor]:
    """Compute 36 features of each patch, float64 `(N, patches, 36)`, and how sharp each is, `(N, patches)`."""
    luma = _luma(images)
    with full_precision(images.device):
        normalised, deviation = _normalised(luma)
        halved = F.interpolate(luma, scale_factor=0.5, mode="bicubic", antialias=True)
        found = _patches(normalised, PATCH), _patches(_normalised(halved)[0], PATCH // 2)
        return torch.cat([_statistics(part) for part in found], 2), _patches(deviation, PATCH).mean((-2, -1))


def _luma(images: Tensor) -> Tensor:
    """Compute luma `(N, 1, H, W)` of 0 to 255, rounded as the authors' code does, cut to a whole number of patches."""
    red, green, blue = (images.double() * 255).expand(-1, 3, -1, -1).split(1, dim=1)
    height, width = (side - side % (PATCH // 2) for side in images.shape[2:])
    return (LUMA[0] * red + LUMA[1] * green + LUMA[2] * blue).round()[..., :height, :width]


def _normalised(luma: Tensor) -> tuple[Tensor, Tensor]:
    """Subtract the local mean and divide by the local deviation plus 1; also return that deviation."""
    margin = len(WINDOW) // 2
    mean, square = (
        filtered(F.pad(values, (margin,) * 4, mode="replicate"), WINDOW) for values in (luma, luma.square())
    )
    deviation = (square - mean.square()).abs().sqrt()
    return (luma - mean) / (deviation + 1), deviation


def _patches(values: Tensor, side: int) -> Tensor:
    """Cut maps `(N, 1, H, W)` into patches `(N, patches, side, side)` that overlap by half."""
    rows = values.unfold(2, side, side // 2).unfold(3, side, side // 2)
    return rows.flatten(1, 3)


def _statistics(patches: Tensor) -> Tensor:
    """Compute the 18 features of each patch: shape and width of its values, and four of each neighbours' product."""
    shape, left, right = _asymmetric(patches)
    found = [shape, (left + right) / 2]
    for shift in SHIFTS:
        shape, left, right = _asymmetric(patches * patches.roll(shift, (-2, -1)))
        mean = (right - left) * torch.exp(torch.lgamma(2 / shape) - torch.lgamma(1 / shape))
        found += [shape, mean, left, right]
    return torch.stack(found, -1)


def _asymmetric(values: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Estimate an asymmetric generalised Gaussian in each patch `(N, P, S, S)`: its shape, left and right width.

    By moments, after Lasmar, Stitou and Berthoumieu 2009. A flat patch gets the least shape, and no width.
    """
    tiny = torch.finfo(values.dtype).eps
    square = values.square()
    left, right = (
        ((square * side).sum((-2, -1)) / side.sum((-2, -1)).clamp(min=1)).sqrt() for side in (values < 0, values > 0)
    )
    ratio = (left + tiny) / (right + tiny)
    moments = values.abs().mean((-2, -1)).square() / (square.mean((-2, -1)) + tiny)
    wanted = moments * (ratio**3 + 1) * (ratio + 1) / (ratio**2 + 1).square()
    shapes, known = _shapes()
    shape = shapes.to(values.device)[torch.searchsorted(known.to(values.device), wanted).clamp(max=len(shapes) - 1)]
    width = torch.exp((torch.lgamma(1 / shape) - torch.lgamma(3 / shape)) / 2)
    return shape, left * width, right * width


@cache
def _shapes() -> tuple[Tensor, Tensor]:
    """Tabulate shapes, and halfway between two of them the ratio of moments, which rises with the shape."""
    shapes = torch.arange(200, 10001, dtype=torch.float64) / 1000
    ratios = torch.exp(2 * torch.lgamma(2 / shapes) - torch.lgamma(1 / shapes) - torch.lgamma(3 / shapes))
    return shapes, (ratios[1:] + ratios[:-1]) / 2
