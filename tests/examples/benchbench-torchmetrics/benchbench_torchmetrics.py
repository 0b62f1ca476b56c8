"""Metrics of torchmetrics, one score an image. torchmetrics takes seconds to import, so that waits for the first score."""

from dataclasses import dataclass

from torch import Tensor

from benchbench import Metric, Task, hookimpl


@hookimpl
def benchbench_metrics() -> list[type[Metric]]:
    return [SSIM, SCC]


@dataclass(frozen=True)
class SSIM(Metric):
    """Structural similarity by torchmetrics, over the windows inside the image; a second opinion on benchbench's own."""

    name = "torchmetrics-ssim"
    higher_is_better = True
    regional = False
    library = "torchmetrics"

    def __call__(self, restored: Tensor, clean: Tensor, region: Tensor | None = None) -> Tensor:
        from torchmetrics.functional.image import structural_similarity_index_measure

        # torchmetrics' mean counts windows that hang over the border, filled by reflection; benchbench's protocol does not
        options = {"data_range": 1.0, "reduction": "none", "return_full_image": True}
        _, full = structural_similarity_index_measure(restored, clean, **options)  # (N,C,H,W)
        return full[..., 5:-5, 5:-5].flatten(1).mean(1)

    def unavailable(self, task: Task) -> str | None:
        return "needs images of at least 11×11 pixels" if task.size < 11 else None


@dataclass(frozen=True)
class SCC(Metric):
    """Spatial correlation coefficient: of the edges alone, in windows of 8×8 (Zhou et al. 1998)."""

    name = "scc"
    higher_is_better = True
    regional = False
    library = "torchmetrics"

    def __call__(self, restored: Tensor, clean: Tensor, region: Tensor | None = None) -> Tensor:
        from torchmetrics.functional.image import spatial_correlation_coefficient

        return spatial_correlation_coefficient(restored, clean, reduction="none")
