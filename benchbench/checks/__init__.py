"""The contract checks: laws that every component keeps, whoever brought it.

A law is a plain function whose docstring says it in a sentence. `choose` finds what a name means, `check` holds a
component against all laws of its kind.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import torch

from ..contracts.component import Component
from ..contracts.degradation import Degradation
from ..contracts.set_metric import SetMetric
from ..registry.registry import KINDS
from . import datasets, degradations, metrics, models, set_metrics
from .fixtures import Softening
from .law import SIZE, Case, Finding, Law
from .model_case import ModelCase

SETS = "metric of sets"
_KINDS: Mapping[str, tuple[type[Case], tuple[Law, ...]]] = {
    "dataset": (datasets.DatasetCase, datasets.LAWS),
    "degradation": (degradations.DegradationCase, degradations.LAWS),
    "model": (ModelCase, models.LAWS),
    "metric": (metrics.MetricCase, metrics.LAWS),
    SETS: (set_metrics.SetMetricCase, set_metrics.LAWS),
}
LAWS = {kind: laws for kind, (_, laws) in _KINDS.items()}

__all__ = ["LAWS", "SIZE", "Case", "Finding", "Law", "case_of", "check", "kind_of"]


def kind_of(component: Component) -> str:
    """Tell the kind, by whose laws it is held: dataset, degradation, model, metric or metric of sets."""
    if isinstance(component, SetMetric):
        return SETS
    return next(kind for kind, base in KINDS.items() if isinstance(component, base))


def case_of(
    component: Component, size: int = SIZE, device: str = "cpu", degradations: Sequence[Degradation] = ()
) -> Case:
    """Make the case of a component; models that are not for a plain blur are tried on one of `degradations`."""
    kind, laws = _KINDS[kind_of(component)]
    return kind(component, laws, size, torch.device(device), (Softening(), *degradations))


def check(case: Case) -> Iterator[Finding]:
    """Hold a component against all laws of its kind, one after the other."""
    for law in case.laws:
        yield case.examine(law)
