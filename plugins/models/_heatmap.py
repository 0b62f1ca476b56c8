"""Where in an image something lies, learned as a heatmap: a probability for each cell of 4 × 4 pixels."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from ._polar import normalised

STRIDE = 4  # px from one cell to the next
WIDTH = 32  # channels
DILATIONS = (1, 2, 4, 8, 1)
SPREAD = 0.6  # cells: standard deviation of the target about the true place
NEAR = 2  # cells around the likeliest one whose mean is the answer


class Heatmap(nn.Module):
    """Finds one place `(N, 2: column, row)`, in pixels, in each of the images `(N, C, H, W)`."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.first = nn.Conv2d(channels, WIDTH // 2, 5, stride=2, padding=2)
        self.second = nn.Conv2d(WIDTH // 2, WIDTH, 3, stride=2, padding=1)
        self.body = nn.ModuleList(nn.Conv2d(WIDTH, WIDTH, 3, padding=d, dilation=d) for d in DILATIONS)
        self.last = nn.Conv2d(WIDTH, 1, 1)

    def forward(self, images: Tensor) -> Tensor:
        """Log-probabilities of the cells: `(N, rows · columns)`."""
        x = self.second(self.first(normalised(images)).relu()).relu()
        for layer in self.body:
            x = x + layer(x).relu()
        return self.last(x).float().flatten(1).log_softmax(1)

    def loss(self, images: Tensor, truth: Tensor) -> Tensor:
        """Kullback–Leibler divergence of the heatmap from a Gaussian bell about the true places."""
        cells = _cells(images)
        target = (-_cells_apart(cells, truth).square().sum(2) / (2 * SPREAD**2)).log_softmax(1)
        return F.kl_div(self(images), target, log_target=True, reduction="batchmean")

    def place(self, images: Tensor) -> Tensor:
        """The mean place near the likeliest cell."""
        found, cells = self(images), _cells(images)
        apart = _cells_apart(cells, cells[found.argmax(1)]).abs().amax(2)
        weights = found.masked_fill(apart > NEAR, -torch.inf).softmax(1)
        return weights @ cells


def _cells(images: Tensor) -> Tensor:
    """Places of the cells in pixels, in the heatmap's order: `(cells, 2)`."""
    height, width = images.shape[-2:]
    rows, columns = (torch.arange(0, side, STRIDE, device=images.device).float() for side in (height, width))
    return torch.cartesian_prod(rows, columns).flip(1)


def _cells_apart(cells: Tensor, places: Tensor) -> Tensor:
    """How many cells lie between each cell and each of the places `(N, 2)`: `(N, cells, 2)`."""
    return (cells - places[:, None]) / STRIDE
