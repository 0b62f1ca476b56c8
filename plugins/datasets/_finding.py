"""Finding image files in strangers' folders, names for them, and a digest of what was found."""

from __future__ import annotations

import hashlib
import os
import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path

from benchbench import DataError, is_image_name

JUNK = ("@eadir", "__macosx", "@recycle", "#recycle", "#snapshot", "$recycle.bin", "lost+found")
"""Folders that storage boxes and systems make, in lower case; others of theirs are hidden."""
_UNFIT = ("Cc", "Cs", "Zl", "Zp")
"""Categories of characters that no name should have: control characters, surrogates, ends of lines."""
_HEADS = (
    (0, b"\xff\xd8\xff", ".jpg"),
    (0, b"\x89PNG\r\n\x1a\n", ".png"),
    (0, b"GIF8", ".gif"),
    (0, b"II*\0", ".tif"),
    (0, b"MM\0*", ".tif"),
    (8, b"WEBP", ".webp"),
    (4, b"ftypavif", ".avif"),
    (4, b"ftyphei", ".heic"),
    (4, b"ftypmif1", ".heic"),
    (4, b"JXL \r\n", ".jxl"),
    (0, b"\xff\x0a", ".jxl"),
    (4, b"jP  \r\n", ".jp2"),
)
"""(position, bytes) by which a file is known as an image, and the suffix that it should have."""
Skipped = list[tuple[str, str]]
"""(file, reason) of each image left out."""


def existing_folder(path: str, name: str, way_out: str) -> Path:
    """The folder that a data set's `path` names, `~` expanded. Raises DataError with the way out if there is none."""
    try:
        folder = Path(path).expanduser()
        if path and folder.is_dir():
            return folder.resolve()
    except (OSError, RuntimeError, ValueError):  # no access, no such user's home, a null byte
        pass
    raise DataError(f"{name}: there is no folder '{path}'. {way_out}")


def find_images(root: Path, exclude: Path | None = None, within: Sequence[str] = ("",)) -> tuple[list[str], Skipped]:
    """Image files in the folders `within` of `root` as relative POSIX paths, sorted; those passed over, with reasons.

    Hidden files, files that are no images, folders of thumbnails and rubbish, and the folder `exclude` are ignored.
    `within` may be links; others are not followed: they lead outside, in circles, or to a second name of an image that
    would then be in training and test.
    """
    found, skipped, pending = list[str](), Skipped(), [folder for folder in within if (root / folder).is_dir()]
    while pending:
        folder = pending.pop()
        try:
            entries = [e for e in os.scandir(root / folder) if not e.name.startswith(".")]
        except OSError as problem:
            skipped.append((shown(folder), f"unreadable: {problem.strerror}"))
            continue
        for entry in entries:
            name = folder + entry.name
            if entry.is_dir(follow_symlinks=False):
                if root / name != exclude and entry.name.lower() not in JUNK:
                    pending.append(name + "/")
            elif _is_image(entry):
                if objection := _objection(entry, name):
                    skipped.append((shown(name), objection))
                else:
                    found.append(name)
    return sorted(found, key=lambda name: (nfc(name), name)), sorted(skipped)


def _is_image(entry: os.DirEntry[str]) -> bool:
    """Tell by a file's suffix, or else by its content, whether it is an image, or a link to a folder."""
    if entry.is_symlink() and os.path.isdir(entry):
        return True
    return is_image_name(entry.name) or _suffix_by_content(entry) is not None


def _suffix_by_content(entry: os.DirEntry[str]) -> str | None:
    """The suffix that an image should have; None for what is no image, or no file that can be read."""
    try:
        if not entry.is_file():
            return None
        with open(entry, "rb") as stream:
            head = stream.read(16)
    except OSError:
        return None
    return next((suffix for start, magic, suffix in _HEADS if head[start:].startswith(magic)), None)


def _objection(entry: os.DirEntry[str], name: str) -> str | None:
    if entry.is_symlink():
        return "a link, which is not followed"
    if not entry.is_file(follow_symlinks=False):
        return "not a regular file"
    if Path(entry.name).suffix and not is_image_name(entry.name):
        return f"unknown suffix: call it {shown(entry.name)}{_suffix_by_content(entry)}"
    return None if shown(name) == name else "its name has control characters, or is not valid Unicode"


def shown(name: str) -> str:
    """`name` in one line, with escapes in place of control characters and of bytes that are no Unicode."""
    return "".join(c.encode("unicode_escape").decode() if unicodedata.category(c) in _UNFIT else c for c in name)


def nfc(text: str) -> str:
    """`text` in Unicode's composed form (NFC), in whichever a system or a program wrote it."""
    return unicodedata.normalize("NFC", text)


def unique_ids(names: Sequence[str]) -> list[str]:
    """Each of the different relative paths without its suffix, or with it where two would be equal otherwise.

    They are composed (NFC), so that a copy of a folder from another system has the same ids.
    """
    composed = list(map(nfc, names))
    names = composed if len(set(composed)) == len(names) else names
    ids = [name.removesuffix(Path(name).suffix) for name in names]
    while len(count := Counter(ids)) < len(ids):
        ids = [name if count[i] > 1 else i for i, name in zip(ids, names, strict=True)]
    return ids


def short_ids(names: Sequence[str]) -> list[str]:
    """The last part of each relative path without its suffix, or `unique_ids` where two of them would be equal."""
    stems = [nfc(Path(name).stem) for name in names]
    return stems if len(set(stems)) == len(stems) else unique_ids(names)


def digest(root: Path, files: Iterable[Path]) -> str:
    """A digest of the names relative to `root`, sizes and times of files; one that is missing counts as such.

    The time of the last change counts beside that of the contents, which whoever writes a file may set as he likes.
    """
    lines = []
    for path in files:
        try:
            status = path.stat()
            lines.append((os.path.relpath(path, root), status.st_size, status.st_mtime_ns, status.st_ctime_ns))
        except OSError:
            lines.append((os.path.relpath(path, root), -1, -1, -1))
    return hashlib.sha256(repr(sorted(lines)).encode(errors="backslashreplace")).hexdigest()[:16]


def plain(text: str) -> str:
    """`text` in lower case with nothing but a-z, 0-9, dots, dashes and underscores."""
    return re.sub(r"[^a-z0-9._-]+", "-", text.lower()).strip("-.")
