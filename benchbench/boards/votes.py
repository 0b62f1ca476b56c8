"""Votes of people on restored faces: a small file per voter, `votes/<voter>.json` beside the results.

A vote names two pictures by their digests, and so no model: who votes cannot know whose they are, and a picture that
has changed since takes its votes with it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Literal

import msgspec

from ..errors import one_line
from ..files import read_json_text
from ..results import store

FOLDER = "votes"
SCHEMA = 1
PAIRS = 100
"""Pairs that a voter is shown; no file has votes on more."""
MOST_BYTES = 64_000
QUESTIONS = {"natural": "which looks more natural", "closer": "which is closer to the original"}

Digest = Annotated[str, msgspec.Meta(pattern=r"\A[0-9a-f]{16}\Z")]
Voter = Annotated[str, msgspec.Meta(pattern=r"\A[0-9a-f]{32}\Z")]
Answer = Literal["left", "right", "tie"]


class Vote(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Two restorations of one degraded face, by their `samples.picture_digest`, and an answer to each question."""

    left: Digest
    right: Digest
    natural: Answer
    closer: Answer

    @property
    def pair(self) -> frozenset[str]:
        """The pictures, however they stood."""
        return frozenset((self.left, self.right))


class Ballot(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """All votes of a person."""

    schema: Annotated[int, msgspec.Meta(ge=SCHEMA, le=SCHEMA)]
    voter: Voter
    """Drawn by chance on the page, so that one person's votes go together; it tells nothing else."""
    votes: Annotated[list[Vote], msgspec.Meta(min_length=1, max_length=PAIRS)]


def read_ballot(path: Path) -> Ballot:
    """Read a file of votes, perhaps a stranger's. Raises ValueError that names the first thing amiss."""
    try:
        store.check_file(path, MOST_BYTES)
        ballot = msgspec.json.decode(read_json_text(path), type=Ballot)
    except (OSError, ValueError, RecursionError) as error:
        raise ValueError(f"it is no file of votes: {one_line(error, 200)}") from error
    seen = set[frozenset[str]]()
    for number, vote in enumerate(ballot.votes, 1):
        if vote.left == vote.right:
            raise ValueError(f"vote {number} has one picture on both sides")
        if vote.pair in seen:
            raise ValueError(f"vote {number} is a second one on {vote.left} and {vote.right}")
        seen.add(vote.pair)
    return ballot


def read_ballots(out: Path) -> tuple[list[Ballot], list[str]]:
    """Read the votes beside the results under `out`; the second part has a line for each file that is left out."""
    ballots, problems = [], []
    for path in sorted((out / FOLDER).glob("*.json")):
        try:
            ballot = read_ballot(path)
            if path.stem != ballot.voter:
                raise ValueError(f"its votes are those of {ballot.voter}")
            ballots.append(ballot)
        except ValueError as error:
            problems.append(f"{path}: {error}")
    return ballots, problems


def compared(left: str, right: str, made: Mapping[str, Sequence[tuple[str, int]]]) -> list[tuple[str, str]]:
    """List the models (left, right) that two pictures may compare: of one image, by `samples.restorations` of a board.

    They are several where models made the same picture.
    """
    lefts, rights = made.get(left, ()), made.get(right, ())
    return sorted({(a, b) for a, image in lefts for b, other in rights if a != b and image == other})


def meant(left: str, right: str, made: Mapping[str, Sequence[tuple[str, int]]]) -> tuple[str, str] | None:
    """Return the models (left, right) that a vote on two pictures counts for; None where nobody knows which."""
    found = compared(left, right, made)
    return found[0] if len(found) == 1 else None
