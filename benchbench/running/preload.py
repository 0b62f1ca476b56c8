"""Modules that the fork server loads once, so that each trial's process has them at once."""

# ruff: noqa: E402, F401
import signal

signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the parent, also while this loads

import cloudpickle
import pandas
import pyarrow.parquet
import safetensors.torch
import torch._dynamo  # every optimizer's first step imports it, and it takes two seconds
import torch.utils.flop_counter

from ..data import batches, degraded
from ..evaluation import histograms, pictures, restore, score, timing, trained
from ..training import filmstrip, trainer
from . import execute, measure, worker
