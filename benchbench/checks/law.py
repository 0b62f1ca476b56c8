"""What a law is, and how a component is held against it."""

from __future__ import annotations

import traceback
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import torch
from torch import Tensor

from .. import protocol
from ..contracts.component import Component
from ..contracts.degradation import Degradation
from ..errors import one_line

Status = Literal["kept", "broken", "skipped"]
SIZE = protocol.LAW_SIZE


class Broken(Exception):
    """The component breaks the law; the text is the evidence."""


class NotApplicable(Exception):
    """The law says nothing about this component; the text says why."""


@dataclass(frozen=True)
class Law:
    """A promise that every component of a kind keeps."""

    name: str
    statement: str
    way_out: str
    test: Callable[[Any], None]
    """Raise Broken with evidence; whatever else the component raises is evidence too."""
    essential: bool = False
    """Where it is broken, the laws after it mean nothing."""
    always: bool = False
    """Whether it holds also where the component is not available."""


def law(way_out: str, *, essential: bool = False, always: bool = False) -> Callable[[Callable[[Any], None]], Law]:
    """Make a law of a function: its name is the law's, its docstring the statement."""

    def made(test: Callable[[Any], None]) -> Law:
        statement = " ".join((test.__doc__ or "").split())
        return Law(test.__name__.replace("_", "-"), statement, way_out, test, essential, always)

    return made


def laws_of(names: Mapping[str, object]) -> tuple[Law, ...]:
    """List the laws that a module defines, in its order."""
    return tuple(value for value in names.values() if isinstance(value, Law))


@dataclass(frozen=True)
class Finding:
    """What came of one law."""

    law: str
    statement: str
    status: Status
    evidence: str = ""
    """Numbers if broken, the reason if skipped."""
    way_out: str = ""

    def __str__(self) -> str:
        lines = [f"{self.law}: {self.statement}"]
        label = "evidence" if self.status == "broken" else "reason"
        lines += [f"  {label}: {self.evidence}"] if self.evidence else []
        return "\n".join(lines + ([f"  way out:  {self.way_out}"] if self.way_out else []))


@dataclass
class Case:
    """A component under examination: what it is tried on, and what was found so far."""

    component: Any
    laws: tuple[Law, ...]
    size: int = SIZE
    device: torch.device = field(default_factory=lambda: torch.device("cpu"))
    degradations: Sequence[Degradation] = ()
    """A model is tried on the first of them for which it is available."""
    findings: dict[str, Finding] = field(default_factory=dict)

    def unavailable(self) -> str | None:
        """Why the component cannot be tried here, or None."""
        return None

    def examine(self, law: Law) -> Finding:
        """Hold the component against one law, and before it against the essential ones on which it stands."""
        if law.name not in self.findings:
            self.findings[law.name] = self._examined(law)
        return self.findings[law.name]

    def _examined(self, law: Law) -> Finding:
        for earlier in self.laws[: self.laws.index(law)]:
            if earlier.essential and self.examine(earlier).status == "broken":
                return Finding(law.name, law.statement, "skipped", f"{earlier.name} is broken")
        try:
            if not law.always and (reason := self.unavailable()):
                raise NotApplicable(reason)
            law.test(self)
        except NotApplicable as reason:
            return Finding(law.name, law.statement, "skipped", str(reason))
        except KeyboardInterrupt:
            raise
        except BaseException as error:  # a plugin may raise anything
            told = str(error) if isinstance(error, Broken) else one_line(error) + _place(error, self.component)
            evidence = ", ".join([told, *getattr(error, "__notes__", ())])
            return Finding(law.name, law.statement, "broken", evidence, law.way_out)
        return Finding(law.name, law.statement, "kept")


def _place(error: BaseException, component: Component) -> str:
    """Name the last line of the component's own package that the error passed."""
    package = type(component).__module__.partition(".")[0]
    for frame, line in reversed(list(traceback.walk_tb(error.__traceback__))):
        if str(frame.f_globals.get("__name__", "")).partition(".")[0] == package:
            return f" ({Path(frame.f_code.co_filename).name}, line {line})"
    return ""


def require(condition: bool, evidence: str) -> None:
    """Raise Broken unless the condition holds."""
    if not condition:
        raise Broken(evidence)


def require_tensor(found: Any, what: str, shape: Sequence[int] | None = None) -> None:
    """Raise Broken unless `found` is a tensor, of that shape if one is given."""
    require(isinstance(found, Tensor), f"{what} are {type(found).__name__}, not a tensor")
    if shape is not None:
        require(found.shape == tuple(shape), f"{what} have shape {tuple(found.shape)}, not {tuple(shape)}")


def require_finite(found: Tensor, what: str) -> None:
    """Raise Broken if a value is NaN or infinite."""
    bad = int((~torch.isfinite(found)).sum())
    require(bad == 0, f"{bad} of {found.numel()} values of {what} are NaN or infinite")


def require_close(found: Tensor, expected: Tensor, what: str, tolerance: float = 0.0) -> None:
    """Raise Broken if two tensors differ by more than the tolerance, relative to values above 1."""
    require_tensor(found, what, expected.shape)
    one, other = found.detach().cpu().double(), expected.detach().cpu().double()
    same = (one == other) | (one.isnan() & other.isnan())
    difference = torch.where(same, 0.0, (one - other).abs().nan_to_num(nan=torch.inf))
    allowed = tolerance * other.abs().nan_to_num(posinf=1, neginf=1).clamp(min=1)
    if bool((difference > allowed).any()):
        worst, count = float(difference.max()), int((difference > allowed).sum())
        raise Broken(f"{what} differ in {count} of {found.numel()} values, by up to {worst:.3g}")


def require_line(reason: object) -> None:
    """Raise Broken unless a reason is None or one line of text."""
    ok = reason is None or (isinstance(reason, str) and bool(reason.strip()) and "\n" not in reason)
    require(ok, f"the reason is {reason!r}, which is neither None nor one line of text")
