"""The notebook of the tutorial does what its text says, in a kernel of Jupyter."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

NOTEBOOK = Path(__file__).parents[2] / "docs" / "tutorial" / "notebook.ipynb"

# cells that a reader might add, and what they must print
AGAIN = """
import os
before = os.environ["MPLBACKEND"]
again = bb.run(model=["bicubic", Shallow(width=8)], **setting)
scores, same = (found["shallow:width=8"].to_pandas() for found in (board, again))
assert same.equals(scores)
assert os.environ["MPLBACKEND"] == before
print(before)
"""
CHANGED = """
class Correction(nn.Module):
    def __init__(self, width):
        super().__init__()
        self.layers = nn.Conv2d(3, 3, 5, padding=2)

    def forward(self, images):
        return images + self.layers(images)

changed = bb.run(model=["bicubic", Shallow(width=8)], **setting)
assert changed["shallow:width=8"].module.layers.weight.shape == (3, 3, 5, 5)
"""


MISTAKE = """
import benchbench as bb
from torch import nn
bb.rank(nn.Identity(), "none", "faces", name="mine", rivals=["basic-cn"])
"""
OTHER = """
def half(x):
    return 1 / x
half(0)
"""


def outputs(cell: Any, kind: str) -> list[str]:
    """What a cell shows, of a media type."""
    return [output["data"][kind] for output in cell.outputs if kind in output.get("data", {})]


def printed(cell: Any) -> str:
    """What a cell prints, and shows as text."""
    return "".join([output.get("text", "") for output in cell.outputs] + outputs(cell, "text/plain"))


def executed(book: Any, folder: Path, **options: Any) -> None:
    """Executes a notebook in a kernel of Jupyter, which works in that folder."""
    nbclient = pytest.importorskip("nbclient", reason="nbclient is not installed: pip install nbclient ipykernel")
    pytest.importorskip("ipykernel", reason="ipykernel is not installed: pip install nbclient ipykernel")
    resources = {"metadata": {"path": folder}}
    nbclient.NotebookClient(book, timeout=300, kernel_name="python3", resources=resources, **options).execute()


@pytest.mark.slow
@pytest.mark.timeout(600)
@pytest.mark.filterwarnings("ignore")  # of the client's own packages
def test_a_mistake_that_a_user_can_mend_is_told_in_a_line_and_others_keep_their_traceback(tmp_path: Path) -> None:
    nbformat = pytest.importorskip("nbformat", reason="nbformat is not installed: pip install nbclient ipykernel")
    book = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(source) for source in (MISTAKE, OTHER)])
    executed(book, tmp_path, allow_errors=True)
    mistake, other = ([o for o in cell.outputs if o.output_type == "error"] for cell in book.cells)
    assert mistake[0].traceback == [f"SpecError: {mistake[0].evalue}"]
    assert "did you mean 'basic-cnn'" in mistake[0].evalue
    assert any("half" in part for part in other[0].traceback[:-1])


@pytest.mark.slow
@pytest.mark.timeout(600)
@pytest.mark.filterwarnings("ignore")  # of the client's own packages
def test_the_notebook_runs_shows_what_it_says_and_trains_anew_what_is_changed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("MPLBACKEND", raising=False)  # a kernel inherits what a command has set in this process
    nbformat = pytest.importorskip("nbformat", reason="nbformat is not installed: pip install nbclient ipykernel")
    book = nbformat.read(NOTEBOOK, as_version=4)
    written = len(book.cells)
    book.cells += [nbformat.v4.new_code_cell(source) for source in (AGAIN, CHANGED)]
    executed(book, tmp_path)
    cells = {cell.source.splitlines()[0]: cell for cell in book.cells[:written] if cell.cell_type == "code"}
    board, table, plot, standing, strip, scores = (
        next(cell for cell in cells.values() if text in cell.source)
        for text in ("board = bb.run", "board.to_pandas()[", "board.plot()", "bb.rank(", "strip", "bb.score(")
    )
    assert "4 to run" in printed(board)
    [shown] = [html for html in outputs(board, "text/html") if "<table>" in html]
    assert "shallow:width=8" in shown
    assert "data:image/png;base64," in shown
    assert all(model in outputs(table, "text/html")[0] for model in ("bicubic", "shallow:width=8"))
    assert len(outputs(plot, "image/png")) == 1
    assert "mean-of-25 on pixelate: place " in printed(standing)
    assert len(outputs(strip, "image/png")) == 1
    assert "DoubtWarning" not in printed(strip)
    assert "restored" in outputs(scores, "text/html")[0]
    again, changed = book.cells[written:]
    assert "module://" in printed(again)
    assert "0 to run" in printed(again)
    assert "1 to run" in printed(changed)


def test_the_notebook_is_kept_without_what_it_showed() -> None:
    import json

    cells = json.loads(NOTEBOOK.read_text(encoding="utf-8"))["cells"]
    assert not any(cell.get("outputs") or cell.get("execution_count") for cell in cells)
