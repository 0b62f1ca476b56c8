"""The hooks of benchbench. A plugin implements any of them with `@benchbench.hookimpl`.

Plugins are called in the order of their names, whatever the order of their installation.

>>> from benchbench import hookimpl
>>> @hookimpl
... def benchbench_board_written(path):
...     print(f"see {path}")
>>> benchbench_board_written("leaderboards/swirl.md")
see leaderboards/swirl.md
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pluggy

if TYPE_CHECKING:
    from torch import Tensor

    from ..contracts.dataset import Dataset
    from ..contracts.degradation import Degradation
    from ..contracts.metric import Metric
    from ..contracts.model import Model
    from ..contracts.peer import Peer

hookspec = pluggy.HookspecMarker("benchbench")
hookimpl = pluggy.HookimplMarker("benchbench")

HOOKS_VERSION = 1
"""Changes when a hook or an argument is renamed or removed. A plugin may say which it needs: `benchbench_hooks = 1`."""


@hookspec
def benchbench_datasets() -> Iterable[type[Dataset]]:  # type: ignore[empty-body]
    """Return the data set classes that this plugin brings."""


@hookspec
def benchbench_degradations() -> Iterable[type[Degradation]]:  # type: ignore[empty-body]
    """Return the degradation classes that this plugin brings."""


@hookspec
def benchbench_models() -> Iterable[type[Model]]:  # type: ignore[empty-body]
    """Return the model classes that this plugin brings."""


@hookspec
def benchbench_metrics() -> Iterable[type[Metric]]:  # type: ignore[empty-body]
    """Return the metric classes that this plugin brings."""


@hookspec
def benchbench_suites() -> Iterable[Path]:  # type: ignore[empty-body]
    """Return the TOML files of the suites that this plugin brings; a suite is called as its file is."""


@hookspec
def benchbench_face_embedder() -> Callable[[Tensor], Tensor]:  # type: ignore[empty-body]
    """Return your face embedder: a function from faces, float32 `(N, 3, H, W)` in [0, 1], to embeddings `(N, D)`.

    The metric `identity-similarity` compares them by their cosine. It is called for every batch, so load weights once.
    A row of NaN says that an image has no face.
    """


@hookspec
def benchbench_peers() -> Iterable[Peer]:  # type: ignore[empty-body]
    """Return other libraries' counterparts of components; `benchbench speed` times both side by side."""


@hookspec
def benchbench_epoch_finished(trial: Mapping[str, Any], row: Mapping[str, float]) -> None:
    """Follow a training: `trial` (dataset, degradation, model, seed, key) has validated; `row` joins its history."""


@hookspec
def benchbench_trial_finished(trial: Mapping[str, Any], result: Mapping[str, Any], folder: Path) -> None:
    """Follow a run: `trial` has ended as scored, skipped or failed; `result` is `result.json` in `folder`."""


@hookspec
def benchbench_board_written(path: Path) -> None:
    """Follow a run: a leaderboard was written to `path`, a Markdown file; beside it are CSV, JSON and Parquet."""
