"""The conditions of boards: what all rows of one have in common, and what boards of other degradations may share."""

from __future__ import annotations

from dataclasses import dataclass

from ..files import digest
from ..results.layout import slug
from .text import training_name


@dataclass(frozen=True, order=True)
class League:
    """The conditions of boards whose scores may stand in one table: all but the degradation."""

    dataset: str
    fingerprint: str
    size: int
    protocol: int
    training: str
    rung: float

    @property
    def title(self) -> str:
        """Size and training in words."""
        return f"{self.size} px, {training_name(self.training, self.rung)}"

    @property
    def full_title(self) -> str:
        """Data set, size and training in words."""
        return f"{self.dataset}, {self.title}"

    @property
    def code(self) -> str:
        """Eight digits that tell leagues apart."""
        return digest(*vars(self).values())[:8]


DIGESTS = ("fingerprint", "degradation_digest", "test_set")  # the fields of a setting that no person reads


@dataclass(frozen=True)
class Setting:
    """The conditions that all rows of a board have in common."""

    dataset: str
    fingerprint: str
    size: int
    degradation: str
    degradation_digest: str
    """Digest of its source: other code gives other images."""
    protocol: int
    training: str
    """The way of training (`any-time`, `recipe` or `none`), and whether its steps were compiled, its rates tuned."""
    test_set: str = ""
    """Digest of the degraded test images, which may differ between versions of libraries; "" where unknown."""
    rung: float = 0.0
    """FLOPs of training after which models are scored; 0 where each counts at its end, or nothing is trained."""

    @property
    def file(self) -> tuple[str, str]:
        """Folder and file stem of the board."""
        return slug(self.dataset), slug(self.degradation)

    @property
    def code(self) -> str:
        """Eight digits that tell settings of one file apart."""
        return digest(*vars(self).values())[:8]

    @property
    def league(self) -> League:
        """The conditions that boards of other degradations may share."""
        return League(self.dataset, self.fingerprint, self.size, self.protocol, self.training, self.rung)
