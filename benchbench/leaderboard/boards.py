"""Stored results -> boards. Rows that differ in data, size, degradation, protocol or budget never share a board."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pandas as pd

from .. import store
from ..store import DamagedResult, Result

REGIONS = {"": "whole image", "@region": "inside the degraded region", "@face": "inside the face"}


@dataclass(frozen=True)
class Setting:
    """What all rows of a board have in common."""

    dataset: str
    fingerprint: str
    size: int
    degradation: str
    degradation_digest: str
    """Of its source: other code gives other images."""
    protocol: int
    budget: str

    @property
    def file(self) -> tuple[str, str]:
        """Folder and file stem of the board."""
        return store.slug(self.dataset), store.slug(self.degradation)


@dataclass(frozen=True)
class Board:
    """Rows of one setting, best first, and whatever could not be ranked."""

    setting: Setting
    metrics: dict[str, dict[str, Any]]
    """Metric -> its facts, in the order of the columns."""
    rows: pd.DataFrame
    """One row a model (seeds averaged): model, rank, parameters, flops, seeds, …, and a column for each score."""
    failures: list[dict[str, str]]
    unavailable: dict[str, str]
    results: list[Result] = field(repr=False)

    @property
    def ranked_by(self) -> str | None:
        """The metric that gives the order: the first that at least half of the rows have, or else any."""
        ranking = [m for m in self.metrics if not self.metrics[m].get("signed")]
        known = [m for m in ranking if m in self.rows and self.rows[m].notna().any()]
        return next((m for m in known if self.rows[m].notna().mean() >= 0.5), next(iter(known), None))

    def better(self, metric: str) -> bool:
        """Whether more is better."""
        return bool(self.metrics[metric]["higher_is_better"])


def collect(out: Path) -> tuple[list[Board], list[str]]:
    """All boards that the results under `out` give, and a line for each result that had to be left out."""
    results, problems = [], []
    for _, found in store.find(out):
        if isinstance(found, DamagedResult):
            problems.append(str(found))
        else:
            results.append(found)
    settings: dict[Setting, list[Result]] = {}
    for result in results:
        if result.content["trial"]["budget"] is not None:
            settings.setdefault(_setting(result, result.content["trial"]["budget"]), []).append(result)
    for result in results:  # models without training belong to every budget, or make a board of their own
        if result.content["trial"]["budget"] is None:
            own = _setting(result, "none")
            shared = [s for s in settings if s.budget != "none" and replace(s, budget=own.budget) == own]
            for setting in shared or [own]:
                settings.setdefault(setting, []).append(result)
    boards = [_board(setting, members) for setting, members in settings.items()]
    return sorted(
        boards, key=lambda b: (*b.setting.file, b.setting.size, b.setting.budget, b.setting.fingerprint)
    ), problems


def _setting(result: Result, budget: str) -> Setting:
    t = result.content["trial"]
    return Setting(
        dataset=t["dataset"],
        fingerprint=t["fingerprint"],
        size=t["size"],
        degradation=t["degradation"],
        degradation_digest=t["degradation_digest"],
        protocol=result.content["protocol"]["version"],
        budget=budget,
    )


def number(value: Any, digits: int) -> str:
    """A score for people: `∞` for infinite, `–` for missing."""
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return "–"
    if isinstance(value, float) and math.isinf(value):
        return "∞" if value > 0 else "-∞"
    return f"{value:.{digits}f}"


def _newest(results: Iterable[Result]) -> list[Result]:
    """One result for each model and seed: a component that changed since has older ones under other keys."""
    newest: dict[tuple[str, Any], Result] = {}
    for result in sorted(results, key=lambda r: (r.content.get("finished_at", ""), r.content["key"])):
        newest[result.content["trial"]["model"], result.content["trial"]["seed"]] = result
    return sorted(newest.values(), key=lambda r: (r.content["trial"]["model"], str(r.content["trial"]["seed"])))


def _board(setting: Setting, results: list[Result]) -> Board:
    results = _newest(results)
    scored = [r for r in results if r.status == "scored"]
    metrics = _metrics(scored)
    rows = pd.DataFrame([_row(r, metrics) for r in scored])
    if len(rows):
        rows = _average_seeds(rows)
    board = Board(setting, metrics, rows, _failures(results), _unavailable(scored, metrics), results)
    return _ranked(board) if len(rows) else board


def _metrics(scored: Iterable[Result]) -> dict[str, dict[str, Any]]:
    """Metric -> facts, as the newest result has them."""
    known: dict[str, dict[str, Any]] = {}
    for result in sorted(scored, key=lambda r: (r.content.get("finished_at", ""), r.content["key"])):
        known.update(result.content["metrics"])
    return dict(sorted(known.items(), key=lambda item: (item[1]["order"], item[0])))


def _row(result: Result, metrics: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    """A row of the board. Scores by another version of a metric are left out: they cannot be compared."""
    content = result.content
    current = [name for name, facts in content["metrics"].items() if facts["digest"] == metrics[name]["digest"]]
    columns = [name + suffix for name in current for suffix in REGIONS]
    training = content.get("training", {})
    return {
        "model": content["trial"]["model"],
        "role": content["model"]["role"],
        "sees": ", ".join(content["model"]["sees"]),
        "plugin": _plugin(content["origin"].get("model", [])),
        "parameters": content["model"]["parameters"],
        "flops": training.get("flops", 0.0),
        "epochs": training.get("epochs", 0.0),
        "bytes": (content.get("rate") or {}).get("bytes", math.nan),
        "seed": content["trial"]["seed"],
    } | {column: content["scores"][column]["mean"] for column in columns if column in content["scores"]}


def _plugin(origins: Iterable[Mapping[str, str]]) -> str:
    return ", ".join(dict.fromkeys(f"{o['distribution']} {o['version']}" for o in origins))


def _average_seeds(rows: pd.DataFrame) -> pd.DataFrame:
    """One row a model: numbers averaged over its training seeds, with their count."""
    seeds = rows.groupby("model", sort=True)["seed"].agg(lambda s: ", ".join(str(int(x)) for x in sorted(s.dropna())))
    numbers = rows.drop(columns="seed").groupby("model", sort=True)
    kinds = {
        c: "mean" if pd.api.types.is_numeric_dtype(rows[c]) else "first" for c in rows if c not in ("model", "seed")
    }
    return numbers.agg(kinds).assign(seeds=seeds, trainings=rows.groupby("model").size()).reset_index()


def _ranked(board: Board) -> Board:
    rows, first = board.rows, board.ranked_by
    if first is None:
        return board
    order = rows[first].rank(ascending=not board.better(first), method="min", na_option="bottom")
    rows = rows.assign(rank=order.astype(int)).sort_values(["rank", "model"], ignore_index=True)
    by_role = {role: rows.loc[rows["role"] == role, first] for role in ("baseline", "ideal")}
    base, ideal = (float(v.iloc[0]) if len(v) else math.nan for v in by_role.values())
    if math.isfinite(base):
        rows["gain"] = rows[first] - base
    if math.isfinite(base) and math.isfinite(ideal) and ideal != base:
        rows["recovered"] = (rows[first] - base) / (ideal - base)
    return Board(board.setting, board.metrics, rows, board.failures, board.unavailable, board.results)


def _failures(results: Iterable[Result]) -> list[dict[str, str]]:
    return [
        {
            "model": r.content["trial"]["model"],
            "status": r.status,
            "reason": str(r.content.get("reason") or ""),
            "log": "/".join((*r.folder.parts[-4:], store.LOG)) if r.status == "failed" else "",
        }
        for r in results
        if r.status != "scored"
    ]


def _unavailable(scored: Iterable[Result], metrics: Mapping[str, Any]) -> dict[str, str]:
    found: dict[str, str] = {}
    for result in scored:
        for name, facts in result.content["metrics"].items():
            if facts["unavailable"]:
                model = result.content["trial"]["model"]
                for_one = facts["unavailable"].startswith("failed:")
                found.setdefault(f"{name} ({model})" if for_one else name, facts["unavailable"])
    return found
