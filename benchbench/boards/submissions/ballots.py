"""Check a file of votes, as a stranger sends it, and add it to those that are there."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Literal

import msgspec

from ...files import write_atomically
from ..board import collect
from ..samples import restorations
from ..votes import FOLDER, Ballot, compared, read_ballot
from .archive import Refused

Pictures = Sequence[Mapping[str, Sequence[tuple[str, int]]]]
"""Of each board: what `samples.restorations` gives."""


def pictures_of(out: Path) -> Pictures:
    """Read which pictures the boards of the results under `out` have."""
    return [restorations(board) for board in collect(out)[0]]


def add_ballot(path: Path, into: Path, known: Pictures) -> tuple[Literal["added", "replaced", "known"], str]:
    """Add a file of votes to those under `into`; returns the verdict and its reason. Raises Refused.

    Every vote must be on two models of a board there, on one image: `known` is what `pictures_of` gives.
    """
    try:
        ballot = read_ballot(path)
    except ValueError as error:
        raise Refused(str(error)) from error
    target = into / FOLDER / f"{ballot.voter}.json"
    there = _standing(target)
    cast = {vote.pair for vote in ballot.votes}
    if there and (changed := [v.pair for v in there.votes if v.pair in cast and v not in ballot.votes]):
        raise Refused(
            f"voter {ballot.voter} has voted here already, otherwise on {' and '.join(sorted(changed[0]))}; to replace "
            f"these votes, remove {target} first"
        )
    if there and cast <= {vote.pair for vote in there.votes}:
        return "known", f"voter {ballot.voter} has cast these votes already"
    if there and (lost := {vote.pair for vote in there.votes} - cast):
        raise Refused(
            f"voter {ballot.voter} has voted here already, on {len(lost)} pairs that this file lacks: a later file "
            f"holds the earlier votes, too; to replace them, remove {target} first"
        )
    _check_pictures(ballot, known)
    write_atomically(target, msgspec.json.encode(ballot) + b"\n")
    return "replaced" if there else "added", f"{len(ballot.votes)} votes of voter {ballot.voter}"


def _standing(target: Path) -> Ballot | None:
    """The votes of this voter that are there. Raises Refused if they cannot be read."""
    try:
        return read_ballot(target) if target.exists() else None
    except ValueError as error:
        raise Refused(f"{target} is damaged, {error}; remove it first") from error


def _check_pictures(ballot: Ballot, known: Pictures) -> None:
    """Raises Refused for a vote that is not on two restorations of one image by models of a board."""
    for number, vote in enumerate(ballot.votes, 1):
        for side in (vote.left, vote.right):
            if not any(side in made for made in known):
                raise Refused(
                    f"vote {number} is on the picture {side}, which no result here has; was the site made from others?"
                )
        if not any(compared(vote.left, vote.right, made) for made in known):
            raise Refused(f"the pictures of vote {number} are not of two models on one image of a board")
