"""Data sets in an archive: unpacked to a place that is removed again, and read as `folder` reads."""

from __future__ import annotations

import dataclasses
import re
import shutil
import tempfile
from abc import abstractmethod
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import IO, ClassVar, Literal

from benchbench import DataError, Dataset, Images, param

from ._collecting import UPSCALE, label_of
from ._finding import JUNK, Skipped, digest, plain, shown
from ._own import OwnImages

MAX_BYTES = 1 << 30
"""A file that is larger than this is no photograph."""
Member = tuple[str, int, IO[bytes] | str]
"""The name of a file in an archive, its size in bytes, and its content, or the reason why there is none."""


@dataclass(frozen=True)
class Archive(Dataset):
    """Images in an archive; masks and `attributes.csv` lie in it as they would in a folder."""

    path: str = param(help="the archive; ~ is your home")
    crop: Literal["top", "centre"] = param("top", "which square of a tall image is taken; in a wide one, the middle")
    limit: int | None = param(None, "take the first so many images only", low=1)
    upscale: bool = param(False, UPSCALE)
    identities: Literal["complete", "ignore"] = param(
        "complete", "whether the column `identity` must name a person for each image, or is an attribute like others"
    )
    way_out: ClassVar[str]
    """Which file to name."""

    @abstractmethod
    def members(self, path: Path) -> Iterator[Member]:
        """Open each file of the archive, one after the other. Raises any Exception for what is no such archive."""

    @property
    def label(self) -> str:
        """The name and that of the file, such as `zip-portraits`."""
        stem = plain(re.sub(r"\.(zip|tgz|tbz2?|txz|tar(\.\w+)?)$", "", Path(self.path).name, flags=re.IGNORECASE))
        return label_of(self, f"{self.name}-{stem or 'images'}")

    def version(self) -> str:
        """A digest of the archive's size and time."""
        path = self._file()
        return digest(path.parent, [path])

    def load(self, size: int) -> Images:
        """Load all usable images. Raises DataError as `folder` does, or for a broken archive."""
        path = self._file()
        with tempfile.TemporaryDirectory(prefix="benchbench-") as place:
            whole = Path(place).resolve() / "archive"
            skipped = self._unpack(path, whole)
            folder = _folder_in(whole)
            images = OwnImages(str(folder), self.crop, "", self.limit, self.upscale, self.identities)
            try:
                loaded = images.load(size)
            except DataError as problem:
                reasons = "; ".join(f"{file}: {why}" for file, why in skipped[:3])
                text = str(problem).replace(str(folder), self.path).replace(str(whole), self.path)
                raise DataError(f"{text} ({reasons})" if reasons else text) from None
        return dataclasses.replace(loaded, skipped=[*skipped, *loaded.skipped])

    def _file(self) -> Path:
        try:
            path = Path(self.path).expanduser()
            if path.is_file():
                return path.resolve()
        except (OSError, RuntimeError, ValueError):  # no access, no such user's home, a null byte
            pass
        raise DataError(f"{self.name}: there is no file '{self.path}'. {self.way_out}")

    def _unpack(self, path: Path, folder: Path) -> Skipped:
        """Unpack the archive into a folder, and return the files that cannot be, with the reason. Raises DataError."""
        skipped = Skipped()
        folder.mkdir()
        try:
            for name, size, content in self.members(path):
                inside = re.sub(r"[\\/]+", "/", name).removeprefix("./")
                why = content if isinstance(content, str) else _objection(inside, size, folder)
                why = why or (None if isinstance(content, str) else _write(content, folder / inside))
                if why and not _is_junk(inside):
                    skipped.append((shown(inside), why))
        except DataError:
            raise
        except Exception as problem:  # zlib.error, EOFError, struct.error, … as the archive's first part is odd
            why = " ".join(str(problem).split())[:160] or type(problem).__name__
            raise DataError(f"{self.name}: '{self.path}' is no archive, or a broken one ({why})") from problem
        return skipped


def _objection(name: str, size: int, folder: Path) -> str | None:
    """A reason against unpacking a file. Raises DataError where the disk has no room for it."""
    if PurePosixPath(name).is_absolute() or re.match(r"[A-Za-z]:", name) or ".." in name.split("/"):
        return "its name leads out of the archive"
    if size > MAX_BYTES:
        return f"more than {MAX_BYTES:,} bytes"
    if size > (free := shutil.disk_usage(folder).free):
        raise DataError(
            f"{folder.parent} has {free:,} bytes left, too few to unpack this: TMPDIR=FOLDER names a larger place"
        )
    return None


def _is_junk(name: str) -> bool:
    """Tell whether a file is hidden, or lies in a folder that is left alone."""
    return any(part.lower() in JUNK or (part.startswith(".") and part != "..") for part in name.split("/"))


def _write(content: IO[bytes], path: Path) -> str | None:
    """Write a file, and return None, or the reason why that cannot be."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with content, path.open("xb") as file:
            shutil.copyfileobj(content, file)
        return None
    except FileExistsError:
        return "there is a file of this name already"
    except (OSError, ValueError) as problem:  # a name that is too long, or is a folder's, too; a null byte
        return f"cannot be unpacked: {getattr(problem, 'strerror', None) or problem}"


def _folder_in(whole: Path) -> Path:
    """The folder of the images: below folders that hold nothing else; `images` where there is one."""
    while True:
        inside = [f for f in whole.iterdir() if not f.name.startswith(".") and f.name.lower() not in JUNK]
        if len(inside) != 1 or not inside[0].is_dir():
            return whole / "images" if (whole / "images").is_dir() else whole
        whole = inside[0]
