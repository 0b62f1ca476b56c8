"""The user's own face embedder, which a plugin brings by the hook `benchbench_face_embedder`."""

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
    """Who brings an embedder, and how to get it; it can be sent to another process."""

    plugin: str
    distribution: str
    version: str
    """Of the distribution, with a digest of the plugin's source."""
    load: Callable[[], Any]
    """The plugin's hook, which gives the embedder."""

    def __call__(self, faces: Tensor) -> Tensor:
        """Embeddings `(N, D)` of faces `(N, 3, H, W)` in [0, 1]. Raises PluginError if they are of another shape."""
        embed = self.load()
        if not callable(embed):
            raise PluginError(f"benchbench_face_embedder of plugin {self.plugin} gave {embed!r}, not a function")
        embeddings: Tensor = embed(faces)
        shape = tuple(getattr(embeddings, "shape", ()))
        if len(shape) != 2 or shape[0] != len(faces):
            raise PluginError(f"the face embedder of plugin {self.plugin} gave {shape} for {len(faces)} faces")
        return embeddings


def face_embedder() -> FaceEmbedder | None:
    """The installed embedder, or None. Of several the plugin of the last name counts; BENCHBENCH_BLOCK leaves any out.

    Nothing is loaded yet but the plugins themselves.
    """
    found = registry.registry()
    brought = found.implementations("benchbench_face_embedder")
    if not brought:
        return None
    plugin = found.plugins[brought[-1].plugin_name]
    version = f"{plugin.version} {module_digest(plugin.module)}"
    return FaceEmbedder(plugin.name, plugin.distribution, version, brought[-1].function)
