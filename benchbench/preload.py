"""What the fork server loads once, so that each trial's process has it at once."""

import signal

signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the parent, also while this loads

import pandas  # noqa: E402
import pyarrow.parquet  # noqa: E402
import safetensors.torch  # noqa: E402
import torch._dynamo  # noqa: E402  every optimizer's first step imports it, and it takes two seconds
import torch.utils.flop_counter  # noqa: E402

from . import data, degrading, evaluation, histograms, perform, samples, store, training  # noqa: E402

__all__ = [
    "data",
    "degrading",
    "evaluation",
    "histograms",
    "pandas",
    "perform",
    "pyarrow",
    "safetensors",
    "samples",
    "store",
    "torch",
    "training",
]
