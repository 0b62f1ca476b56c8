from __future__ import annotations

from benchbench import Task
from benchbench_plugins.models.basic_cnn import BasicCNN


def test_has_the_parameters_and_epochs_of_the_study() -> None:
    module = BasicCNN().build(Task(64, None))  # type: ignore[arg-type]
    assert sum(p.numel() for p in module.parameters()) == 40_451
    assert BasicCNN.recipe is not None
    assert BasicCNN.recipe.epochs == 30


def test_in_grey_it_is_the_studys_generator() -> None:
    module = BasicCNN().build(Task(64, None, channels=1))  # type: ignore[arg-type]
    assert sum(p.numel() for p in module.parameters()) == 38_145
