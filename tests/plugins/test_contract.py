"""Every built-in component keeps the laws of its kind, and so do degradations with other parameters."""

from __future__ import annotations

import pytest
from variants import DEGRADATIONS

from benchbench.checks import SIZE
from benchbench.registry import registry
from benchbench.testing import contract_tests

QUICK = {
    "faces": "faces:n=60",
    "dncnn": "dncnn:depth=5",
    "nafnet": "nafnet:preset=20k",
    "drunet": "drunet:preset=36k",
    "hyperprior": "hyperprior:width=8,latent=12",
}  # whole ones at full size
SLOW = {"swirl-params"}  # its search takes as long as all that others do; it is tried at full size
PATHS = {
    "celeba",
    "celebamask-hq",
    "congress",
    "easyportrait",
    "ffhq",
    "folder",
    "hf",
    "lfw",
    "pretrained",
    "tar",
    "zip",
}  # theirs do
BUILT_IN = [
    QUICK.get(component.name, component)
    for component, plugin in registry.registry().origin.items()
    if isinstance(component, type)
    and plugin.distribution == "benchbench-portraits"
    and component.name not in PATHS | SLOW
]

test_contract = contract_tests(*BUILT_IN, size=16)
test_contract_of_variants = contract_tests(*DEGRADATIONS, "60%gaussian-blur~gaussian-noise~jpeg+30%pixelate")
test_contract_at_full_size = pytest.mark.slow(contract_tests("model", "metric", size=2 * SIZE))
