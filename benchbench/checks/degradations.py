"""The laws of degradations."""

from __future__ import annotations

import torch
from torch import Tensor

from ..contracts.degradation import Degradation, Degraded
from ..contracts.seeding import SeededDraw
from . import component, fixtures
from .law import NotApplicable, law, laws_of, require, require_close, require_finite, require_tensor

EIGHT_BITS = 0.5 / 255


class DegradationCase(component.ImageCase):
    """A degradation, tried on pictures."""

    component: Degradation
    output = "the degraded images"
    sides = ((17, 23), (31, 16), (9, 9))

    def degraded(self, clean: Tensor, ids: list[str] | None = None) -> Degraded:
        """Degrade pictures by the draws of their ids; the degradation gets a copy, as from the harness."""
        draw = SeededDraw(0, "checks", ids or fixtures.names(len(clean)), self.device)
        return self.component.apply(clean.clone(), draw)

    def answer(self) -> tuple[Tensor, Tensor]:
        clean = self.clean()
        return clean, self.degraded(clean).images

    def works(self, n: int, height: int, width: int, channels: int = 3) -> None:
        clean = self.clean(n, height, width, channels)
        images = self.degraded(clean).images
        what = f"degraded images of shape {tuple(clean.shape)}"
        require_tensor(images, what, clean.shape)
        require_finite(images, what)


@law("`apply` returns Degraded(images, region, truth)", essential=True)
def gives_degraded_images(case: DegradationCase) -> None:
    """`apply` takes images and a draw, and returns Degraded."""
    found = case.degraded(case.clean())
    require(isinstance(found, Degraded), f"apply gave {type(found).__name__}")
    require_tensor(found.images, "the degraded images")


keeps_the_shape = law("pad before and crop after, so that each pixel keeps its place", essential=True)(
    component.keeps_the_shape
)
keeps_the_device = law("make tensors with `clean.new_tensor(…)` or `device=clean.device`", essential=True)(
    component.keeps_the_device
)
keeps_the_dtype = law("return float32; NumPy and Python numbers make float64 of it", essential=True)(
    component.keeps_the_dtype
)


@law("look for divisions by zero, logarithms and roots of what may be zero or negative", essential=True)
def gives_finite_values(case: DegradationCase) -> None:
    """No degraded value is NaN or infinite, not even of flat images."""
    clean = case.clean()
    require_finite(case.degraded(clean).images, "the degraded images")
    for level in (0.0, 1.0):
        found = case.degraded(torch.full_like(clean, level)).images
        require_finite(found, f"degraded {'white' if level else 'black'} images")


@law("images are in [0, 1]: no factor of 255 in or out; the harness clamps what overshoots a little", essential=True)
def keeps_the_range(case: DegradationCase) -> None:
    """Degraded images are in the units of the clean ones, [0, 1]."""
    _, found = case.answer()
    mean = float(found.mean())
    require(-0.01 <= mean <= 1.01, f"values are {mean:.3g} on average, up to {float(found.max()):.3g}")


@law("give a bool mask (N, 1, H, W), or None for everywhere", essential=True)
def region_is_a_mask(case: DegradationCase) -> None:
    """The region, if there is one, is a mask of one channel per image."""
    clean = case.clean()
    region = case.degraded(clean).region
    if region is None:
        raise NotApplicable("it acts everywhere")
    require_tensor(region, "the regions", (len(clean), 1, *clean.shape[2:]))
    require(region.dtype == torch.bool, f"the regions are {region.dtype}, not torch.bool")


@law("give tensors whose first axis is the image", essential=True)
def truth_has_a_row_an_image(case: DegradationCase) -> None:
    """Each parameter in the truth is a tensor with a row for each image."""
    for name, value in case.degraded(case.clean()).truth.items():
        require_tensor(value, f"truth['{name}']")
        require(value.shape[:1] == (4,), f"truth['{name}'] has shape {tuple(value.shape)} for 4 images")


@law("take all randomness from `draw`; keep no state between calls", essential=True)
def follows_the_seed(case: DegradationCase) -> None:
    """Equal draws give equal images to the bit, and the global generators are neither used nor advanced."""
    clean = case.clean()
    with fixtures.global_seed(1):
        before = torch.get_rng_state()
        first = case.degraded(clean).images
        moved = not torch.equal(before, torch.get_rng_state())
    with fixtures.global_seed(2):
        second = case.degraded(clean).images
    require_close(second, first, "images degraded twice by equal draws")
    require(not moved, "torch's global generator was moved")


@law("check the mask's sense: true is where it acts")
def region_is_where_it_acts(case: DegradationCase) -> None:
    """Pixels inside the region change more than those outside."""
    clean = case.clean()
    found = case.degraded(clean)
    if found.region is None or not found.region.any() or found.region.all():
        raise NotApplicable("it has no inside and outside")
    change = (found.images - clean).abs().mean(1, keepdim=True)
    inside, outside = (float(change[mask].mean()) for mask in (found.region, ~found.region))
    require(inside > outside or inside == outside == 0, f"mean change {inside:.4g} inside, {outside:.4g} outside")


@law("put into the truth what was drawn, and nothing of the picture: models that see the truth would see the answer")
def truth_tells_nothing_of_the_picture(case: DegradationCase) -> None:
    """Other pictures with the same draws have the same truth."""
    clean = case.clean()
    one, other = case.degraded(clean).truth, case.degraded(1 - clean.flip(0)).truth
    for name, value in one.items():
        require_close(other[name], value, f"truth['{name}'] of two different pictures")


def _all_of(found: Degraded) -> dict[str, Tensor]:
    region = {} if found.region is None else {"region": found.region}
    return {"images": found.images, **region, **{f"truth['{name}']": t for name, t in found.truth.items()}}


@law("compute for each image alone, and draw by `draw`, which has a stream for each image")
def treats_each_image_alone(case: DegradationCase) -> None:
    """Neither batch size nor order changes an image, its region or its truth, to the bit."""
    clean, ids = case.clean(12), fixtures.names(12)
    whole = _all_of(case.degraded(clean, ids))
    backwards = _all_of(case.degraded(clean.flip(0), ids[::-1]))
    parts = [_all_of(case.degraded(clean[i : i + 5], ids[i : i + 5])) for i in (0, 5, 10)]
    for name, value in whole.items():
        require_close(torch.cat([part[name] for part in parts]), value, f"{name} in batches of 5 and of 12")
        require_close(backwards[name].flip(0), value, f"{name} in turned order")


@law("say `degrades = False` only where every image stays as it is")
def says_whether_it_degrades(case: DegradationCase) -> None:
    """What says that it degrades nothing gives every image back."""
    if case.component.degrades:
        raise NotApplicable("it degrades images")
    clean, found = case.answer()
    require_close(found, clean, "images that are not degraded")


@law("use reshape instead of view")
def ignores_the_memory_format(case: DegradationCase) -> None:
    """Images laid out channels first or last are degraded alike, to 8 bits."""
    clean = case.clean()
    usual = case.degraded(clean).images
    last = case.degraded(clean.contiguous(memory_format=torch.channels_last)).images
    require_close(last, usual, "images in channels_last and in plain layout", EIGHT_BITS)


takes_a_single_image = law("keep the batch axis: no `squeeze()` without an axis")(component.takes_a_single_image)
takes_any_size = law("pad where blocks or strides do not fit, and crop again")(component.takes_any_size)
takes_greyscale = law("take the number of channels from `clean.shape`")(component.takes_greyscale)


@law("override `invert` only where an ideal inverse exists; it knows the truth and changes nothing in place")
def inverse_inverts(case: DegradationCase) -> None:
    """`invert` keeps the shape and its input, and comes closer to the clean images than the degraded ones are."""
    if not case.component.has_oracle:
        raise NotApplicable("it has no ideal inverse")
    line = torch.linspace(-3, 3, 96, device=case.device)  # smooth, so that interpolation loses little
    clean = (0.5 + 0.2 * line.sin() + 0.2 * line.cos()[:, None]).expand(2, 3, -1, -1).contiguous()
    found = case.degraded(clean)
    before = found.images.clone()
    restored = case.component.invert(found.images, found.truth)
    require_tensor(restored, "the inverted images", clean.shape)
    require_close(found.images, before, "the images given to `invert`, before and after,")
    middle = (..., slice(32, 64), slice(32, 64))
    left, right = (float((t - clean)[middle].square().mean()) for t in (restored, before))
    require(left <= max(1e-5, 0.5 * right), f"mean squared error {right:.3g} before the inversion, {left:.3g} after")


LAWS = (*component.LAWS, *laws_of(globals()))
