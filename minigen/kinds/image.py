"""Images: greys or colours in [0, 1], shape (C, H, W)."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Final

import numpy as np
import numpy.typing as npt

from minigen.kinds.kind import Examples, Kind, Report, Setting

if TYPE_CHECKING:
    from minigen.data import Images
    from minigen.engine.backend import Array
    from minigen.engine.random import Generator
    from minigen.engine.tensor import Tensor

OF_FEATURES: Final = {
    "frechet_distance": "Fréchet distance, 0 at best",
    "kernel_distance": "kernel distance, 0 at best",
    "kernel_distance_error": "  its standard error",
    "precision": "precision",
    "recall": "recall",
    "density": "density",
    "coverage": "coverage",
}
"""The measures on features: see `minigen.metrics.Comparison`."""


class ImageKind(Kind):
    """Images: training gets them scaled to [0, 1], and a run shows them in grids."""

    name: ClassVar[str] = "image"
    plural: ClassVar[str] = "images"
    axes: ClassVar[int] = 3
    grey: ClassVar[bool] = True
    measures: ClassVar[Mapping[str, str]] = OF_FEATURES

    def examples(self, dataset: Images) -> Examples:
        """Return the images, shape (N, C, H, W)."""
        return dataset.scaled()

    def draw_samples(self, path: Path, samples: Tensor, setting: Setting) -> None:
        """Write a grid of samples, without a word."""
        from minigen import viz

        viz.save_image_grid(path, samples, columns=setting.columns)

    def draw_one(self, path: Path, sample: Array) -> None:
        """Write an image pixel by pixel."""
        from minigen import viz

        viz.save_image(path, sample)

    def arrays(self, samples: Array) -> dict[str, npt.NDArray[Any]]:
        """Return bytes under ``"images"``, shape (N, H, W, C)."""
        from minigen import viz

        return {"images": np.ascontiguousarray(viz.as_bytes(samples).transpose(0, 2, 3, 1))}

    def draw_reconstructions(
        self, path: Path, originals: Array, made: Tensor, corrupted: Array | None, title: str
    ) -> None:
        """Write rows of images, each above its reconstruction."""
        from minigen import viz

        viz.save_reconstructions(path, originals, made, corrupted=corrupted, title=title)

    def draw_rows(self, path: Path, walks: Tensor | Array, **labels: Any) -> None:
        """Write a table of images."""
        from minigen import viz

        viz.save_image_table(path, walks, **labels)

    def judge(
        self,
        dataset: Images,
        real: Examples,
        made: Array,
        generator: Generator,
        report: Report,
        others: Examples | None = None,
    ) -> dict[str, Any]:
        """Compare images by a classifier's features, if the data set has one."""
        from minigen import metrics
        from minigen.metrics.judgement import shortage

        if dataset.name not in metrics.TRAINED:
            report(
                f"there is no classifier for {dataset.name}, by whose features images could be "
                "compared"
            )
            return {"count": len(made)}
        if lack := shortage(len(made)):
            report(lack)
            return {"count": len(made)}
        extractor = metrics.load_feature_extractor(dataset.name)
        return metrics.judge_samples(
            real, made, extractor, others=others, generator=generator
        ).to_dict()

    def class_accuracy(self, dataset: Images, examples: Array, labels: Array) -> float | None:
        """Ask the data set's classifier, if it has one."""
        from minigen import metrics

        if dataset.name not in metrics.TRAINED:
            return None
        extractor = metrics.load_feature_extractor(dataset.name)
        return metrics.class_accuracy(extractor, examples, labels)

    def caveat(self, model_config: Mapping[str, Any], binarize: str) -> str | None:
        """Tell densities, cross-entropies and likelihoods apart."""
        if model_config.get("decoder") == "gaussian":
            return "Densities of pixels in [0, 1]: compare with the same kind only."
        if binarize == "none":
            return (
                "Cross-entropies of grey pixels, no likelihoods: compare with the same kind only."
            )
        return "Pixels were drawn black or white once."
