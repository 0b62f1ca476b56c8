"""What is known of published weights, by spandrel's name of the architecture: source, licence, training images.

As the papers and repositories say it, not as anybody here has checked. A file of the same architecture may be
somebody else's, trained on anything.
"""

from __future__ import annotations

from typing import NamedTuple


class Published(NamedTuple):
    """Weights as the authors of an architecture published them."""

    paper: str
    code: str
    """Repository on GitHub, which publishes the weights."""
    licence: str
    """Of the repository."""
    images: str
    """What the weights were trained on."""

    def __str__(self) -> str:
        return f"{self.paper}, github.com/{self.code}, {self.licence}, trained on {self.images}"


DF2K = "DIV2K and Flickr2K"
DFWB = "DIV2K, Flickr2K, WED and BSD"
FFHQ = "FFHQ, faces of 512 px"
APACHE, NONCOMMERCIAL = "Apache-2.0", "for non-commercial use only"

PUBLISHED = {
    "CodeFormer": Published(
        "Zhou et al. 2022, arXiv 2206.11253", "sczhou/CodeFormer", f"S-Lab License 1.0, {NONCOMMERCIAL}", FFHQ
    ),
    "Compact": Published(
        "Wang et al. 2021, arXiv 2107.10833", "xinntao/Real-ESRGAN", "BSD-3-Clause", f"{DF2K}, OutdoorSceneTraining"
    ),
    "DAT": Published("Chen et al. 2023, arXiv 2308.03364", "zhengchen1999/DAT", APACHE, DF2K),
    "DRUNet": Published("Zhang et al. 2021, arXiv 2008.13751", "cszn/DPIR", "MIT", f"{DFWB}; told of noise of 15/255"),
    "DnCNN": Published("Zhang et al. 2017, arXiv 1608.03981", "cszn/KAIR", "MIT", "BSD"),
    "ESRGAN": Published(
        "Real-ESRGAN, Wang et al. 2021, arXiv 2107.10833", "xinntao/Real-ESRGAN", "BSD-3-Clause",
        f"{DF2K}, OutdoorSceneTraining",
    ),
    "FBCNN": Published("Jiang et al. 2021, arXiv 2109.14573", "jiaxi-jiang/FBCNN", APACHE, DF2K),
    "GFPGAN": Published("Wang et al. 2021, arXiv 2101.04061", "TencentARC/GFPGAN", APACHE, FFHQ),
    "HAT": Published("Chen et al. 2023, arXiv 2205.04437", "XPixelGroup/HAT", APACHE, f"ImageNet, {DF2K}"),
    "NAFNet": Published(
        "Chen et al. 2022, arXiv 2204.04676", "megvii-research/NAFNet", "MIT", "SIDD, GoPro or REDS, by the file"
    ),
    "RestoreFormer": Published("Wang et al. 2022, arXiv 2201.06374", "wzhouxiff/RestoreFormer", APACHE, FFHQ),
    "Restormer": Published(
        "Zamir et al. 2022, arXiv 2111.09881", "swz30/Restormer", f"Academic Public License, {NONCOMMERCIAL}",
        f"SIDD, GoPro, DPDD, Rain13K or {DFWB}, by the file",
    ),
    "SCUNet": Published("Zhang et al. 2022, arXiv 2203.13278", "cszn/SCUNet", APACHE, f"{DF2K}, WED and others"),
    "Swin2SR": Published("Conde et al. 2022, arXiv 2209.11345", "mv-lab/swin2sr", APACHE, DF2K),
    "SwinIR": Published(
        "Liang et al. 2021, arXiv 2108.10257", "JingyunLiang/SwinIR", APACHE, f"{DF2K}; {DFWB}; or more, by the file"
    ),
}  # fmt: skip


def origin_of(architecture: str) -> str:
    """Say whose weights of an architecture these may be, in a sentence for boards."""
    if known := PUBLISHED.get(architecture):
        return f"{architecture}; if these are its published weights: {known}. Nobody here can tell"
    return f"{architecture}; who trained it, on what, and under which licence it may be used, is not known here"
