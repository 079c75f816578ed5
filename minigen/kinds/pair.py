"""Pairs of images: what is given, and what is wanted, joined along their channels."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from minigen.data.dataset import scale_images
from minigen.kinds.image import ImageKind
from minigen.kinds.kind import Examples, Setting

if TYPE_CHECKING:
    from minigen.data import Pairs
    from minigen.engine.backend import Array
    from minigen.engine.tensor import Tensor


class PairKind(ImageKind):
    """Pairs (2 C, H, W) of images in [0, 1]: the input's channels first, then the target's.

    A loop, a batch and a checkpoint take a pair as one image with twice as many channels; the model
    takes it apart. What a model makes is an image.
    """

    name: ClassVar[str] = "pair"
    plural: ClassVar[str] = "pairs"
    in_full: ClassVar[str] = "pairs of images"
    shown: ClassVar[int] = 32
    grey: ClassVar[bool] = False

    def examples(self, dataset: Pairs) -> Examples:  # type: ignore[override] # its own data's type
        """Return inputs and targets, shape (N, 2 C, H, W)."""
        inputs = scale_images(dataset.inputs, maximum=dataset.maximum)
        return np.concatenate([inputs, dataset.scaled()], axis=1)

    def decided(self, examples: Examples) -> dict[str, Any]:
        """Return the shape of one image."""
        channels, *size = examples.shape[1:]
        return {"image_shape": [channels // 2, *size]}

    def draw_samples(self, path: Path, samples: Tensor, setting: Setting) -> None:
        """Write a grid of pairs, each input at the left of its target."""
        from minigen import viz

        count, channels, *size = samples.shape
        apart = samples.reshape((2 * count, channels // 2, *size))
        columns = 2 * max(1, round((count / 2) ** 0.5))
        viz.save_image_grid(path, apart, columns=columns)

    def draw_reconstructions(
        self, path: Path, originals: Array, made: Tensor, corrupted: Array | None, title: str
    ) -> None:
        """Write rows of inputs, of what a model made of them, and of the targets."""
        from minigen import viz

        channels = originals.shape[1] // 2
        rows = {
            "input": originals[:, :channels],
            "output": made,
            "target": originals[:, channels:],
        }
        viz.save_image_rows(path, rows, title=title)
