"""TensorBoard for benchbench: curves while a trial trains, its scores and samples when it has ended, and the boards.

The logs go to `tensorboard/`, or to the folder that the variable BENCHBENCH_TENSORBOARD names.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from benchbench import hookimpl

if TYPE_CHECKING:
    from torch.utils.tensorboard import SummaryWriter

_open: dict[str, SummaryWriter] = {}


def _writer(run: str) -> SummaryWriter:
    from torch.utils.tensorboard import SummaryWriter  # takes a second, and most commands never need it

    if run not in _open:
        _open[run] = SummaryWriter(Path(os.environ.get("BENCHBENCH_TENSORBOARD") or "tensorboard") / run)
    return _open[run]


def _close(run: str) -> None:
    _open.pop(run).close()


def _run(trial: Mapping[str, Any]) -> str:
    names = [re.sub(r"[^\w.=+-]+", "_", str(trial[part])) for part in ("dataset", "degradation", "model")]
    return "/".join([*names, trial["key"]])


@hookimpl
def benchbench_epoch_finished(trial: Mapping[str, Any], row: Mapping[str, float]) -> None:
    writer = _writer(_run(trial))
    for name in row.keys() - {"step"}:
        writer.add_scalar(f"training/{name}", row[name], int(row["step"]))
    writer.flush()  # so that the curves can be watched


@hookimpl
def benchbench_trial_finished(trial: Mapping[str, Any], result: Mapping[str, Any], folder: Path) -> None:
    import numpy as np
    from PIL import Image

    writer = _writer(_run(trial))
    writer.add_text("trial", f"{trial['model']} on {trial['degradation']}: {result['status']}")
    for metric, score in result.get("scores", {}).items():
        writer.add_scalar(f"test/{metric}", score["mean"])
    if (samples := folder / "samples.png").is_file():
        writer.add_image("samples", np.asarray(Image.open(samples).convert("RGB")), dataformats="HWC")
    _close(_run(trial))


@hookimpl
def benchbench_board_written(path: Path) -> None:
    _writer("boards").add_text(f"{path.parent.name}/{path.stem}", path.read_text(encoding="utf-8"))
    _close("boards")
