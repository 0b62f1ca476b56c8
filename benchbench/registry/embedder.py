"""The face embedder that a plugin brings by the hook `benchbench_face_embedder`."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ..contracts.digests import module_digest
from ..errors import PluginError
from . import registry

if TYPE_CHECKING:
    from torch import Tensor


@dataclass(frozen=True)
class FaceEmbedder:
    """A plugin's embedder, loaded when it is called; it can be sent to another process.

    >>> import torch
    >>> from benchbench import FaceEmbedder
    >>> embedder = FaceEmbedder("mean-colour", "mine", "1.0", load=lambda: lambda faces: faces.mean((2, 3)))
    >>> embedder(torch.zeros(2, 3, 64, 64)).shape
    torch.Size([2, 3])
    """

    plugin: str
    distribution: str
    version: str
    """The version of the distribution and a digest of the plugin's source."""
    load: Callable[[], Any]
    """The plugin's hook, which returns the embedder."""

    def __call__(self, faces: Tensor) -> Tensor:
        """Embed faces `(N, 3, H, W)` in [0, 1] as `(N, D)`. Raises PluginError if the embeddings have another shape."""
        embed = self.load()
        if not callable(embed):
            raise PluginError(f"benchbench_face_embedder of plugin {self.plugin} gave {embed!r}, not a function")
        embeddings: Tensor = embed(faces)
        shape = tuple(getattr(embeddings, "shape", ()))
        if len(shape) != 2 or shape[0] != len(faces):
            raise PluginError(f"the face embedder of plugin {self.plugin} gave {shape} for {len(faces)} faces")
        return embeddings


def face_embedder() -> FaceEmbedder | None:
    """Return the installed embedder, or None; of several, that of the plugin whose name is last.

    BENCHBENCH_BLOCK leaves plugins out. The embedder itself is not loaded yet.

    >>> from benchbench import face_embedder
    >>> print(face_embedder())
    None
    """
    found = registry.registry()
    brought = found.implementations("benchbench_face_embedder")
    if not brought:
        return None
    plugin = found.plugins[brought[-1].plugin_name]
    version = f"{plugin.version} {module_digest(plugin.module)}"
    return FaceEmbedder(plugin.name, plugin.distribution, version, brought[-1].function)
