"""The contract checks: laws that every component keeps, whoever brought it.

A law is a plain function whose docstring says it in a sentence. `choose` finds what a name means, `check` holds a
component against all laws of its kind.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import torch

from ..contracts.component import Component
from ..contracts.dataset import Dataset
from ..contracts.degradation import Degradation
from ..contracts.metric import Metric
from ..contracts.model import Model
from .datasets import LAWS as DATASET_LAWS
from .datasets import DatasetCase
from .degradations import LAWS as DEGRADATION_LAWS
from .degradations import DegradationCase
from .fixtures import Softening
from .law import SIZE, Case, Finding, Law
from .metric_case import MetricCase
from .metrics import LAWS as METRIC_LAWS
from .model_case import ModelCase
from .models import LAWS as MODEL_LAWS

LAWS: Mapping[str, tuple[Law, ...]] = {
    "dataset": DATASET_LAWS,
    "degradation": DEGRADATION_LAWS,
    "model": MODEL_LAWS,
    "metric": METRIC_LAWS,
}
_CASES: Mapping[type, tuple[str, type[Case]]] = {
    Dataset: ("dataset", DatasetCase),
    Degradation: ("degradation", DegradationCase),
    Model: ("model", ModelCase),
    Metric: ("metric", MetricCase),
}

__all__ = ["LAWS", "SIZE", "Case", "Finding", "Law", "case_of", "check", "kind_of"]


def kind_of(component: Component) -> str:
    """Tell the kind: dataset, degradation, model or metric."""
    return next(kind for base, (kind, _) in _CASES.items() if isinstance(component, base))


def case_of(
    component: Component,
    size: int = SIZE,
    device: str = "cpu",
    degradations: Sequence[Degradation] = (),
) -> Case:
    """Make the case of a component; models that are not for a plain blur are tried on one of `degradations`."""
    kind = kind_of(component)
    options: dict[str, Any] = {"degradations": (Softening(), *degradations)} if kind == "model" else {}
    made = next(case for base, (_, case) in _CASES.items() if isinstance(component, base))
    return made(component, LAWS[kind], size, torch.device(device), **options)


def check(case: Case) -> Iterator[Finding]:
    """Hold a component against all laws of its kind, one after the other."""
    for law in case.laws:
        yield case.examine(law)
