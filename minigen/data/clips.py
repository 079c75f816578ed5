"""Clips: short sequences of images, one after the other in time."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from minigen.data.dataset import Images


@dataclass(frozen=True, eq=False, repr=False)
class Clips(Images):
    """`Images` in sequences of one length.

    Parameters
    ----------
    name, split, maximum, files
        As of `Images`.
    images : array of uint8, shape (N, T, C, H, W)
        T frames of each clip, in their order.

    Raises
    ------
    ValueError
        If a clip has fewer than two frames, or as of `Images`.

    Examples
    --------
    >>> import numpy as np
    >>> Clips("darkness", "train", np.zeros((5, 20, 1, 8, 8), np.uint8))
    Clips('darkness', 'train', 5 clips of 20 frames of shape (1, 8, 8), values 0 to 255)
    """

    kind: ClassVar[str] = "clip"
    axes: ClassVar[tuple[str, ...]] = ("N", "T", "C", "H", "W")

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.frames < 2:
            raise ValueError(
                f"{self._title}: clips of at least two frames wanted, got {self.frames}"
            )

    @property
    def frames(self) -> int:
        """How many frames each clip has."""
        return int(self.images.shape[1])

    def __repr__(self) -> str:
        return (
            f"{type(self).__name__}({self.name!r}, {self.split!r}, {len(self):,} clips of "
            f"{self.frames} frames of shape {self.image_shape}, values 0 to {self.maximum})"
        )
