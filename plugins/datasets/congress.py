"""Members of the United States Congress: some 1,500 official portraits in the public domain, 225×275 pixels and more.

Layout, as in a checkout of the repository of images: `congress/original/A000055.jpg`, `congress/450x550/A000055.jpg`,
`congress/225x275/A000055.jpg`, named by the id of the Biographical Directory; one such folder will do, and of several
the first of these is read. One person an image; the top square of it is taken.

With the lists of the repository of legislators beside them, in the folder or in `congress-legislators` there or beside
it, `gender` (female, male) and `birth_year` are known: `legislators-current` and `legislators-historical`, each as
`.csv`, `.json` or `.yaml` (this one needs the extra `congress`, PyYAML).

Known bias: mostly older, mostly male, mostly white sitters in formal dress before a plain backdrop.

Source: https://github.com/unitedstates/images, whose photographs are in the public domain, mostly from the Government
Publishing Office's guides to members; https://github.com/unitedstates/congress-legislators, CC0.
"""

from __future__ import annotations

import csv
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from benchbench import DataError, Dataset, hookimpl, param

from ._collecting import UPSCALE, Listing, OnDisk, Photo
from ._matching import without

SIZES = ("original", "450x550", "225x275")
FORMS = (".csv", ".json", ".yaml")
GENDERS = {"M": "male", "F": "female"}


@hookimpl
def benchbench_datasets() -> list[type[Dataset]]:
    return [Congress]


@dataclass(frozen=True)
class Congress(OnDisk):
    """Official portraits of members of the US Congress, public domain, from a checkout of their repository."""

    name = "congress"
    way_out = (
        "The portraits come by `git clone https://github.com/unitedstates/images`, their attributes by `git clone "
        "https://github.com/unitedstates/congress-legislators` into the same folder; name the place: congress:images"
    )
    layout = (*(f"congress/{size}" for size in SIZES), *SIZES)
    path: str = param(help="the checkout, or another folder that holds original, 450x550 or 225x275")
    crop: Literal["top", "centre"] = param("top", "which square of a tall image is taken")
    limit: int | None = param(None, "take the first so many images only", low=1)
    upscale: bool = param(False, UPSCALE)

    def lists(self) -> list[Path]:
        """The paths of the lists of current and of historical members, in the first form that is there."""
        root = self.root()
        places = (root, root / "congress-legislators", root.parent / "congress-legislators")
        stems = ("legislators-current", "legislators-historical")
        found = [
            [p / f"{stem}{form}" for p in places for form in FORMS if (p / f"{stem}{form}").is_file()] for stem in stems
        ]
        return [paths[0] for paths in found if paths]

    def photos(self, names: Mapping[str, str], masks: Sequence[str]) -> Listing:
        members: dict[str, tuple[Any, ...]] = {}
        for path in reversed(self.lists()):
            members |= _read_members(path)
        photos = [Photo(i, name, values=members.get(Path(name).stem, ())) for i, name in names.items()]
        if not members:
            return Listing((), photos)
        unknown = [photo.id for photo in photos if not photo.values]
        return Listing(("gender", "birth_year"), photos, without("legislators", "line", unknown, len(photos)))


def _read_members(path: Path) -> dict[str, tuple[str | None, int | None]]:
    """Read gender and year of birth of each member by id. Raises DataError for what is no such list."""
    try:
        if path.suffix == ".csv":
            with path.open(newline="", encoding="utf-8-sig") as stream:
                rows = [(row["bioguide_id"], row) for row in csv.DictReader(stream)]
        else:
            members = json.loads(path.read_bytes()) if path.suffix == ".json" else _read_yaml(path)
            rows = [(member["id"]["bioguide"], member.get("bio", {})) for member in members]
        return {i: (GENDERS.get(bio.get("gender") or ""), _year(bio.get("birthday"))) for i, bio in rows}
    except (OSError, ValueError, LookupError, TypeError, AttributeError, csv.Error) as problem:
        raise DataError(f"{path}: no list of legislators ({type(problem).__name__}): fetch it again") from problem


def _read_yaml(path: Path) -> Any:
    try:
        import yaml
    except ImportError as problem:
        way_out = "pip install 'benchbench-portraits[congress]', or take the list as .json or .csv"
        raise DataError(f"{path} needs PyYAML: {way_out}") from problem
    try:
        return yaml.load(path.read_bytes(), getattr(yaml, "CSafeLoader", yaml.SafeLoader))
    except yaml.YAMLError as problem:
        raise ValueError(str(problem)) from problem


def _year(birthday: Any) -> int | None:
    """The year of a date such as 1952-11-09; None where none is known."""
    return int(str(birthday)[:4]) if birthday else None
