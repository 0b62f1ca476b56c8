from __future__ import annotations

from benchbench import Task
from benchbench_plugins.models.big_cnn import BigCNN


def test_has_the_parameters_and_epochs_of_the_study() -> None:
    module = BigCNN().build(Task(64, None))  # type: ignore[arg-type]
    assert sum(p.numel() for p in module.parameters()) == 263_619
    assert BigCNN.recipe is not None
    assert BigCNN.recipe.epochs == 20
