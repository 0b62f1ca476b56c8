"""A network of one's own becomes a model: trained, it is kept as it is; else its weights are drawn anew by the seed."""

from __future__ import annotations

import re

import pytest
import torch
from torch import nn

import benchbench
from benchbench.api.leaderboard import Leaderboard
from benchbench.api.rank import Standing, _model_of, _name_of, notes_on
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


def test_a_network_is_called_by_its_class() -> None:
    assert _name_of(MyUNet()) == "my-unet"


def test_the_place_is_told_with_the_neighbours(board: Leaderboard) -> None:
    text = Standing("local:width=3", board).text
    assert re.match(r"local:width=3 on darken: place \d by the mean of 2, \S+ ?\S*; (before|after) identity \(", text)
    assert Standing("gone", board).text == "gone on darken: not there"


@pytest.mark.parametrize("trained", [True, False])
def test_a_network_named_as_a_component_is_refused(trained: bool) -> None:
    with pytest.raises(benchbench.PluginError, match="'identity' is there already"):
        benchbench.rank(nn.Identity(), trained=trained, rivals=[], quiet=True)
