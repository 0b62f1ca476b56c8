"""The scores of each test image at each rung of a training, as a Parquet file."""

from __future__ import annotations

import io
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..files import write_atomically

if TYPE_CHECKING:
    import pandas as pd

RUNG = "rung"  # the column of FLOPs
NO_RUNG = 0.0  # of what was not trained
WHOLE, REGION, FACE = "", "@region", "@face"  # behind a metric's name: over which pixels it is


def metric_of(score: str) -> str:
    """Return the metric of a score by its name.

    >>> metric_of("psnr@face")
    'psnr'
    """
    return score.partition("@")[0]


def write(path: Path, tables: Mapping[float, pd.DataFrame]) -> None:
    """Write the per-image scores (rung -> rows: ids), without what pandas adds.

    Columns are `id`, `rung` unless all is under `NO_RUNG`, and the scores that the last rung has. Metrics score in
    float32, so that single precision loses nothing; a column that it would alter keeps its own.
    """
    import numpy as np
    import pandas as pd
    import pyarrow
    from pyarrow import parquet

    rungs = sorted(tables)
    table = pd.concat([tables[rung].reindex(columns=tables[rungs[-1]].columns) for rung in rungs])
    columns: dict[str, Any] = {"id": pyarrow.array(table.index.astype(str), pyarrow.string())}
    if rungs != [NO_RUNG]:
        columns[RUNG] = np.concatenate([np.full(len(tables[rung]), rung) for rung in rungs])
    for name, values in table.items():
        with np.errstate(over="ignore"):
            single = values.astype("float32")
        is_exact = single.astype("float64").equals(values.astype("float64"))
        columns[str(name)] = (single if is_exact else values).to_numpy()
    buffer = io.BytesIO()
    options = {"compression": "zstd", "use_dictionary": False, "write_statistics": False, "store_schema": False}
    split = [name for name in columns if name != "id"]  # a tenth smaller
    parquet.write_table(pyarrow.table(columns), buffer, use_byte_stream_split=split, **options)
    write_atomically(path, buffer.getvalue())


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
    frame = frame.set_index("id") if "id" in frame else frame
    numeric = all(kind.kind == "f" for kind in frame.dtypes)
    found = {NO_RUNG: frame}
    if numeric and frame.columns.is_unique and RUNG in frame:
        found = {float(rung): part.drop(columns=RUNG) for rung, part in frame.groupby(RUNG, dropna=False)}
    unique = all(part.index.is_unique for part in found.values())
    if frame.index.name != "id" or not unique or not frame.columns.is_unique or not numeric or not found:
        raise ValueError(f"{path} is no table of one row of numbers per image and rung")
    if np.isinf(frame.to_numpy(float)).any():
        raise ValueError(f"{path} holds a score that is infinite")
    lower = {rung: part.dropna(axis="columns", how="all") for rung, part in found.items() if rung < max(found)}
    return {rung: part.astype("float64") for rung, part in (found | lower).items()}
