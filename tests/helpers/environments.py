"""Fresh virtual environments that see the libraries of this one, for tests that install packages."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path


def fresh_environment(folder: Path) -> Path:
    """The Python of a new virtual environment that has nothing of its own but sees this one's libraries."""
    subprocess.run([sys.executable, "-m", "venv", folder], check=True)
    python = folder / "bin" / "python"
    command = [python, "-c", "import sysconfig; print(sysconfig.get_path('purelib'))"]
    site = subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()
    libraries = [p for p in sys.path if p.endswith("site-packages")]
    (Path(site) / "libraries.pth").write_text("".join(f"import site; site.addsitedir({p!r})\n" for p in libraries))
    return python


def install(python: Path, source: Path) -> None:
    """Install a package from its folder, as a user would, but without looking for its dependencies again."""
    subprocess.run([python, "-m", "pip", "install", "-q", "--no-deps", source], check=True)
