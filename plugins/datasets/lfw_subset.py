"""The 100 faces of scikit-image's sample of Labeled Faces in the Wild: real data that needs no download.

Source: `skimage.data.lfw_subset()`, which ships in scikit-image's wheels: 200 grey patches of 25×25 pixels, of which
the first 100 are faces. As of other data sets, images smaller than the size asked for are enlarged only if that is
wished. Huang et al., "Learning to Align from Scratch", NIPS 2012; http://vis-www.cs.umass.edu/lfw/.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from PIL import Image

from benchbench import DataError, Dataset, Images, hookimpl, param

from ._collecting import UPSCALE

FACES, SIDE = 100, 25


@hookimpl
def benchbench_datasets() -> list[type[Dataset]]:
    return [LfwSubset]


@dataclass(frozen=True)
class LfwSubset(Dataset):
    """100 grey faces of 25×25 pixels that come with scikit-image: no download; for trying things out."""

    name = "lfw-subset"
    upscale: bool = param(False, UPSCALE)

    def load(self, size: int) -> Images:
        """Load the faces, scaled bicubically to `size` px, with the grey level in all three channels.

        Raises DataError for more than 25 px, unless `upscale`.
        """
        from skimage.data import lfw_subset

        if size > SIDE and not self.upscale:
            raise DataError(
                f"lfw-subset has {SIDE}x{SIDE} pixels, which lack the detail of {size}: ask for --size {SIDE} or less, "
                "or enlarge them by lfw-subset:upscale=true"
            )
        patches = np.round(lfw_subset()[:FACES] * 255).astype(np.uint8)  # (N, 25, 25)
        resized = [Image.fromarray(p).resize((size, size), Image.Resampling.BICUBIC) for p in patches]
        grey = torch.from_numpy(np.stack([np.asarray(image) for image in resized]))  # (N, size, size)
        return Images([f"face-{i:03d}" for i in range(FACES)], grey[:, None].repeat(1, 3, 1, 1))
