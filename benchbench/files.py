"""Files that are whole or absent: atomic writes, folders made beside and renamed, safetensors, digests."""

from __future__ import annotations

import contextlib
import gzip
import hashlib
import json
import math
import os
import shutil
import tempfile
import tomllib
import zlib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec
import platformdirs

if TYPE_CHECKING:
    from torch import Tensor


RUNS = Path("runs")
"""The folder of results where none is named."""
BOARDS = "leaderboards"
"""The folder of boards: in one of results, or around published ones."""
MOST_JSON = 16_000_000
"""Bytes of a packed JSON file, unpacked, and of a result's; one has some thousands."""


def cache_folder() -> Path:
    """Return the folder that BENCHBENCH_CACHE names, or the user's cache folder on this system."""
    return Path(os.environ.get("BENCHBENCH_CACHE") or platformdirs.user_cache_path("benchbench"))


def digest(*parts: object) -> str:
    """Return the first 16 hexadecimal digits of the SHA-256 of the parts' text.

    >>> digest("pixelate", 8)
    'c42e61e59e730697'
    """
    return hashlib.sha256("\x1f".join(map(str, parts)).encode()).hexdigest()[:16]


def file_digest(path: Path) -> str:
    """Return the SHA-256 of a file's bytes, in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def write_atomically(path: Path, content: str | bytes) -> None:
    """Write a file so that a reader, or a crash, sees the old content or the new, never a part."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=_hidden(path))
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content.encode() if isinstance(content, str) else content)
            file.flush()
            os.fsync(file.fileno())  # or a power cut could leave the new name with nothing behind it
        os.chmod(name, 0o666 & ~_umask())
        os.replace(name, path)
    except BaseException:
        with contextlib.suppress(FileNotFoundError):
            os.unlink(name)
        raise


def _umask() -> int:
    """Return what this process takes from the permissions of new files: `tempfile` leaves them to the user alone."""
    os.umask(umask := os.umask(0))
    return umask


def _hidden(path: Path) -> str:
    """Begin a hidden name by which a person knows what it is for; a name near the system's limit has no room left."""
    return f".{path.name[:40]}."


def json_text(value: object) -> str:
    """Return a value as JSON; infinity and NaN, which JSON lacks, become objects that `read_json` turns back."""
    return json.dumps(_finite(value), indent=1, ensure_ascii=False, allow_nan=False) + "\n"


def write_json(path: Path, value: object) -> None:
    """Write `json_text` of a value atomically; packed by gzip, and without spaces, where the name ends in `.gz`."""
    if path.suffix == ".gz":
        text = json.dumps(_finite(value), separators=(",", ":"), ensure_ascii=False, allow_nan=False)
        write_atomically(path, gzip.compress(text.encode(), mtime=0))  # the same value gives the same bytes
    else:
        write_atomically(path, json_text(value))


def read_json(path: Path) -> Any:
    """Read the value that `write_json` wrote, or whoever may have changed it since. Raises ValueError or OSError."""
    try:
        return _infinite(json.loads(read_json_text(path)))
    except RecursionError as error:
        raise ValueError(str(error)) from error


def read_json_text(path: Path) -> str:
    """Read the text of a JSON file in UTF-8, or in what else Windows writes: with a byte-order mark, or UTF-16.

    Unpacks it where the name ends in `.gz`. Raises ValueError or OSError.
    """
    content = _unpacked(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
    return content.decode(json.detect_encoding(content))


def _unpacked(content: bytes) -> bytes:
    """Unpack what gzip packed. Raises ValueError for what is damaged, goes on behind its end, or exceeds MOST_JSON."""
    unpacker = zlib.decompressobj(wbits=31)
    try:
        found = unpacker.decompress(content, MOST_JSON)
    except zlib.error as error:
        raise ValueError(str(error)) from error
    if not unpacker.eof:
        raise ValueError(f"it is cut off, or has more than {MOST_JSON:,} bytes when unpacked")
    if unpacker.unused_data:
        raise ValueError(f"it has {len(unpacker.unused_data):,} bytes behind its end")
    return found


def read_toml(path: Path) -> dict[str, Any]:
    """Read a TOML file, of whoever wrote it. Raises ValueError or OSError."""
    try:
        return tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except RecursionError as error:
        raise ValueError(str(error)) from error


def _finite(value: object) -> object:
    if isinstance(value, float) and not math.isfinite(value):
        return {"float": repr(value)}
    if isinstance(value, Mapping):
        return {str(k): _finite(v) for k, v in value.items()}
    if isinstance(value, list | tuple):
        return [_finite(v) for v in value]
    return value


def _infinite(value: object) -> object:
    if isinstance(value, dict):
        if value.keys() == {"float"} and value["float"] in ("inf", "-inf", "nan"):
            return float(value["float"])
        return {k: _infinite(v) for k, v in value.items()}
    return [_infinite(v) for v in value] if isinstance(value, list) else value


@contextlib.contextmanager
def fresh_folder(folder: Path) -> Iterator[Path]:
    """Yield a temporary folder that becomes `folder` on success; if another got there first, theirs stays."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    partial = Path(tempfile.mkdtemp(dir=folder.parent, prefix=_hidden(folder)))
    try:
        yield partial
        partial.chmod(0o777 & ~_umask())
        with contextlib.suppress(OSError):
            partial.rename(folder)
        if not folder.is_dir():
            raise OSError(f"cannot create {folder}")
    finally:
        shutil.rmtree(partial, ignore_errors=True)


def save_tensors(path: Path, tensors: Mapping[str, Tensor], metadata: dict[str, str] | None = None) -> None:
    """Write tensors as a safetensors file, atomically. Tied ones, which the format refuses, are stored twice."""
    from safetensors.torch import save

    plain: dict[str, Tensor] = {}
    seen: set[int] = set()
    for name, tensor in tensors.items():
        own = tensor.detach().cpu().contiguous()
        storage = own.untyped_storage().data_ptr()
        plain[name] = own.clone() if storage in seen else own
        seen.add(storage)
    write_atomically(path, save(plain, metadata))


def load_tensors(path: Path) -> dict[str, Tensor]:
    """Read the tensors of a safetensors file, on the CPU."""
    from safetensors.torch import load_file

    return load_file(path)


def save_tree(path: Path, tree: Mapping[str, Any]) -> None:
    """Write nested dicts and lists of tensors and plain values as one safetensors file, atomically."""
    tensors: dict[str, Tensor] = {}

    def named(tensor: Tensor) -> msgspec.msgpack.Ext:
        tensors[name := str(len(tensors))] = tensor
        return msgspec.msgpack.Ext(0, name.encode())

    plan = msgspec.msgpack.encode(tree, enc_hook=named)
    save_tensors(path, tensors, {"tree": plan.hex()})


def load_tree(path: Path, *, plain: bool = False) -> dict[str, Any]:
    """Read the tree that `save_tree` wrote; tensors are on the CPU, tuples come back as lists.

    With `plain` no tensor is read, and None stands for each. Raises OSError if there is no such file, and ValueError or
    SafetensorError if it is damaged.
    """
    from safetensors import safe_open

    with safe_open(path, "pt") as file:
        plan = bytes.fromhex((file.metadata() or {}).get("tree", ""))
    tensors = {} if plain else load_tensors(path)
    decoder = msgspec.msgpack.Decoder(dict[Any, Any], ext_hook=lambda code, name: tensors.get(bytes(name).decode()))
    return decoder.decode(plan)
