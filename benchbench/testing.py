"""The contract checks as pytest tests, for plugin authors; pytest is needed here and nowhere else in benchbench.

    # tests/test_contract.py
    from benchbench.testing import contract_tests

    test_contract = contract_tests("sharpen")

makes one test a law: `test_contract[model sharpen: keeps-the-shape]`. Run one with `pytest -k keeps-the-shape`.
"""

from __future__ import annotations

from collections.abc import Callable

import pytest

from .checks import SIZE, Case, Law, case_of, kind_of, selection
from .contracts.component import Component
from .registry import registry
from .running.plan import choose

__all__ = ["contract_tests"]


def contract_tests(*components: str | Component | type[Component], size: int = SIZE) -> Callable[[Case, Law], None]:
    """Make a test function with a parameter for each law of each component; name it `test…`.

    A component is a spec of what is installed (`"unet:width=16"`; of all kinds that have the name), a kind, an
    instance, or a class that has a default for every parameter. `size` is the side of the images in pixels. Raises
    SpecError.

    >>> from benchbench.testing import contract_tests
    >>> test_contract = contract_tests("psnr")
    >>> test_contract.pytestmark[0].args[1][0].id
    'metric psnr: is-described'
    """
    known, pairs = registry.registry(), []
    degradations = choose(known, "degradation", ["all"])
    for given in components:
        if isinstance(given, str):
            meant, _ = selection.choose(known, [given])
        else:
            meant = [given() if isinstance(given, type) else given]
        for component in meant:
            case = case_of(component, size, degradations=degradations)
            pairs += [pytest.param(case, law, id=f"{kind_of(component)} {component}: {law.name}") for law in case.laws]

    @pytest.mark.parametrize(("case", "law"), pairs)
    def test(case: Case, law: Law) -> None:
        finding = case.examine(law)
        if finding.status == "skipped":
            pytest.skip(finding.evidence)
        if finding.status == "broken":
            pytest.fail(str(finding), pytrace=False)

    return test
