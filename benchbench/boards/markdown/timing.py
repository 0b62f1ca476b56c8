"""The page of time and memory, apart from the boards because they differ from run to run."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from statistics import median

from ...results.record import Timing
from ..board import Board
from ..columns import score_column
from ..pareto import on_front
from ..text import escape, number, table

Timed = Mapping[tuple[str, str, int], Sequence[Timing]]
"""(model, name of the device, threads) -> what was timed of each of its trainings there."""


def speed_page(boards: Sequence[Board]) -> str:
    """List each model's time and memory; bold where no other model is better in less time."""
    title = f"# Time and memory, {escape(boards[0].setting.degradation)} on {escape(boards[0].setting.dataset)}"
    rows = list({tuple(row.items()): row for board in boards for row in _rows(board)}.values())
    if not rows:
        return f"{title}\n\nNothing was timed.\n"
    legend = (
        "Medians over a model's trainings. Bold: no model timed on this board is as good in less time, image by "
        "image. MB: the peak over what is held before, in training and in restoring a batch; on a CPU that of the "
        "whole process."
    )
    return f"{title}\n\n{legend}\n\n{table(rows, 'model', 'device')}\n"


def _timed(board: Board) -> Timed:
    found = defaultdict(list)
    for record in (result.record for result in board.scored):
        found[record.trial.model, record.timing.device_name, record.timing.threads].append(record.timing)
    return found


def _rows(board: Board) -> Iterable[dict[str, str]]:
    timed = _timed(board)
    fastest = _fastest(board, timed)
    ranking = score_column(board, board.ranked_by) if board.ranked_by else None
    quality = dict(zip(board.rows["model"], board.rows[ranking.key], strict=True)) if ranking else {}
    for (model, device, threads), timings in timed.items():
        row = {"model": f"**{escape(model)}**" if model in fastest else escape(model), "size": str(board.setting.size)}
        if ranking:
            row[f"{escape(ranking.head)} {ranking.arrow}"] = number(quality[model], ranking.digits)
        row |= {
            escape(f"ms/image, {kind.replace('_', ' of ')}"): number(_milliseconds(timings, kind), 3)
            for kind in dict.fromkeys(kind for timing in timings for kind in timing.ms_per_image)
        }
        yield row | _costs(timings) | {"device": escape(device), "threads": str(threads)}


def _costs(timings: Sequence[Timing]) -> dict[str, str]:
    """Seconds of training, and peak memory; untrained models and some devices lack them."""
    trainings = [timing.training for timing in timings if timing.training]
    seconds = _median(training.seconds for training in trainings)
    training = _megabytes(training.peak_bytes for training in trainings)
    restoring = _megabytes(timing.peak_bytes for timing in timings)
    return {
        "s, training": number(seconds, 1),
        "MB, training": number(training, 0),
        "MB, restoring": number(restoring, 0),
    }


def _megabytes(sizes: Iterable[int | None]) -> float | None:
    return _median(None if size is None else size / 1e6 for size in sizes)


def _milliseconds(timings: Iterable[Timing], kind: str) -> float | None:
    return _median(timing.ms_per_image.get(kind) for timing in timings)


def _median(values: Iterable[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return median(known) if known else None


def _fastest(board: Board, timed: Timed) -> set[str]:
    """Name the models that none betters in less time per single image, on the device that most were timed on."""
    if board.ranked_by is None:
        return set()
    devices = [device for (_, device, _), timings in timed.items() for _ in timings]
    usual = max(sorted(set(devices)), key=devices.count)
    times = {
        model: _milliseconds(timings, "batch_1") for (model, device, _), timings in timed.items() if device == usual
    }
    return set(on_front(board, board.rows["model"].map(times).astype(float)))
