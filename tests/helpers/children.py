"""What child processes do in tests; they import it from here."""

from __future__ import annotations

import os
import time
from pathlib import Path

from benchbench.processes import tell_parent


def tell(*texts: str) -> None:
    for text in texts:
        tell_parent(text)


def plot() -> None:
    from matplotlib import pyplot

    pyplot.close(pyplot.figure())
    tell_parent(pyplot.get_backend().lower())


def babble() -> None:
    while True:
        tell_parent("and so on")


def close_all() -> None:
    os.closerange(3, 64)
    time.sleep(0.5)
    os._exit(4)


def begin_and_wait(file: str) -> None:
    Path(file).write_text(str(os.getpid()))
    time.sleep(600)


def tell_and_hang() -> None:
    tell_parent("at work")
    time.sleep(600)
