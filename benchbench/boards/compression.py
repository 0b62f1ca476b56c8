"""Codecs compared where nothing is degraded: how many bytes each takes for the same quality.

A codec's settings are points of rate and quality, means over the test images. Between two codecs stands the BD-rate
(Bjøntegaard 2001, VCEG-M33): the mean difference of the logarithms of their rates over the qualities that both reach,
interpolated piecewise cubically as in JVET's common test conditions. -30 % are 30 % fewer bytes for the same quality.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ..contracts.model import ANCHOR
from ..results.record import MetricFacts
from ..results.store import Result
from .estimates import LEVEL_TEXT, Array, Estimate, estimate
from .rows import GAIN, GAP, HIGH, LOW, RANK, RECOVERED, persons_in
from .text import interval, number

MOST = 2  # metrics by which codecs are compared
STEP = 1e-4  # of a coordinate, for derivatives


@dataclass(frozen=True)
class BDRate:
    """How many more bytes a codec takes than the anchor for the same quality, in percent, with its 95 % interval."""

    percent: float | None = None
    low: float | None = None
    high: float | None = None
    reason: str = ""
    """Why there is none."""

    @property
    def text(self) -> str:
        """`-31.2 % (-33.0 to -29.4)`, or why there is none."""
        if self.percent is None:
            return f"– ({self.reason})"
        bounds = "" if self.low is None or self.high is None else f" ({interval(self.low, self.high, 1)})"
        return f"{number(self.percent, 1)} %{bounds}"


@dataclass(frozen=True)
class Curve:
    """A codec through its settings."""

    codec: str
    """The spec that its settings have in common."""
    models: list[str]
    """Its settings, fewest bytes first."""
    bits: list[float]
    """Mean bits per pixel of each setting."""
    quality: dict[str, list[float]]
    """Metric -> mean score of each setting."""
    against: dict[str, BDRate]
    """Metric -> BD-rate against the anchor."""


@dataclass(frozen=True)
class Compression:
    """The codecs of a board, the fewest bytes for the same quality first."""

    anchor: str
    """The codec that others are compared with; "" if the board has none."""
    metrics: list[str]
    curves: list[Curve]

    @property
    def best(self) -> Curve | None:
        """The codec with the lowest BD-rate by the first metric, if any takes fewer bytes than the anchor."""
        return next((c for c in self.curves[:1] if (c.against[self.metrics[0]].percent or 0.0) < 0), None)

    @property
    def table(self) -> list[dict[str, str]]:
        """A row per codec: head -> text."""
        heads = [f"BD-rate by {metric}" for metric in self.metrics]
        return [
            {
                "codec": curve.codec,
                "settings": str(len(curve.models)),
                "bits per pixel": f"{curve.bits[0]:.3f} to {curve.bits[-1]:.3f}",
                **{head: self._text(curve, m) for head, m in zip(heads, self.metrics, strict=True)},
            }
            for curve in self.curves
        ]

    def _text(self, curve: Curve, metric: str) -> str:
        return ANCHOR if curve.codec == self.anchor else curve.against[metric].text

    @property
    def notes(self) -> list[str]:
        """What the table and the picture show."""
        found = [
            "Codecs stand with several settings each, in the order of their bytes, those of headers included, which "
            "are most of a small file of some formats. What a codec has learnt from the training images is in no file."
        ]
        if self.anchor:
            found.append(
                f"BD-rate: how many more bytes than {self.anchor} a codec takes for the same quality, on average over "
                f"the qualities that both reach (negative: fewer), with its {LEVEL_TEXT} interval over test images."
            )
        return found


def compression_of(scored: Sequence[Result], metrics: Mapping[str, MetricFacts], size: int) -> Compression | None:
    """Compare the codecs of a board of images of `size` px; None if it has none, or no metric that tells quality."""
    codecs = [r for r in scored if r.record.rate]
    known = [m for m, facts in metrics.items() if not facts.signed and all(m in r.scores for r in codecs)][:MOST]
    if not codecs or not known:
        return None
    models = sorted({r.record.trial.model for r in codecs})
    spec = {r.record.trial.model: r.record.trial.codec or r.record.trial.model for r in codecs}
    anchor = min((spec[r.record.trial.model] for r in codecs if r.record.model.role == ANCHOR), default="")
    means = _means(codecs, models, known)
    bytes_ = means.value[:, 0]
    by_bytes = sorted(range(len(models)), key=lambda i: (bytes_[i], models[i]))
    rows = {codec: [i for i in by_bytes if spec[models[i]] == codec] for codec in sorted(set(spec.values()))}
    signs = [1 if metrics[m].higher_is_better else -1 for m in known]
    curves = []
    for codec, own in rows.items():
        against = {
            metric: bd_rate(*(_points(means, rows.get(c, []), column, sign) for c in (anchor, codec)))
            for column, (metric, sign) in enumerate(zip(known, signs, strict=True), 1)
        }
        quality = {m: means.value[own, column].tolist() for column, m in enumerate(known, 1)}
        bits = (8 / size**2 * bytes_[own]).tolist()
        curves.append(Curve(codec, [models[i] for i in own], bits, quality, against))

    def order(curve: Curve) -> tuple[float, str]:
        percent = 0.0 if curve.codec == anchor else curve.against[known[0]].percent
        return math.inf if percent is None else percent, curve.codec

    return Compression(anchor, known, sorted(curves, key=order))


def in_order(rows: pd.DataFrame, found: Compression) -> pd.DataFrame:
    """Put the rows of a board in the order of the curves and their bytes, and leave out ranks, gains and gaps.

    What stores no bytes comes last.
    """
    compared = (RANK, GAIN, RECOVERED, GAP)
    rows = rows.drop(columns=[c for c in rows if c.removesuffix(LOW).removesuffix(HIGH) in compared])
    position = {model: i for i, model in enumerate(model for curve in found.curves for model in curve.models)}
    return rows.sort_values("model", key=lambda models: models.map(position).fillna(len(position)), ignore_index=True)


def _means(results: Sequence[Result], models: Sequence[str], metrics: Sequence[str]) -> Estimate:
    """Mean bytes, then mean scores, of each model."""
    ids = results[0].scores.index
    tables = [r.scores[list(metrics)].reindex(ids).to_numpy(float) for r in results]
    sizes = [_sizes(r, ids) for r in results]
    values = np.stack([np.column_stack(parts) for parts in zip(sizes, tables, strict=True)])
    model = np.array([models.index(r.record.trial.model) for r in results])
    trained = np.zeros(len(models), bool)
    for row, result in zip(model, results, strict=True):
        trained[row] |= result.record.trial.seed is not None
    return estimate(values, model, trained, persons_in(results, ids))


def _sizes(result: Result, ids: pd.Index) -> Array:
    """Bytes of each image's file; of older results, which do not tell, the mean."""
    rate, index = result.record.rate, result.scores.index
    if rate is None or len(rate.sizes) != len(index):
        return np.full(len(ids), math.nan if rate is None else rate.bytes)
    return pd.Series(rate.sizes, index).reindex(ids).to_numpy(float)


# ── BD-rate ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def _points(means: Estimate, rows: Sequence[int], column: int, sign: int) -> Estimate:
    """Log rate and quality, higher being better, of a codec's settings, fewest bytes first.

    A setting that takes more bytes than another of the codec and is no better is no part of its curve.
    """
    kept: list[int] = []
    for row in rows:
        if means.value[row, 0] > 0 and (not kept or sign * (means.value[row] - means.value[kept[-1]])[column] > 0):
            kept.append(row)
    picked = means.rows(np.array(kept, np.intp))
    slope = np.stack([1 / picked.value[:, 0], np.full(len(kept), float(sign))], 1)
    both = picked.columns(np.array([0, column]))
    return Estimate(
        np.stack([np.log(both.value[:, 0]), sign * both.value[:, 1]], 1),
        both.influence * slope[:, None],
        both.clusters,
        both.seeds * slope**2,
        both.doubt * slope**2,
    )


def bd_rate(anchor: Estimate, other: Estimate) -> BDRate:
    """Compare two curves, each `(settings, 2)` of log rate and quality, both rising.

    The interval is to first order in what moves the points (the delta method); images move both curves.
    """
    if reason := _incomparable(anchor.value, other.value):
        return BDRate(reason=reason)
    both = np.concatenate([anchor.value, other.value])
    slope, settings = np.zeros_like(both), len(anchor.value)
    for cell in np.ndindex(*both.shape):
        sides = []
        for step in (STEP, -STEP):
            moved = both.copy()
            moved[cell] += step
            sides.append(log_ratio(moved[:settings], moved[settings:]))
        slope[cell] = (sides[0] - sides[1]) / (2 * STEP)
    influence = np.concatenate([anchor.influence, other.influence])
    seeds, doubt = (np.concatenate(parts) for parts in ((anchor.seeds, other.seeds), (anchor.doubt, other.doubt)))
    mean = Estimate(
        np.array([[log_ratio(anchor.value, other.value)]]),
        np.einsum("kgc,kc->g", influence, slope)[None, :, None],
        np.minimum(anchor.clusters.min(), other.clusters.min())[None, None],
        np.nansum(seeds * slope**2)[None, None],
        np.nansum(doubt * slope**2)[None, None],
    )
    percent, low, high = (round(100 * math.expm1(float(log[0, 0])), 6) for log in (mean.value, *mean.interval()))
    return BDRate(percent, low, high) if math.isfinite(high) else BDRate(percent)


def _incomparable(anchor: Array, other: Array) -> str:
    if not len(anchor):
        return "no codec to compare with"
    if min(len(anchor), len(other)) < 2:
        return "a curve needs two settings, the larger one better"
    (low, high), (own_low, own_high) = (points[[0, -1], 1] for points in (anchor, other))
    return "" if min(high, own_high) > max(low, own_low) else "no quality in common"


def log_ratio(anchor: NDArray[np.float64], other: NDArray[np.float64]) -> float:
    """Average the difference of log rates over the qualities that two curves `(settings, 2)` have in common."""
    from scipy.interpolate import PchipInterpolator  # takes long to import

    low, high = max(anchor[0, 1], other[0, 1]), min(anchor[-1, 1], other[-1, 1])
    first, second = (float(PchipInterpolator(c[:, 1], c[:, 0]).integrate(low, high)) for c in (anchor, other))
    return (second - first) / (high - low)
