"""The page of time and memory, apart from the boards because they differ from run to run."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from ...results.record import Record, Timing
from ..board import Board
from ..columns import score_column
from ..pareto import on_front
from ..text import escape, number, table


def speed_page(boards: Sequence[Board]) -> str:
    """List each model's time and memory; bold where no other model is better in less time."""
    title = f"# Time and memory, {escape(boards[0].setting.degradation)} on {escape(boards[0].setting.dataset)}"
    rows = list({tuple(row.items()): row for board in boards for row in _rows(board)}.values())
    if not rows:
        return f"{title}\n\nNothing was timed.\n"
    legend = (
        "Bold: no model timed on this board is as good in less time, image by image. MB: the peak over what is held "
        "before, in training and in restoring a batch; on a CPU that of the whole process."
    )
    return f"{title}\n\n{legend}\n\n{table(rows, 'model', 'device')}\n"


def _rows(board: Board) -> Iterable[dict[str, str]]:
    records = [result.record for result in board.scored]
    fastest = _fastest(board, records)
    ranking = score_column(board, board.ranked_by) if board.ranked_by else None
    quality = dict(zip(board.rows["model"], board.rows[ranking.key], strict=True)) if ranking else {}
    for record in records:
        model, timing = record.trial.model, record.timing
        row = {"model": f"**{escape(model)}**" if model in fastest else escape(model), "size": str(board.setting.size)}
        if ranking:
            row[f"{escape(ranking.head)} {ranking.arrow}"] = number(quality[model], ranking.digits)
        times = {escape(f"ms/image, {k.replace('_', ' of ')}"): f"{v:.3f}" for k, v in timing.ms_per_image.items()}
        yield row | times | _costs(timing) | {"device": escape(timing.device_name), "threads": str(timing.threads)}


def _costs(timing: Timing) -> dict[str, str]:
    """Seconds of training, and peak memory; results of older versions lack them."""
    training = timing.training
    megabytes = {"MB, training": training.peak_bytes if training else None, "MB, restoring": timing.peak_bytes}
    return {"s, training": number(training.seconds if training else None, 1)} | {
        name: number(None if size is None else size / 1e6, 0) for name, size in megabytes.items()
    }


def _fastest(board: Board, records: Sequence[Record]) -> set[str]:
    """Name the models that none betters in less time per single image, on the device that most were timed on."""
    if board.ranked_by is None:
        return set()
    devices = [r.timing.device_name for r in records]
    usual = max(sorted(set(devices)), key=devices.count)
    times = {r.trial.model: r.timing.ms_per_image.get("batch_1") for r in records if r.timing.device_name == usual}
    return set(on_front(board, board.rows["model"].map(times).astype(float)))
