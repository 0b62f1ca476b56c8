"""The scores of each test image at each rung of a training, as a Parquet file.

It is wide, a row per image and rung and a column per metric, or long, a row per score: then it is smaller, and holds no
more of a rung than is known of it.
"""

from __future__ import annotations

import io
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..files import write_atomically

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

ID, METRIC, SCORE = "id", "metric", "score"
RUNG = "rung"  # the column of FLOPs
NO_RUNG = 0.0  # of what was not trained
PUBLISHED_LEVEL = 19  # of zstd, slow and small: what is published is written once
WHOLE, REGION, FACE = "", "@region", "@face"  # behind a metric's name: over which pixels it is


def metric_of(score: str) -> str:
    """Return the metric of a score by its name.

    >>> metric_of("psnr@face")
    'psnr'
    """
    return score.partition("@")[0]


def write(path: Path, tables: Mapping[float, pd.DataFrame]) -> None:
    """Write the per-image scores (rung -> rows: ids), without what pandas adds.

    Columns are `id`, `rung` unless all is under `NO_RUNG`, and the scores that the last rung has.
    """
    import numpy as np
    import pandas as pd
    import pyarrow

    rungs = sorted(tables)
    table = pd.concat([tables[rung].reindex(columns=tables[rungs[-1]].columns) for rung in rungs])
    columns: dict[str, Any] = {ID: pyarrow.array(table.index.astype(str), pyarrow.string())}
    if rungs != [NO_RUNG]:
        columns[RUNG] = np.concatenate([np.full(len(tables[rung]), rung) for rung in rungs])
    columns |= {str(name): _single(values) for name, values in table.items()}
    _write(path, columns, plain=[ID])


def write_long(path: Path, tables: Mapping[float, pd.DataFrame]) -> None:
    """Write the per-image scores, the last rung first: columns are `rung`, `id`, `metric` and `score`."""
    import pandas as pd

    rungs = sorted(tables, reverse=True)
    parts = [tables[rung].rename_axis(ID).reset_index().melt(ID, var_name=METRIC, value_name=SCORE) for rung in rungs]
    long = pd.concat(dict(zip(rungs, parts, strict=True)), names=[RUNG]).reset_index(RUNG)
    columns = {name: long[name].to_numpy() for name in (RUNG, ID, METRIC)} | {SCORE: _single(long[SCORE])}
    _write(path, columns, repeated=[RUNG, ID, METRIC], level=PUBLISHED_LEVEL)


def _single(scores: pd.Series) -> NDArray[Any]:
    """Return scores in single precision, in which metrics score, or as they are if that would alter any."""
    import numpy as np

    with np.errstate(over="ignore"):
        single = scores.astype("float32")
    return (single if single.astype("float64").equals(scores.astype("float64")) else scores).to_numpy()


def _write(
    path: Path,
    columns: Mapping[str, Any],
    plain: Sequence[str] = (),
    repeated: Sequence[str] = (),
    level: int | None = None,
) -> None:
    """Write columns of numbers; `plain` ones are no numbers, and values of `repeated` ones are stored once.

    `level` is that of zstd, which chooses one itself if it is None.
    """
    import pyarrow
    from pyarrow import parquet

    split = [name for name in columns if name not in (*plain, *repeated)]  # a tenth smaller
    options = {"compression": "zstd", "compression_level": level, "write_statistics": False, "store_schema": False}
    buffer = io.BytesIO()
    parquet.write_table(
        pyarrow.table(dict(columns)), buffer, use_byte_stream_split=split, use_dictionary=list(repeated), **options
    )
    write_atomically(path, buffer.getvalue())


def lightened(tables: Mapping[float, pd.DataFrame], first: str, exact: Collection[str]) -> dict[float, pd.DataFrame]:
    """Keep one metric of the lower rungs, and all of the last, there coarse but for those that are to be exact.

    A rung that was not scored by that metric is kept whole.
    """
    last = max(tables)
    light = {rung: table[[first]] if first in table else table for rung, table in tables.items()}
    return light | {last: tables[last].apply(lambda column: column if column.name in exact else coarse(column))}


def coarse(scores: pd.Series) -> pd.Series:
    """Round scores to bfloat16, which is to eight significant bits, so that half of their bytes are zero.

    >>> import pandas as pd
    >>> coarse(pd.Series([0.6508, 24.523])).tolist()
    [0.65234375, 24.5]
    """
    import numpy as np

    bits = scores.to_numpy("float32").view(np.uint32)
    nearest = (bits + 0x7FFF + (bits >> 16 & 1)) & 0xFFFF0000  # ties to even
    rounded = nearest.view(np.float32).astype(float)
    return scores.where(~np.isfinite(rounded) | scores.isna(), rounded)


def rounding(scores: pd.Series) -> float:
    """Return how far means and deviations of `coarse` scores may be from those of what they were; 0 for others."""
    return float(scores.abs().max()) / 256 if coarse(scores).equals(scores) else 0.0


def read(path: Path) -> dict[float, pd.DataFrame]:
    """Read the scores of each test image at each rung, rising, in float64: rows are image ids, columns metrics.

    A metric that a lower rung was not scored by is no column there. Raises ValueError, for infinite scores, too.
    """
    import numpy as np
    import pyarrow
    from pyarrow import parquet

    try:
        file = parquet.ParquetFile(path, pre_buffer=False)
        frame = file.read(use_threads=False).to_pandas(use_threads=False)
    except (OSError, pyarrow.ArrowException) as error:
        raise ValueError(f"{path} cannot be read: {error}") from error
    frame = _wide(frame) if set(frame) == {RUNG, METRIC, ID, SCORE} else frame
    frame = frame.set_index(ID) if ID in frame else frame
    numeric = all(kind.kind == "f" for kind in frame.dtypes)
    found = {NO_RUNG: frame}
    if numeric and frame.columns.is_unique and RUNG in frame:
        found = {float(rung): part.drop(columns=RUNG) for rung, part in frame.groupby(RUNG, dropna=False)}
    unique = all(part.index.is_unique for part in found.values())
    if frame.index.name != ID or not unique or not frame.columns.is_unique or not numeric or not found:
        raise ValueError(f"{path} is no table of one row of numbers per image and rung")
    if np.isinf(frame.to_numpy(float)).any():
        raise ValueError(f"{path} holds a score that is infinite")
    lower = {rung: part.dropna(axis="columns", how="all") for rung, part in found.items() if rung < max(found)}
    return {rung: part.astype("float64") for rung, part in (found | lower).items()}


def _wide(long: pd.DataFrame) -> pd.DataFrame:
    """Turn a row per score into a row per image and rung, in the order of their first; what is amiss stays long."""
    import pandas as pd

    keys = [RUNG, ID, METRIC]
    if long[keys].isna().any(axis=None) or long.duplicated(keys).any():
        return long
    rows = pd.MultiIndex.from_frame(long[[RUNG, ID]].drop_duplicates())
    wide = long.pivot(index=[RUNG, ID], columns=METRIC, values=SCORE)
    return wide.reindex(index=rows, columns=long[METRIC].unique()).rename_axis(columns=None).reset_index()
