"""Where pretrained weights lie. They are read from files; only `benchbench weights --download` fetches any."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..errors import DataError, one_line

FOLDER = "BENCHBENCH_WEIGHTS"


@dataclass(frozen=True)
class Weights:
    """A published file of weights. Components list those that they can use in their `weights`.

    >>> from benchbench import Weights
    >>> Weights("alexnet-owt-7be5be79.pth", sha256="7be5be79", megabytes=233).name
    'alexnet-owt-7be5be79.pth'
    """

    name: str
    """The file's name."""
    url: str = ""
    """Where it can be downloaded; nothing if it cannot."""
    sha256: str = ""
    """The SHA-256 of its bytes, or its first digits, such as torchvision puts into the name; nothing if unknown."""
    megabytes: float | None = None
    """About how much there is to download, where known."""


def weight_folders() -> list[Path]:
    """List the folders that are searched: the one that BENCHBENCH_WEIGHTS names, if set, then torch hub's.

    >>> from benchbench import weight_folders
    >>> weight_folders()[-1].name
    'checkpoints'
    """
    import torch

    named = os.environ.get(FOLDER)
    own = [Path(named).expanduser()] if named else []
    return [*own, Path(torch.hub.get_dir()) / "checkpoints"]


def find_weights(weights: Weights) -> Path | None:
    """Find the first file of this name in the folders, or None.

    >>> from benchbench import Weights, find_weights
    >>> print(find_weights(Weights("no-such-weights.pth")))
    None
    """
    return next((path for folder in weight_folders() if (path := folder / weights.name).is_file()), None)


def missing_weights(*weights: Weights) -> str | None:
    """Say in one line which files are wanted, where, and how to get them, or None if all are there.

    >>> from benchbench import Weights, missing_weights
    >>> missing_weights(Weights("no-such-weights.pth"))  # doctest: +ELLIPSIS
    'needs no-such-weights.pth in ...'
    """
    wanted = [each for each in weights if find_weights(each) is None]
    if not wanted:
        return None
    home = f"{Path.home().as_posix()}/"  # results are published with this line, and a home folder names a person
    places = " or ".join(folder.as_posix().replace(home, "~/") for folder in weight_folders())
    hint = "" if os.environ.get(FOLDER) else f" (or in a folder that {FOLDER} names)"
    offered = " ".join(each.name for each in wanted if each.url)
    offer = f"; to fetch: benchbench weights --download {offered}" if offered else ""
    return f"needs {' and '.join(each.name for each in wanted)} in {places}{hint}{offer}"


def read_weights(weights: Weights) -> Any:
    """Read the tensors in a file of weights, to the CPU. Raises FileNotFoundError with the text of `missing_weights`.

    >>> from benchbench import Weights, read_weights
    >>> read_weights(Weights("no-such-weights.pth"))  # doctest: +ELLIPSIS
    Traceback (most recent call last):
    FileNotFoundError: needs no-such-weights.pth in ...
    """
    import torch

    path = find_weights(weights)
    if path is None:
        raise FileNotFoundError(missing_weights(weights))
    return torch.load(path, map_location="cpu", weights_only=True)


def download_weights(weights: Weights, progress: bool = True) -> Path:
    """Fetch a file into the first of the folders and check its SHA-256; it is whole there, or absent.

    Raises DataError if it cannot be had, or is not the file that was published.
    """
    import torch

    path = weight_folders()[0] / weights.name
    if not weights.url:
        raise DataError(f"{weights.name} cannot be downloaded: put the file into {path.parent}")
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        torch.hub.download_url_to_file(weights.url, str(path), weights.sha256 or None, progress)
    except (OSError, RuntimeError) as error:  # no network or no such file; another file
        raise DataError(
            f"{weights.name} could not be had from {weights.url} ({one_line(error)}); "
            f"fetch it by other means and put it into {path.parent}"
        ) from error
    return path
