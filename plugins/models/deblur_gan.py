"""The GAN of a deblurring study, whose transposed convolutions leave a checkerboard, and the two known cures.

    image ─ 3×3 ─ down ─ down ─ residual blocks ─ up ─ up ─ 3×3 ─ + image

A 3×3 transposed convolution with stride 2 writes to every second row and column more often than to those between:
`deconv` shows that pattern (Odena et al. 2016, "Deconvolution and checkerboard artifacts", doi 10.23915/distill.00003).
`resize` doubles each pixel and convolves, `subpixel` convolves to four times the channels and rearranges them (Shi et
al. 2016, arXiv 1609.05158), started so that the four pixels of a cell are alike (Aitken et al. 2017, arXiv 1707.02937).

The study does not publish its layers. The shape, a residual generator on all of the image with a patch discriminator,
follows DeblurGAN (Kupyn et al. 2017, arXiv 1711.07064); the loss is binary cross-entropy and 100 · L1, as in pix2pix
(Isola et al. 2016, arXiv 1611.07004).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Literal

from torch import Tensor, nn

from benchbench import AdversarialModel, Batch, Model, Recipe, Task, hookimpl, param

from ._blocks import Padded, Residual, conv
from ._discriminator import patch_discriminator

Upsampling = Literal["deconv", "resize", "subpixel"]


@hookimpl
def benchbench_models() -> list[type[Model]]:
    return [DeblurGAN]


@dataclass(frozen=True)
class DeblurGAN(AdversarialModel):
    """Residual GAN; its transposed convolutions leave a checkerboard, resize and subpixel do not."""

    name = "deblur-gan"
    recipe: ClassVar[Recipe | None] = Recipe(epochs=50, batch=16, lr=4e-4, schedule="cosine")

    upsample: Upsampling = param("deconv", "how the decoder doubles the resolution")
    width: int = param(32, "channels at full resolution; they double at each level down", low=4, high=256)
    blocks: int = param(4, "residual blocks at the lowest resolution", low=0, high=32)
    reconstruction: float = param(100.0, "weight of the L1 loss beside the adversarial one", low=0, kw_only=True)

    def build_generator(self, task: Task) -> nn.Module:
        narrow, middle, wide = self.width, 2 * self.width, 4 * self.width
        encoder = [conv(task.channels, narrow), *down(narrow, middle), *down(middle, wide)]
        bottom = [Residual(conv(wide, wide), leaky(), conv(wide, wide)) for _ in range(self.blocks)]
        decoder = [*up(self.upsample, wide, middle), *up(self.upsample, middle, narrow)]
        return Padded(4, Residual(*encoder, leaky(), *bottom, *decoder, conv(narrow, task.channels)))

    def build_discriminator(self, task: Task) -> nn.Module:
        return patch_discriminator(task.channels, 32, 64, 128)

    def loss(self, restored: Tensor, batch: Batch) -> Tensor:
        return (restored.float() - batch.clean).abs().mean()


def leaky() -> nn.Module:
    """Unlike a ReLU it cannot die of the large steps that an adversary provokes."""
    return nn.LeakyReLU(0.2)


def down(inputs: int, outputs: int) -> list[nn.Module]:
    return [leaky(), conv(inputs, outputs, stride=2)]


def up(kind: Upsampling, inputs: int, outputs: int) -> list[nn.Module]:
    """Layers from `(N, inputs, H, W)` to `(N, outputs, 2H, 2W)`, and an activation."""
    if kind == "deconv":
        return [nn.ConvTranspose2d(inputs, outputs, 3, 2, padding=1, output_padding=1), leaky()]
    if kind == "resize":
        return [nn.Upsample(scale_factor=2), conv(inputs, outputs), leaky()]
    return [alike(conv(inputs, 4 * outputs)), nn.PixelShuffle(2), leaky()]


def alike(layer: nn.Conv2d) -> nn.Conv2d:
    """The layer with equal weights for the four channels that pixel-shuffle makes one cell of."""
    for parameter in (layer.weight, layer.bias):
        if parameter is not None:
            parameter.data = parameter.data[::4].repeat_interleave(4, dim=0)
    return layer
