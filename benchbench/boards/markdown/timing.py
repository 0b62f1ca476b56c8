"""The page of time and memory, apart from the boards because they differ from run to run."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from ...results.record import Timing
from ..board import Board
from ..columns import score_column
from ..pareto import on_front
from ..text import escape, number, table
from ..times import known_median, milliseconds, of_single_images, timed


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


def _rows(board: Board) -> Iterable[dict[str, str]]:
    fastest = on_front(board, of_single_images(board)) if board.ranked_by else []
    ranking = score_column(board, board.ranked_by) if board.ranked_by else None
    quality = dict(zip(board.rows["model"], board.rows[ranking.key], strict=True)) if ranking else {}
    macs = dict(zip(board.rows["model"], board.rows["macs"] / 1e6, strict=True)) if "macs" in board.rows else {}
    for (model, device, threads), timings in timed(board).items():
        row = {"model": f"**{escape(model)}**" if model in fastest else escape(model), "size": str(board.setting.size)}
        if ranking:
            row[f"{escape(ranking.head)} {ranking.arrow}"] = number(quality[model], ranking.digits)
        row |= {"million MACs/image": number(macs[model], 1)} if macs else {}
        row |= {
            escape(f"ms/image, {kind.replace('_', ' of ')}"): number(milliseconds(timings, kind), 3)
            for kind in dict.fromkeys(kind for timing in timings for kind in timing.ms_per_image)
        }
        yield row | _costs(timings) | {"device": escape(device), "threads": str(threads)}


def _costs(timings: Sequence[Timing]) -> dict[str, str]:
    """Seconds of training, and peak memory; untrained models and some devices lack them."""
    trainings = [timing.training for timing in timings if timing.training]
    seconds = known_median(training.seconds for training in trainings)
    training = _megabytes(training.peak_bytes for training in trainings)
    restoring = _megabytes(timing.peak_bytes for timing in timings)
    return {
        "s, training": number(seconds, 1),
        "MB, training": number(training, 0),
        "MB, restoring": number(restoring, 0),
    }


def _megabytes(sizes: Iterable[int | None]) -> float | None:
    return known_median(None if size is None else size / 1e6 for size in sizes)
