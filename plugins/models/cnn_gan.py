"""The greyscale GAN of an enhancement study: generator and discriminator are the same small CNN.

    1→64→64→1, 3×3 kernels, zero padding, ReLU between; 38,145 parameters each

The discriminator gives a logit for each pixel. Trained for 6 epochs with binary cross-entropy, as published; learning
rate and schedule are not. The adversarial loss alone does not tie the restored image to the degraded one, so a
mean squared error is added as in pix2pix (Isola et al. 2016, arXiv 1611.07004), with its weight of 100;
`reconstruction=0` is the bare loss. A change of luma is added to all channels of a colour image, which keeps its chroma
(Cb and Cr of BT.601).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from torch import Tensor, nn

from benchbench import AdversarialModel, Model, Recipe, Task, hookimpl, param

from ._blocks import plain_cnn

LUMA = (0.299, 0.587, 0.114)  # BT.601


@hookimpl
def benchbench_models() -> list[type[Model]]:
    return [CNNGAN]


@dataclass(frozen=True)
class CNNGAN(AdversarialModel):
    """GAN of two small CNNs that work on greyscale; the chroma of the input is kept."""

    name = "cnn-gan"
    recipe: ClassVar[Recipe | None] = Recipe(epochs=6, lr=1e-3)

    reconstruction: float = param(100.0, "weight of the mean squared error", low=0, kw_only=True)

    def build_generator(self, task: Task) -> nn.Module:
        return OnLuma(plain_cnn(1, 64, 64, 1))

    def build_discriminator(self, task: Task) -> nn.Module:
        return OfLuma(plain_cnn(1, 64, 64, 1))

    def unavailable(self, task: Task) -> str | None:
        return None if task.channels in (1, 3) else f"restores grey or RGB images, not {task.channels} channels"


def luma(images: Tensor) -> Tensor:
    """Grey or RGB images `(N, C, H, W)` as grey ones `(N, 1, H, W)`."""
    if images.shape[1] == 1:
        return images
    return (images * images.new_tensor(LUMA).view(-1, 1, 1)).sum(1, keepdim=True)


class OnLuma(nn.Module):
    """Replaces the luma of images by what a body makes of it, and keeps their chroma."""

    def __init__(self, body: nn.Module) -> None:
        super().__init__()
        self.body = body

    def forward(self, images: Tensor) -> Tensor:
        grey = luma(images)
        return images + (self.body(grey) - grey)


class OfLuma(nn.Module):
    """Runs a body on the luma of images."""

    def __init__(self, body: nn.Module) -> None:
        super().__init__()
        self.body = body

    def forward(self, images: Tensor) -> Tensor:
        return self.body(luma(images))
