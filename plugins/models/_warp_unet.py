"""The parts of a U-Net whose output is a displacement field."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from ._blocks import Residual, conv, zeroed


class Deformable(nn.Module):
    """A 3×3 convolution that learns where to sample (Dai et al. 2017, arXiv 1703.06211); at first, on the grid."""

    def __init__(self, width: int) -> None:
        super().__init__()
        from torchvision.ops import DeformConv2d

        self.offsets = zeroed(conv(width, 2 * 3 * 3))
        self.sampled = DeformConv2d(width, width, 3, padding=1)

    def forward(self, x: Tensor) -> Tensor:
        offsets = self.offsets(x)
        with torch.autocast(x.device.type, enabled=False):  # positions need float32, and the operator knows no other
            return self.sampled(x.float(), offsets.float())


class SelfAttention(nn.Module):
    """Each place looks at all others: multi-head attention over the pixels (Vaswani et al. 2017, arXiv 1706.03762)."""

    def __init__(self, width: int, heads: int = 4) -> None:
        super().__init__()
        self.heads = heads
        self.norm = nn.GroupNorm(1, width)
        self.project = conv(width, 3 * width, kernel=1)
        self.merge = zeroed(conv(width, width, kernel=1))

    def forward(self, x: Tensor) -> Tensor:
        n, c, h, w = x.shape
        parts = self.project(self.norm(x)).reshape(n, 3, self.heads, c // self.heads, h * w)
        query, key, value = (part.transpose(2, 3) for part in parts.unbind(1))  # (N, heads, H·W, C/heads)
        seen = F.scaled_dot_product_attention(query, key, value)
        return self.merge(seen.transpose(2, 3).reshape(n, c, h, w))


def block(width: int) -> Residual:
    return Residual(conv(width, width), nn.ReLU(), conv(width, width))


def deformable_block(width: int) -> Residual:
    return Residual(Deformable(width), nn.ReLU(), conv(width, width))


class FieldUNet(nn.Module):
    """Images with guides `(N, C, H, W)`, sides divisible by 8, to a displacement field `(N, 2, H, W)`, zero at first.

    Deformable convolutions only at an eighth of the side: a processor takes longer for them than for all the rest.
    """

    def __init__(self, inputs: int, width: int) -> None:
        super().__init__()
        middle, wide = 2 * width, 4 * width
        self.stem = nn.Sequential(nn.PixelUnshuffle(2), conv(4 * inputs, width), block(width))
        self.down1 = nn.Sequential(nn.Conv2d(width, middle, 2, 2), block(middle))
        self.down2 = nn.Sequential(nn.Conv2d(middle, wide, 2, 2), deformable_block(wide))
        self.bottom = nn.Sequential(Residual(SelfAttention(wide)), deformable_block(wide))
        self.up2 = nn.Sequential(nn.Conv2d(wide, 4 * middle, 1), nn.PixelShuffle(2))
        self.join2 = nn.Sequential(conv(2 * middle, middle), nn.ReLU(), block(middle))
        self.up1 = nn.Sequential(nn.Conv2d(middle, 4 * width, 1), nn.PixelShuffle(2))
        self.join1 = nn.Sequential(conv(2 * width, width), nn.ReLU(), block(width))
        self.head = nn.Sequential(zeroed(conv(width, 8)), nn.PixelShuffle(2))

    def forward(self, x: Tensor) -> Tensor:
        top = self.stem(x)
        middle = self.down1(top)
        below = self.up2(self.bottom(self.down2(middle)))
        middle = self.join2(torch.cat([middle, below], 1))
        return self.head(self.join1(torch.cat([top, self.up1(middle)], 1)))
