"""Networks with published weights, as they are: GFPGAN, CodeFormer, SwinIR, NAFNet, Restormer, Real-ESRGAN, DAT, …

`pretrained:weights=FILE` names a file (.pth, .ckpt, .pt, .safetensors), by its path or by its name in the folders that
the variable BENCHBENCH_WEIGHTS and torch hub name. The library spandrel (extra `pretrained`, MIT) tells the
architecture by the tensors in the file. CodeFormer, Restormer and others whose licence forbids commercial use are in
its package spandrel_extra_arches, which is used where it is installed.

Such a network was trained elsewhere, on images and degradations that nobody here can vouch for, so it stands in the
open track: on the same board, ranked apart. It gets the board's images as they are, and gives images of their size:

- One that restores faces gets the image enlarged to 512 px, as it was trained; `size` asks for other pixels.
- What is larger than the image, as that of an upscaler, is reduced. To have a ×4 upscaler fill in what
  `downscale:factor=4` took, give it the small image: `size=16` on a board of 64 px.
- Sides that a network cannot take are padded by reflection, and cut again. Resizing is bicubic, with antialiasing.
- A network of grey images restores each channel by itself.

What identifies a result is the file's SHA-256, not where it lies: `sha256` says its first 16 digits on boards, and as
a parameter it refuses another file. Networks that draw noise, as GFPGAN, draw the same for each image.
"""

from __future__ import annotations

import copy
import functools
import hashlib
import importlib.util
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

import torch
from torch import Tensor, nn
from torch.nn import functional

from benchbench import (
    Model,
    Recipe,
    SpecError,
    Task,
    TrialError,
    Weights,
    derive,
    find_weights,
    hookimpl,
    missing_weights,
    param,
    weight_folders,
)

from ._published import origin_of

FACE = 512  # px of the aligned faces that all published networks of faces were trained on
DIGITS = 16  # of a SHA-256
TAKEN = ((1, 1), (3, 3), (4, 4))  # channels that go in, and that come out


@hookimpl
def benchbench_models() -> list[type[Model]]:
    return [Pretrained]


@dataclass(frozen=True)
class Pretrained(Model):
    """Published network with the weights of a file, trained elsewhere; ranked apart, in the open track."""

    name = "pretrained"
    role = "open"
    recipe: ClassVar[Recipe | None] = None

    weights: str = param(help="file of weights: its path, or its name where weights lie")  # type: ignore[assignment, misc]
    size: int | None = param(
        None, "side of what the network gets; none: 512 for faces, else as it is", low=4, high=2048, unit="px"
    )
    sha256: str = param("", "the file's SHA-256, of which 16 digits count; filled in where the file is here")

    def __post_init__(self) -> None:
        super().__post_init__()
        wanted, path = self.sha256.lower(), find(self.weights)
        if not re.fullmatch("[0-9a-f]{0,64}", wanted):
            raise SpecError(f"pretrained: sha256={self.sha256} is no SHA-256: hexadecimal digits, or leave it out")
        if path is None and len(wanted) < DIGITS:
            places = f"put it into {weight_folders()[0]}"
            raise SpecError(f"pretrained: there is no file '{self.weights}': name it by its path, or {places}")
        found = sha256_of(path, path.stat().st_mtime_ns) if path else wanted
        if not found.startswith(wanted):
            raise SpecError(f"pretrained: {path} is another file: its SHA-256 is {found[:DIGITS]}, not {wanted}")
        # the spec names neither folders, which differ and name persons, nor more digits than boards have room for
        vars(self).update(weights=Path(self.weights).name, sha256=found[:DIGITS], _path=path)

    def _spec(self, *, defaults: bool = False) -> str:
        """Write the spec; with all defaults it identifies results, for which the file's name is of no account."""
        return f"{self.name}:size={self.size},sha256={self.sha256}" if defaults else super()._spec()

    def file(self) -> Path | None:
        """Find the file: where it lay when it was named, or by its name."""
        path: Path | None = vars(self)["_path"]
        return path if path and path.is_file() else find(self.weights)

    def unavailable(self, task: Task) -> str | None:
        if importlib.util.find_spec("spandrel") is None:
            return "needs spandrel: pip install 'benchbench-portraits[pretrained]'"
        if task.channels != 3:
            return "takes images of three channels"
        return None if self.file() else missing_weights(Weights(self.weights))

    def build(self, task: Task) -> nn.Module:
        network = copy.deepcopy(self._network(task))  # no two modules share weights
        return OfOneSize(network, self.side(network))

    def side(self, network: Any) -> int | None:
        """Say to how many pixels images are resized first, if at all."""
        return self.size or (FACE if network.purpose == "FaceSR" else None)

    def count_parameters(self, module: Any) -> int:
        return sum(p.numel() for p in module.network.model.parameters())

    def notes(self, task: Task) -> list[str]:
        network = self._network(task)
        side = self.side(network) or task.size
        across, down = network.size_requirements.get_padding(side, side)
        given = side * network.scale
        facts = {
            f"gets images resized to {side} px": side != task.size,
            f"padded to {side + across} × {side + down} px": bool(across or down),
            f"gives {given} px, which are resized to {task.size} px": given != task.size,
            "restores each colour channel by itself, as one of grey images": network.input_channels == 1,
        }
        told = "; ".join(fact for fact, holds in facts.items() if holds)
        return [origin_of(network.architecture.id), *([told] if told else [])]

    def _network(self, task: Task) -> Any:
        """Load the file. Raises TrialError with the way out."""
        path, lack = self.file(), self.unavailable(task)
        if path is None or lack:
            raise TrialError(f"{self.name} {lack}")
        return load(path, self.sha256)


class OfOneSize(nn.Module):
    """A network for images of any size, which gives back images of the size that it got."""

    def __init__(self, network: Any, side: int | None) -> None:
        super().__init__()
        self.network, self.side = network, side

    def forward(self, degraded: Tensor) -> Tensor:
        devices = [degraded.device] if degraded.is_cuda else []
        restored = []
        for image in degraded.split(1):  # one by one: at 512 px, 32 at once would take gigabytes
            with torch.random.fork_rng(devices):
                torch.manual_seed(derive("pretrained"))  # for networks that draw: the same, whatever came before
                restored.append(self._restore(image))
        return torch.cat(restored)

    def _restore(self, image: Tensor) -> Tensor:
        """Restore one image `(1, 3, H, W)`."""
        height, width = image.shape[-2:]
        given = resized(image.float(), self.side or height, self.side or width).contiguous()  # GFPGAN asks for it
        channels = self.network.input_channels
        if channels == 1:
            given = given.transpose(0, 1)  # (3, 1, h, w)
        elif channels == 4:  # with alpha
            given = torch.cat([given, torch.ones_like(given[:, :1])], 1)
        found = self.network(given)
        found = found.transpose(0, 1) if channels == 1 else found[:, :3]
        return resized(found, height, width)

    def _apply(self, fn: Any, recurse: bool = True) -> OfOneSize:
        """Move the network along; its weights are the file's, hundreds of megabytes, which no result stores again."""
        self.network.model._apply(fn, recurse)
        return self


def resized(images: Tensor, height: int, width: int) -> Tensor:
    """Resize images, unless they have that size."""
    if images.shape[-2:] == (height, width):
        return images
    size = (height, width)
    return functional.interpolate(images, size, mode="bicubic", align_corners=False, antialias=True).clamp(0, 1)


def find(named: str) -> Path | None:
    """Find a file of weights by its path, or by its name in the folders of weights."""
    path = Path(named).expanduser()
    return path.resolve() if path.is_file() else find_weights(Weights(named))


@functools.cache
def sha256_of(path: Path, changed: int) -> str:
    """Return the SHA-256 of a file that was last changed then."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


@functools.lru_cache(maxsize=1)
def load(path: Path, sha256: str) -> Any:
    """Load the network that spandrel sees in a file, in eval mode on the CPU. Raises TrialError with the way out."""
    import spandrel

    if not sha256_of(path, path.stat().st_mtime_ns).startswith(sha256):
        raise TrialError(f"{path.name} has changed since it was named: run it again")
    known = spandrel.MAIN_REGISTRY.copy()
    if more := importlib.util.find_spec("spandrel_extra_arches"):
        known.add(*importlib.import_module(more.name).EXTRA_REGISTRY, ignore_duplicates=True)
    try:
        network = spandrel.ModelLoader(registry=known).load_from_file(path).eval()
    except spandrel.UnsupportedModelError as error:
        hint = "" if more else "; CodeFormer, Restormer and others take `pip install spandrel_extra_arches`"
        raise TrialError(f"spandrel knows no network with the tensors of {path.name}{hint}") from error
    except Exception as error:  # of pickle, torch, safetensors, or the network's own
        reason = " ".join(str(error).split())[:120]
        way_out = "it must be .pth, .ckpt, .pt or .safetensors, whole"
        if "forbidden" in reason:
            way_out = "it holds code, which is not run: save its state_dict alone"
        raise TrialError(f"{path.name} cannot be read: {way_out} ({type(error).__name__}: {reason})") from error
    if not isinstance(network, spandrel.ImageModelDescriptor):
        raise TrialError(f"{path.name} is {network.architecture.name}, which needs a mask beside the image")
    if (network.input_channels, network.output_channels) not in TAKEN:
        channels = f"{network.input_channels} channels and gives {network.output_channels}"
        raise TrialError(f"{path.name} is {network.architecture.name}, which takes {channels}; images here have 3")
    return network
