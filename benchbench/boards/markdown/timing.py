"""Time and memory on a page of their own: they differ from run to run, boards do not."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from ..board import Board
from ..pareto import front
from ..text import arrow, escape, number, table


def speed_page(boards: Sequence[Board]) -> str:
    """What each model takes, in time and memory, and which of them none betters in less time."""
    title = f"# Time and memory, {escape(boards[0].setting.degradation)} on {escape(boards[0].setting.dataset)}"
    rows = list({tuple(row.items()): row for board in boards for row in _rows(board)}.values())
    if not rows:
        return f"{title}\n\nNothing was timed.\n"
    heads = dict.fromkeys(head for row in rows for head in row)
    columns = {head: [row.get(head, "–") for row in rows] for head in heads}
    legend = (
        "Bold: no model timed on this board is as good in less time, image by image. MB: the peak over what is held "
        "before, in training and in restoring a batch; on a CPU that of the whole process."
    )
    return f"{title}\n\n{legend}\n\n{table(columns, 'model', 'device')}\n"


def _rows(board: Board) -> Iterable[dict[str, str]]:
    scored = [r.content for r in board.results if r.status == "scored"]
    fastest = _front(board, scored)
    quality = dict(zip(board.rows["model"], board.rows[board.ranked_by], strict=True)) if board.ranked_by else {}
    for content in scored:
        model, timing = content["trial"]["model"], content["timing"]
        row = {"model": f"**{escape(model)}**" if model in fastest else escape(model), "size": str(board.setting.size)}
        if metric := board.ranked_by:
            facts = board.metrics[metric]
            row[f"{escape(metric)} {arrow(facts)}"] = number(quality[model], facts["digits"])
        times = {escape(f"ms/image, {k.replace('_', ' of ')}"): f"{v:.3f}" for k, v in timing["ms_per_image"].items()}
        where = {"device": escape(timing["device_name"]), "threads": str(timing["threads"])}
        yield row | times | _costs(timing) | where


def _costs(timing: Mapping[str, Any]) -> dict[str, str]:
    """Seconds of training, and peak memory; results of older versions lack them."""
    training = timing.get("training", {})
    megabytes = {"MB, training": training.get("peak_bytes"), "MB, restoring": timing.get("peak_bytes")}
    return {"s, training": number(training.get("seconds"), 1)} | {
        name: number(None if size is None else size / 1e6, 0) for name, size in megabytes.items()
    }


def _front(board: Board, scored: Sequence[dict[str, Any]]) -> set[str]:
    """The models that none betters in less time, timed on a single image on the device that most were timed on."""
    if (metric := board.ranked_by) is None:
        return set()
    devices = [c["timing"]["device_name"] for c in scored]
    usual = max(sorted(set(devices)), key=devices.count)
    times = {c["trial"]["model"]: c["timing"]["ms_per_image"].get("batch_1") for c in scored
             if c["timing"]["device_name"] == usual}  # fmt: skip
    rows = board.rows[board.rows["role"] != "ideal"]
    cost = rows["model"].map(times).to_numpy(float)
    on = front(cost, rows[metric].to_numpy(float) * (1 if board.better(metric) else -1))
    return set(rows["model"][on])
