"""What the fork server loads once, so that each trial's process has it at once."""

import pandas
import pyarrow.parquet
import safetensors.torch
import torch._dynamo  # every optimizer's first step imports it, and it takes two seconds
import torch.utils.flop_counter

from . import data, degrading, evaluation, perform, samples, store, training

__all__ = [
    "data",
    "degrading",
    "evaluation",
    "pandas",
    "perform",
    "pyarrow",
    "safetensors",
    "samples",
    "store",
    "torch",
    "training",
]
