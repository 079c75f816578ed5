"""Clips: sequences of images, shape (T, C, H, W), with greys or colours in [0, 1]."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Final

import numpy as np
import numpy.typing as npt

from minigen.engine.backend import array_of, to_numpy
from minigen.kinds.kind import Examples, Kind, Setting

if TYPE_CHECKING:
    from minigen.data import Clips
    from minigen.engine.backend import Array
    from minigen.engine.tensor import Tensor

LARGEST: Final = 20
"""Of longer clips, so many frames are drawn, evenly spaced."""


class ClipKind(Kind):
    """Clips: training gets them scaled to [0, 1], and pictures show one a row, from left to right.

    What a model makes of clips are the frames that follow.
    """

    name: ClassVar[str] = "clip"
    plural: ClassVar[str] = "clips"
    axes: ClassVar[int] = 4
    shown: ClassVar[int] = 16
    compared: ClassVar[int] = 6
    asked_for: ClassVar[str] = "--frames N reads animations and folders of frames as clips"

    def examples(self, dataset: Clips) -> Examples:
        """Return the clips, shape (N, T, C, H, W)."""
        return dataset.scaled()

    def decided(self, examples: Examples) -> dict[str, Any]:
        """Return the shape of a frame."""
        return {"image_shape": list(examples.shape[2:])}

    def draw_samples(self, path: Path, samples: Tensor, setting: Setting) -> None:
        """Write a grid in which each row is a clip."""
        from minigen import viz

        frames = _evenly(to_numpy(array_of(samples)))
        count, length, *shape = frames.shape
        viz.save_image_grid(path, frames.reshape(count * length, *shape), columns=length)

    def arrays(self, samples: Array) -> dict[str, npt.NDArray[Any]]:
        """Return bytes under ``"clips"``, shape (N, T, H, W, C)."""
        from minigen import viz

        count, length, *shape = samples.shape
        pixels = viz.as_bytes(samples.reshape(count * length, *shape)).transpose(0, 2, 3, 1)
        return {"clips": np.ascontiguousarray(pixels.reshape(count, length, *pixels.shape[1:]))}

    def draw_reconstructions(
        self, path: Path, originals: Array, made: Tensor, corrupted: Array | None, title: str
    ) -> None:
        """Write for each clip a row of its frames, and below one of those that a model predicted.

        The first frames are those that the model saw: they stand in both rows.
        """
        from minigen import viz

        truth, predicted = (to_numpy(array_of(part)) for part in (originals, made))
        seen = 0 if corrupted is None else corrupted.shape[1]
        length = min(truth.shape[1], seen + predicted.shape[1])
        truth = truth[:, :length]
        rows = np.concatenate([truth[:, :seen], predicted[:, : length - seen]], axis=1)
        shape = truth.shape[2:]
        viz.save_image_rows(
            path,
            {"truth": truth.reshape(-1, *shape), "prediction": rows.reshape(-1, *shape)},
            columns=length,
            title=f"{title}, {seen} frames seen",
        )


def _evenly(clips: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """Choose evenly spaced frames of clips (N, T, C, H, W), both ends among them."""
    length = clips.shape[1]
    if length <= LARGEST:
        return clips
    return clips[:, np.rint(np.linspace(0, length - 1, LARGEST)).astype(int)]
