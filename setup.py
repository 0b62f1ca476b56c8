"""Write the long description: the README, for who reads it where no checkout is, so without relative links."""

import re
import tomllib
from pathlib import Path

from setuptools import setup

ROOT = Path(__file__).parent
FENCED = re.compile(r"(```.*?```)", re.DOTALL)
LINK = re.compile(r"(?P<image>!?)\[(?P<text>[^\]]*)\]\((?P<path>(?![a-z]+:|#)[^)\s]+)\)")


def description(readme: str, source: str | None) -> str:
    """Make relative links absolute, by the address of the source; without one each path follows its text, unlinked.

    `blob` and `raw` below it are where GitHub, GitLab, Codeberg and others of their kind show and give a file.
    """

    def absolute(link: re.Match[str]) -> str:
        image, text, path = link["image"], link["text"], link["path"]
        if source is not None:
            return f"{image}[{text}]({source.rstrip('/')}/{'raw' if image else 'blob'}/HEAD/{path.rstrip('/')})"
        return text if path.rstrip("/") in text.replace("/`", "`") else f"{text} (`{path}`)"

    parts = FENCED.split(readme)
    return "".join(part if FENCED.fullmatch(part) else LINK.sub(absolute, part) for part in parts)


if __name__ == "__main__":
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    setup(
        long_description=description(
            (ROOT / "README.md").read_text(encoding="utf-8"), project.get("urls", {}).get("Source")
        ),
        long_description_content_type="text/markdown",
    )
