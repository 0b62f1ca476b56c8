"""A network of one's own becomes a model: trained, it is kept as it is; else its weights are drawn anew by the seed."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import results
import torch
import toys
from boards import UNTRAINED
from torch import nn

import benchbench
from benchbench.api.leaderboard import Leaderboard
from benchbench.api.rank import Standing, _beside, _model_of, _name_of, check_shape, notes_on
from benchbench.boards import collect
from benchbench.boards.view import view_of
from benchbench.contracts.digests import class_digest
from benchbench.contracts.recipe import Recipe

TASK = benchbench.Task(16, None)  # type: ignore[arg-type]


class MyUNet(nn.Module):
    """A network with weights of its own, and some in a part that can draw them anew."""

    def __init__(self) -> None:
        super().__init__()
        self.scale, self.layer = nn.Parameter(torch.ones(1)), nn.Conv2d(3, 3, 1)


def test_an_untrained_network_is_drawn_by_the_seed_and_is_the_same_model_whatever_its_first_weights_were() -> None:
    models = [_model_of(MyUNet(), "mine", Recipe()) for _ in range(2)]
    assert len({class_digest(model) for model in models}) == 1
    weights = []
    for seed in (1, 1, 2):
        torch.manual_seed(seed)
        weights.append(models[0]().build(TASK).layer.weight)
    assert (weights[0] == weights[1]).all()
    assert (weights[0] != weights[2]).any()


def test_a_trained_network_keeps_its_weights_which_make_it_another_model() -> None:
    networks = [MyUNet(), MyUNet()]
    models = [_model_of(network, "mine", None) for network in networks]
    assert (models[0]().build(TASK).layer.weight == networks[0].layer.weight).all()
    assert class_digest(models[0]) != class_digest(models[1])
    assert models[0].recipe is None


def test_what_the_board_must_say_of_the_weights_is_noted() -> None:
    assert notes_on(nn.Conv2d(3, 3, 1), Recipe()) == []
    where = "has no reset_parameters in the outermost module: there all trainings begin alike"
    assert notes_on(MyUNet(), Recipe()) == [where]
    assert "nobody here knows" in notes_on(MyUNet(), None)[0]


def test_a_class_is_no_network() -> None:
    with pytest.raises(benchbench.SpecError, match=r"such as MyUNet\(\)"):
        benchbench.rank(MyUNet)  # type: ignore[arg-type]


class Halves(nn.Module):
    """A network that forgets to enlarge again, or whatever it is told to do."""

    def __init__(self, answer: object = None) -> None:
        super().__init__()
        self.answer = answer

    def forward(self, images: torch.Tensor) -> object:
        return images[..., ::2, ::2] if self.answer is None else self.answer


@pytest.mark.parametrize(
    ("network", "complaint"),
    [
        (Halves(), r"Halves: restored images are \(2, 3, 12, 12\), not \(2, 3, 24, 24\)"),
        (Halves((1, 2)), r"Halves: restored images are tuple, not \(2, 3, 24, 24\)"),
        (
            Halves(torch.zeros(2, 3, 24, 24, dtype=torch.uint8)),
            "Halves: restored images are torch.uint8, not of a float",
        ),
        (Halves(torch.zeros(2, 3, 24, 24) * 1j), "Halves: restored images are torch.complex64, not of a float"),
        (
            Halves(torch.full((2, 3, 24, 24), torch.nan)),
            "Halves: the restored ramp from black to white has values that are not finite",
        ),
        (nn.Conv2d(1, 1, 1), r"Conv2d cannot restore images of shape \(2, 3, 24, 24\): RuntimeError: .*3 channels"),
    ],
)
@pytest.mark.parametrize("trained", [True, False])
def test_a_wrong_shape_is_found_before_anything_is_run(
    network: nn.Module, complaint: str, trained: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("benchbench.running.run.run", lambda *given: pytest.fail("it was run"))
    with pytest.raises(benchbench.SpecError, match=complaint):
        benchbench.rank(network, trained=trained, name="mine", rivals=[], size=24, quiet=True)


class Standardises(nn.Module):
    """A network that divides by the standard deviation of each image, and has weights that nobody has set."""

    def __init__(self) -> None:
        super().__init__()
        self.scale = nn.Parameter(torch.full((1,), torch.nan))

    def reset_parameters(self) -> None:
        nn.init.ones_(self.scale)

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        return self.scale * images / images.std((1, 2, 3), keepdim=True)


def test_a_network_is_tried_as_it_will_be_scored() -> None:
    check_shape(Standardises(), 8, trained=False)
    with pytest.raises(benchbench.SpecError, match="not finite"):
        check_shape(Standardises(), 8, trained=True)


def test_trying_a_network_leaves_it_and_the_draws_as_they_were() -> None:
    network = nn.Sequential(nn.BatchNorm2d(3), nn.Dropout())
    before, state = {k: v.clone() for k, v in network.state_dict().items()}, torch.get_rng_state()
    check_shape(network, 8, trained=False)
    assert network.training
    assert all((network.state_dict()[name] == value).all() for name, value in before.items())
    assert (torch.get_rng_state() == state).all()


def test_a_network_is_called_by_its_class() -> None:
    assert _name_of(MyUNet()) == "my-unet"


def test_networks_of_one_name_are_never_mixed_and_the_one_asked_for_is_told_of(tmp_path: Path) -> None:
    here: dict[str, Any] = {"degrade": "darken", "dataset": "toy-faces", "metric": "peak", "size": 16}
    here |= {
        "budget": "1epochs",
        "out": tmp_path,
        "rivals": [],
        "name": "mine",
        "with_references": False,
        "quiet": True,
    }
    parameters = []
    for width, seeds in ((1, 2), (2, 1), (1, 2)):
        network = nn.Sequential(nn.Conv2d(3, width, 1), nn.Conv2d(width, 3, 1))
        row = benchbench.rank(network, seeds=seeds, **here).board.to_pandas().iloc[0]
        parameters.append((row["parameters"], row["seeds"]))
    assert parameters == [(10, "0, 1"), (17, "0"), (10, "0, 1")]


def test_the_place_is_told_with_the_neighbours(board: Leaderboard) -> None:
    text = Standing("local:width=3", board).text
    assert re.match(r"local:width=3 on darken: place \d by the mean of 2, \S+ ?\S*; (before|after) identity \(", text)
    assert Standing("gone", board).text == "gone on darken: not there"


@pytest.mark.parametrize("trained", [True, False])
def test_a_network_named_as_a_component_is_refused(trained: bool) -> None:
    with pytest.raises(benchbench.SpecError, match="'identity' is there already"):
        benchbench.rank(nn.Identity(), trained=trained, rivals=[], quiet=True)


@pytest.mark.parametrize(
    ("levels", "said"),
    [
        ({"mine": 20.0, "identity": 20.0}, "rank 1–2 of 2, 20.00 dB; tied with identity (20.00 dB)"),
        ({"mine": 21.0, "identity": 20.0}, "rank 1 of 2, 21.00 dB; before identity (20.00 dB)"),
        (
            {"mine": 19.0, "identity": 20.0},
            "rank 2 of 2, 19.00 dB; after identity (20.00 dB); the degraded images themselves score better",
        ),
    ],
)
def test_a_tie_is_called_so(levels: dict[str, float], said: str, tmp_path: Path) -> None:
    for model, level in levels.items():
        results.write(tmp_path, {"peak": level}, model=model, role="baseline" * (model == "identity"), **UNTRAINED)
    boards, _ = collect(tmp_path)
    assert Standing("mine", Leaderboard(boards, toys.registry())).text == f"mine on darken: {said}"


def test_it_says_after_how_much_training_and_where_the_network_had_more(tmp_path: Path) -> None:
    results.write(tmp_path, model="mine", rungs={1e11: {"peak": 20.0}, 1e12: {"peak": 25.0}})
    results.write(tmp_path, model="other", rungs={1e11: {"peak": 21.0}})
    boards, _ = collect(tmp_path)
    text = {model: Standing(model, Leaderboard(boards, toys.registry())).text for model in ("mine", "other")}
    assert text["mine"].startswith("mine on darken after 0.1 TFLOP: ")
    assert "; it was trained to 1 TFLOP, but others on this board were not: give them the same budget" in text["mine"]
    assert "was trained to" not in text["other"]


@pytest.mark.parametrize(
    ("ours", "theirs", "words"),
    [
        ((1, 1), (2, 2), "before"),
        ((1, 2), (1, 2), "tied with"),
        ((1, 2), (2, 3), "by the mean before"),
        (None, None, "tied with"),
    ],
)
def test_an_order_is_claimed_only_where_ranks_tell_two_models_apart(
    ours: tuple[int, int] | None, theirs: tuple[int, int] | None, words: str, board: Leaderboard
) -> None:
    view = view_of(board.boards[0])
    first = view.rows[0]
    mine, other = replace(first, span=ours), replace(first, model="other", span=theirs)
    assert _beside(replace(view, rows=[mine, other]), mine, other, "before") == words


def test_what_was_written_wrongly_is_told_before_anything_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "photos").mkdir()
    with pytest.raises(TypeError, match="unknown option 'rival': did you mean 'rivals'"):
        benchbench.rank(nn.Identity(), rival=["median"])  # type: ignore[call-arg]
    with pytest.raises(benchbench.SpecError, match=r"a model named 'unet' is there already.*name='my-unet'"):
        benchbench.rank(nn.Identity(), name="unet")
    with pytest.raises(benchbench.SpecError, match="a folder of images is folder:photos"):
        benchbench.run("pixelate", "median", "photos")
    with pytest.raises(benchbench.DataError, match=r"nope\.jpg is unreadable: No such file"):
        benchbench.score("nope.jpg", "nope.jpg")
