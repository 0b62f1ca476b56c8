"""What the fork server loads once, so that each trial's process has it at once."""

import signal

signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the parent, also while this loads

import pandas  # noqa: E402
import pyarrow.parquet  # noqa: E402
import safetensors.torch  # noqa: E402
import torch._dynamo  # noqa: E402  every optimizer's first step imports it, and it takes two seconds
import torch.utils.flop_counter  # noqa: E402

from ..data import batches, degraded  # noqa: E402
from ..evaluation import histograms, pictures, restore, score, timing  # noqa: E402
from ..training import trainer  # noqa: E402
from . import execute, measure, worker  # noqa: E402

__all__ = [
    "batches",
    "degraded",
    "execute",
    "histograms",
    "measure",
    "pandas",
    "pictures",
    "pyarrow",
    "restore",
    "safetensors",
    "score",
    "timing",
    "torch",
    "trainer",
    "worker",
]
