"""The laws of models."""

from __future__ import annotations

import copy
from dataclasses import replace
from itertools import product

import torch
from torch import nn

from ..contracts.model import SIDE_INFORMATION, Codec
from ..evaluation.restore import restore
from . import component, fixtures, learning
from .law import NotApplicable, law, laws_of, require, require_close, require_finite, require_line, require_tensor
from .model_case import SIZES, ModelCase

CLOSE = 0.5 / 255  # half a step of 8 bits: sums in another order change far less, a search among candidates a little


@law("return None where the model works, else one line that says what it needs", essential=True, always=True)
def says_why_not(case: ModelCase) -> None:
    """`unavailable` gives None or one line for every size and degradation, and raises nothing."""
    for size, degradation, channels in product((case.size, *SIZES, 256), case.degradations, (1, 3)):
        require_line(case.component.unavailable(replace(case.task(size, channels), degradation=degradation)))


@law("`sees` may name region, face and truth; the clean image is what a model is measured by", essential=True)
def asks_for_what_it_may_see(case: ModelCase) -> None:
    """A model asks for no more side information than there is."""
    require(isinstance(case.component.sees, tuple), f"sees is {case.component.sees!r}, not a tuple of names")
    forbidden = set(case.component.sees) - set(SIDE_INFORMATION)
    require(not forbidden, f"sees names {', '.join(sorted(forbidden))}")


@law("`build` returns a torch.nn.Module with forward(degraded), and a keyword for each name in `sees`", essential=True)
def builds_a_restorer(case: ModelCase) -> None:
    """`build` returns a module that takes degraded images and returns tensors."""
    with fixtures.global_seed(0):
        module = case.component.build(case.task())
    require(isinstance(module, nn.Module), f"build gave {type(module).__name__}, not a torch.nn.Module")
    require_tensor(case.answer()[1], "the restored images")


keeps_the_shape = law("pad inside `forward` where strides demand it, and crop again", essential=True)(
    component.keeps_the_shape
)
keeps_the_device = law("make constants with `degraded.new_tensor(…)`, or register them as buffers", essential=True)(
    component.keeps_the_device
)


@law("return values in [0, 1], as float32 or in any other precision, and no bytes", essential=True)
def gives_floating_point(case: ModelCase) -> None:
    """Restored images are of a floating-point type."""
    _, found = case.answer()
    require(found.is_floating_point(), f"{case.output} are {found.dtype}")


@law("look for divisions by zero, logarithms and roots of what may be zero or negative", essential=True)
def gives_finite_values(case: ModelCase) -> None:
    """No restored value is NaN or infinite, on flat images neither."""
    module, batch = case.module(perturb=False), case.batch()
    require_finite(case.restored(module, batch), "the restored images")
    for level in (0.0, 1.0):
        flat = replace(batch, degraded=torch.full_like(batch.degraded, level))
        require_finite(case.restored(module, flat), f"images restored from {'white' if level else 'black'}")


@law("images are in [0, 1]: no factor of 255 in or out")
def keeps_the_range(case: ModelCase) -> None:
    """Restored images are in the units of the degraded ones, [0, 1], also before any training."""
    found = case.restored(case.module(perturb=False), case.batch()).float()
    mean = float(found.mean())
    low, high = float(found.min()), float(found.max())
    require(-2 <= mean <= 3, f"values are {mean:.3g} on average, from {low:.3g} to {high:.3g}")


@law("work on a copy: no in-place operation on `degraded`, nor an in-place layer that comes first", essential=True)
def leaves_its_input_alone(case: ModelCase) -> None:
    """`forward` changes neither the degraded images nor the side information."""
    module, batch = case.module(), case.batch()
    ends = torch.tensor([0.0, 1.0], device=batch.degraded.device).view(2, 1, 1, 1).expand_as(batch.degraded[:2])
    batch = replace(batch, degraded=torch.cat([ends, batch.degraded[2:]]))  # black and white, which a clamp changes
    before = copy.deepcopy(batch)
    case.restored(module, batch)
    require_close(batch.degraded, before.degraded, "the degraded images")
    for name, value in before.truth.items():
        require_close(batch.truth[name], value, f"truth['{name}']")


@law(
    "draw initial weights from torch's global generator, which is seeded before `build`; let evaluation draw nothing",
    essential=True,
)
def follows_the_seed(case: ModelCase) -> None:
    """One seed gives one module, and a module gives one answer, to the bit."""
    module, batch = case.module(), case.batch()
    with fixtures.global_seed(1):
        first = case.restored(module, batch)
    with fixtures.global_seed(2):
        second = case.restored(module, batch)
    require_close(second, first, "the same images, restored twice by one module,")
    require_close(case.restored(case.module(), batch), first, "images restored by two modules of one seed")


@law("mix no images of a batch: normalise over channels and pixels only, or by running statistics")
def treats_each_image_alone(case: ModelCase) -> None:
    """Neither batch size nor order changes an image."""
    module = case.module()
    whole = case.restored(module, case.batch())
    backwards = case.restored(module, case.batch([3, 2, 1, 0])).flip(0)
    halves = torch.cat([case.restored(module, case.batch(half)) for half in ([0, 1], [2, 3])])
    require_close(halves, whole, "images restored in batches of 2 and of 4", CLOSE)
    require_close(backwards, whole, "images restored in turned order", CLOSE)


@law("use only what `forward` is given, and never look for the clean image")
def is_blind_to_the_clean_image(case: ModelCase) -> None:
    """Other clean images, or none, give the same restored ones."""
    module = case.module()
    honest = fixtures.degraded_set(case.degradation, 4, case.size)
    swapped = replace(honest, clean=255 - honest.clean.flip(0))
    ours, theirs = (restore(case.component, module, s, case.task(), case.device).images for s in (honest, swapped))
    require_close(theirs, ours, "restored images, when the clean ones were swapped,")
    batch = case.batch()
    poisoned = replace(batch, clean=torch.full_like(batch.clean, torch.nan))
    seen, unseen = case.restored(module, batch), case.restored(module, poisoned)
    require_close(unseen, seen, "restored images, when the clean ones were made NaN,")


@law("keep all that restoring needs in parameters and buffers (`register_buffer`): only they are stored")
def is_all_in_its_weights(case: ModelCase) -> None:
    """A module built from another seed restores alike, once it has the weights of a trained and fitted one."""
    module, batch = case.module(), case.batch()
    if case.component.recipe is not None:
        learning.take_a_step(case, module, batch)
    found, wanted = case.restored(case.stored(module), batch), case.restored(module, batch)
    require_close(found, wanted, "images restored from stored weights", CLOSE)


@law("use reshape instead of view; images come in `channels_last` on every device")
def ignores_the_memory_format(case: ModelCase) -> None:
    """Images laid out channels first or last are restored alike."""
    module, batch = case.module(), case.batch()
    usual = replace(batch, degraded=batch.degraded.contiguous(memory_format=torch.contiguous_format))
    last = case.restored(module.to(memory_format=torch.channels_last), batch)
    first = case.restored(case.module(), usual)
    require_close(last, first, "images in channels_last and in plain layout", CLOSE)


takes_a_single_image = law("keep the batch axis: no `squeeze()` without an axis")(component.takes_a_single_image)
takes_any_size = law(
    "pad to a multiple of the stride inside `forward` and crop again, or say in `unavailable` which sizes it needs"
)(component.takes_any_size)
takes_greyscale = law("build for `task.channels` channels instead of 3, or say in `unavailable` that it needs colour")(
    component.takes_greyscale
)


@law("give a codec `rates`, or `restores = False` if it stores images as they are, and no other model")
def says_whether_it_compresses(case: ModelCase) -> None:
    """A model says that it is a codec if what it builds is one: then it is scored where nothing is degraded."""
    builds, says = isinstance(case.module(), Codec), case.component.compresses
    require(builds == says, f"it builds {'a' if builds else 'no'} Codec, and says {'so' if says else 'nothing of it'}")


@law("`compress` gives bytes for each image, and `decompress` needs nothing but those")
def decodes_what_it_stores(case: ModelCase) -> None:
    """A codec's images come back whole from their bytes, decoded together or apart, and wherever the weights are."""
    module, batch = case.module(), case.batch()
    if not isinstance(module, Codec):
        raise NotApplicable("it is no codec")
    with torch.no_grad():
        files = module.compress(batch.degraded)
        require(len(files) == len(batch.clean), f"{len(files)} files for {len(batch.clean)} images")
        require(all(isinstance(f, bytes) for f in files), f"a file is {type(files[0]).__name__}, not bytes")
        together = module.decompress(files)
        require_tensor(together, "the decoded images", batch.clean.shape)
        apart = torch.cat([module.decompress([file]) for file in files])
        elsewhere = case.stored(module)
        require_close(elsewhere.decompress(files), together, "images decoded by a module with the same weights", CLOSE)  # type: ignore[operator]
    require_close(apart, together, "images decoded apart and together", CLOSE)


LAWS = (*component.LAWS, *laws_of(globals()), *learning.LAWS)
