"""Points of the plane, shape (2,), as they are."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from minigen.kinds.image import OF_FEATURES
from minigen.kinds.kind import Examples, Kind, Report, Setting

if TYPE_CHECKING:
    from minigen.data import Points
    from minigen.engine.backend import Array
    from minigen.engine.random import Generator
    from minigen.engine.tensor import Tensor


class PointKind(Kind):
    """Points of the plane: a run shows them over real ones and a discriminator's scores."""

    name: ClassVar[str] = "point"
    plural: ClassVar[str] = "points"
    in_full: ClassVar[str] = "points of the plane"
    axes: ClassVar[int] = 1
    shown: ClassVar[int] = 500
    compared: ClassVar[int] = 500
    measures: ClassVar[Mapping[str, str]] = {
        **OF_FEATURES,
        "modes": "modes found",
        "total": "  of",
        "high_quality": "share within 3 sigma of a mode",
        "reverse_kl": "reverse KL over the modes, in nats",
    }

    def examples(self, dataset: Points) -> Examples:
        """Return the points, shape (N, 2)."""
        return dataset.points

    def draw_samples(self, path: Path, samples: Tensor, setting: Setting) -> None:
        """Draw points over real ones and, if the model has a discriminator, over its surface."""
        from minigen import models, viz

        surface: dict[str, Any] = {}
        if setting.model is not None and models.can(setting.model, "discriminate"):
            title = "the discriminator's score"
            surface = {"surface": _scores(setting.model), "surface_title": title}
        viz.save_points(path, samples, setting.real(), title=setting.title, **surface)

    def draw_reconstructions(
        self, path: Path, originals: Array, made: Tensor, corrupted: Array | None, title: str
    ) -> None:
        """Draw what was made over the originals."""
        from minigen import viz

        viz.save_points(path, made, originals, title=title)

    def judge(
        self,
        dataset: Points,
        real: Examples,
        made: Array,
        generator: Generator,
        report: Report,
        others: Examples | None = None,
    ) -> dict[str, Any]:
        """Count the modes that were found where they are known; else compare the points."""
        from minigen import data, metrics
        from minigen.metrics.judgement import shortage

        if isinstance(dataset, data.Mixture):
            return metrics.judge_points(dataset, made).to_dict()
        if lack := shortage(len(made)):
            report(lack)
            return {"count": len(made)}
        return metrics.judge_features(real, made, others=others, generator=generator).to_dict()


def _scores(model: Any) -> Callable[[Array], Any]:
    """Return a function of points (N, 2): the discriminator's score of each."""
    from minigen.engine.backend import to_device

    device = next(model.parameters()).device

    def scores(points: Array) -> Any:
        # Packs of one point repeated: what the discriminator says of that point alone.
        packs = np.repeat(points, model.packing, axis=0)
        return model.discriminate(to_device(packs, device)).numpy()

    return scores
