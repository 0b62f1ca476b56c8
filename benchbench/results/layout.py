"""Where results lie: `out/<data set>/<degradation>/<model>/<key>/result.json`. Nothing else knows how deep.

That file may be packed, as `result.json.gz`: those of published results are.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

from ..contracts.specs import NAME
from ..files import digest

RESULT = "result.json"
PACKED = "result.json.gz"
RESULTS = (RESULT, PACKED)  # where a folder has both, the first counts
DEPTH = 4  # folders between `out` and that file
_LONGEST = 80
_NAME_AND_COMMA = re.compile(rf"(?:^|(?<=\+))({NAME.pattern}),")  # where a spec has its colons


def slug(text: str) -> str:
    """A label as one safe path component: `swirl:strength=3` -> `swirl,strength=3`.

    Different labels have different slugs: one that is long, or could not be told from its slug, gets a digest.
    """
    safe = re.sub(r"[^A-Za-z0-9._=+,-]+", "-", text.replace(":", ",").replace('"', "")).strip(".-") or "unnamed"
    if len(safe) > _LONGEST or _NAME_AND_COMMA.sub(r"\1:", safe) != text:
        return f"{safe[: _LONGEST - 9]}-{digest(text)[:8]}"
    return safe


def folder_of(out: Path, labels: Sequence[str], key: str) -> Path:
    """Return where a result belongs under `out`: data set, degradation, model, key."""
    return out.joinpath(*map(slug, labels), key)


def root_of(folder: Path) -> Path:
    """Return the `out` of a result's folder, see `folder_of`."""
    return folder.parents[DEPTH - 1]


def files_in(out: Path, model: str | None = None) -> list[Path]:
    """List the `result.json` under `out`, packed or not, one a folder; of one model if it is named.

    Damaged ones and those of trials at work are included.
    """
    parts = ["*"] * DEPTH if model is None else ["*", "*", slug(model), "*"]
    folders = {path.parent for name in RESULTS for path in out.glob("/".join((*parts, name)))}
    return sorted(map(result_file, folders))


def result_file(folder: Path) -> Path:
    """Return where the `result.json` of a folder is, or would be."""
    return next((folder / name for name in RESULTS if (folder / name).exists()), folder / RESULT)
