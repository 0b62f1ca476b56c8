"""`benchbench.rank`: where a network of one's own would stand on a board."""

from __future__ import annotations

import copy
import re
from dataclasses import dataclass
from typing import ClassVar, Unpack, cast

import torch
from torch import nn

from ..boards import Board
from ..boards.compute import ladder_of
from ..boards.text import rung_name
from ..boards.view import Row, View, view_of
from ..contracts.model import BASELINE, COMPETES, OPEN, Model, Task
from ..contracts.recipe import Recipe
from ..errors import SpecError, TrialError, did_you_mean, one_line
from ..evaluation.restore import check_restored
from ..registry.registry import Registry, registry
from ..results.store import Result
from ..running.plan import choose
from .entry import rank_in_words
from .leaderboard import Leaderboard
from .request import Options, Spec, Specs, listed, request_of
from .run import run

TIED = "tied with"
PROBES = 2  # images that a network is tried on: one that lacks an axis for them fails


class RankOptions(Options, total=False):
    """What `rank` may be told besides a network and its task."""

    trained: bool
    name: str
    rivals: Specs
    recipe: Recipe
    metric: Specs


@dataclass(frozen=True, repr=False)
class Standing:
    """Where a network stands: in a sentence for each board, with the boards themselves."""

    model: str
    board: Leaderboard

    @property
    def text(self) -> str:
        """A line for each board: the network's ranks, its score, and who is next to it."""
        return "\n".join(_sentence(self.model, board) for board in self.board.boards)

    def __repr__(self) -> str:
        return f"{self.text}\n\n{self.board}"

    def _repr_html_(self) -> str:
        return f"<pre>{self.text}</pre>{self.board._repr_html_()}"


def rank(network: nn.Module, degrade: Specs = (), dataset: Specs = (), **options: Unpack[RankOptions]) -> Standing:
    """Put a network on a board, and say where it stands among the results in `out` and the rivals that are run beside.

    The network takes degraded images, float32 `(N, 3, H, W)` in [0, 1], and returns them restored, in the same shape.
    Its weights are not used: the harness draws new ones by the seed (by `reset_parameters` of each of its modules) and
    trains it for the budget, like any model. With `trained=True` they are used, and the network is scored as it is;
    as nobody here can vouch for what it was trained on, it is ranked apart, in the open track.

    >>> from torch import nn
    >>> import benchbench as bb
    >>> here = {"degrade": "gaussian-noise", "dataset": "faces:n=40", "metric": "psnr", "size": 16, "quiet": True}
    >>> blur = nn.AvgPool2d(3, 1, 1)
    >>> found = bb.rank(blur, trained=True, name="mean-of-9", rivals=[], with_references=False, **here)
    >>> print(found.text)  # doctest: +ELLIPSIS
    mean-of-9 on gaussian-noise: rank 1 of 1 in the open track, ... dB...

    :param network: Any module that can be pickled.
    :param degrade: Degradations, as `run` takes them.
    :param dataset: Data sets, as `run` takes them.
    :param options: `trained` as above; `name` on the board, by default the class's; `rivals` to run beside, by
        default the models that need no training, which is quick (results that `out` holds are on the board, too);
        `recipe`, by which it is trained; `metric`; and all that `run` takes, such as `budget` and `seeds=3`.
    :raises BenchbenchError: What the user can mend; a name that a component has already; a network that does not
        give finite images in the shape of two that it is given before anything is run.
    """
    if isinstance(network, type):
        raise SpecError(f"{network.__name__} is a class: give rank a network, such as {network.__name__}()")
    if unknown := next(iter(options.keys() - RankOptions.__annotations__.keys()), None):
        raise TypeError(f"unknown option '{unknown}': {did_you_mean(unknown, RankOptions.__annotations__)}")
    trained, recipe = options.pop("trained", False), options.pop("recipe", Recipe())
    name = options.pop("name", None) or _name_of(network)
    if name in registry().of("model"):
        raise SpecError(f"a model named '{name}' is there already: give yours another one, such as name='my-{name}'")
    own = _model_of(network, name, None if trained else recipe)
    rivals, metric = options.pop("rivals", None), options.pop("metric", ())
    asked = {option: value for option, value in options.items() if option != "quiet"}
    check_shape(network, request_of(registry(), asked).size, trained)
    beside = _untrained(registry()) if rivals is None else listed(rivals)
    return Standing(name, run(degrade, [own, *beside], dataset, metric, **cast(Options, options)))


def check_shape(network: nn.Module, size: int, trained: bool) -> None:
    """Try a copy of a network on two images of `size` px, where its parameters lie; its state and draws stay.

    The images rise from black to white. Weights are drawn anew unless they are `trained`. Raises SpecError unless the
    network gives what `evaluation.restore` takes: finite numbers of a floating-point type, in the same shape.
    """
    at = next(network.parameters(), torch.empty(0)).device
    images = torch.linspace(0, 1, PROBES * 3 * size**2, device=at).view(PROBES, 3, size, size)
    given, name, probe = tuple(images.shape), type(network).__name__, copy.deepcopy(network)
    try:
        with torch.random.fork_rng([at] if at.type == "cuda" else []), torch.no_grad():
            found = (probe if trained else draw_anew(probe)).eval()(images)
    except Exception as error:
        raise SpecError(f"{name} cannot restore images of shape {given}: {one_line(error)}") from error
    try:
        check_restored(found, images.shape, ["ramp from black to white"] * PROBES)
    except TrialError as error:
        raise SpecError(f"{name}: {error}; return a tensor like the one given") from error


def _name_of(network: nn.Module) -> str:
    """Write the name of its class as components are named: `MyUNet` -> `my-unet`."""
    words = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "-", type(network).__name__.strip("_"))
    return re.sub(r"[^a-z0-9-]", "-", words.lower())


def _untrained(registry: Registry) -> list[Spec]:
    """Name the models that need no training, and restore."""
    return [str(m) for m in choose(registry, "model", ["all"]) if m.recipe is None and not (m.role or m.compresses)]


def _model_of(network: nn.Module, named: str, trained_by: Recipe | None) -> type[Model]:
    """Make a model of a network, which it holds; trained by the recipe, or not at all."""
    held = copy.deepcopy(network).cpu()
    if trained_by is not None:
        with torch.random.fork_rng(devices=[]):  # so that its first weights, which do not count, make no other model
            torch.manual_seed(0)
            draw_anew(held)

    @dataclass(frozen=True)
    class Given(Model):
        """A network from a notebook or a script."""

        name = named
        role = COMPETES if trained_by else OPEN
        recipe: ClassVar[Recipe | None] = trained_by

        def build(self, task: Task) -> nn.Module:
            module = copy.deepcopy(held)
            return draw_anew(module) if trained_by else module

        def notes(self, task: Task) -> list[str]:
            return notes_on(held, trained_by)

    return Given


def notes_on(network: nn.Module, recipe: Recipe | None) -> list[str]:
    """Say what a reader of the board must know of a network's weights."""
    if recipe is None:
        return ["scored with the weights that it came with; nobody here knows what they were trained on"]
    kept = [n for n, m in network.named_modules() if list(m.parameters(recurse=False)) and not _draws(m)]
    where = [name or "the outermost module" for name in kept[:3]]
    return [f"has no reset_parameters in {', '.join(where)}: there all trainings begin alike"] if kept else []


def draw_anew(network: nn.Module) -> nn.Module:
    """Draw the weights of all modules that know how, in place; return the network."""
    for module in network.modules():
        if _draws(module):
            module.reset_parameters()  # type: ignore[operator]
    return network


def _draws(module: nn.Module) -> bool:
    return callable(getattr(module, "reset_parameters", None))


def _sentence(model: str, board: Board) -> str:
    """Tell a model's place on a board, its score, and its neighbours."""
    view, s = view_of(board), board.setting
    where = f"{model} on {s.degradation}" + (f" after {rung_name(s.rung)}" if s.rung else "")
    if model not in board.first_results:
        return f"{where}: {'; '.join(view.failures.get(model, ['not there']))}"
    at = next(position for position, row in enumerate(view.rows) if row.model == model)
    row, higher, lower = view.rows[at], view.rows[max(0, at - 1) : at], view.rows[at + 1 : at + 2]
    near = [
        f"{_beside(view, row, other, word)} {other.model} ({view.score(other)})"
        for word, rows in (("after", higher), ("before", lower))
        for other in rows
    ]
    parts = [
        f"{rank_in_words(view, row)}, {view.score(row)}",
        ", ".join(near),
        _worse(view, at),
        _went_on(model, board),
    ]
    return f"{where}: {'; '.join(filter(None, parts))}"


def _went_on(model: str, board: Board) -> str:
    """Say so where it was trained for longer than the board tells, as others were not."""
    own, others = list[Result](), list[Result]()
    for result in board.ended:
        if result.rungs:
            (own if result.record.trial.model == model else others).append(result)
    last = max((flops for result in own for flops in ladder_of(result)), default=0.0)
    if last <= board.setting.rung or all(last in result.rungs for result in others):
        return ""
    return f"it was trained to {rung_name(last)}, but others on this board were not: give them the same budget"


def _beside(view: View, row: Row, other: Row, word: str) -> str:
    """Say how a row stands to its neighbour: tied by equal ranks or, without ranks, by scores that look equal."""
    if row.span is None or other.span is None or view.ranked_with(row) != view.ranked_with(other):
        return TIED if view.score(row) == view.score(other) else word
    if row.span == other.span:
        return TIED
    apart = row.span[1] < other.span[0] or other.span[1] < row.span[0]
    return word if apart else f"by the mean {word}"


def _worse(view: View, at: int) -> str:
    """Say so where leaving the images as they are scores better, by more than a tie."""
    bases = [row for row in view.rows[:at] if row.role == BASELINE]
    worse = any(_beside(view, view.rows[at], base, "after") != TIED for base in bases)
    return "the degraded images themselves score better" if worse else ""
