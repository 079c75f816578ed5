"""Images in pairs: one that is given, and one that is to be made of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import numpy.typing as npt

from minigen.data.dataset import Images, check_range, read_only


@dataclass(frozen=True, eq=False, repr=False, kw_only=True)
class Pairs(Images):
    """`Images` that are wanted, and for each the one that is given.

    Parameters
    ----------
    name, split, maximum, files
        As of `Images`.
    images : array of uint8, shape (N, C, H, W)
        The targets: what is wanted.
    inputs : array of uint8, shape (N, C, H, W)
        What is given.

    Raises
    ------
    ValueError
        If the two differ in shape, or as of `Images`.

    Examples
    --------
    >>> import numpy as np
    >>> black = np.zeros((5, 1, 8, 8), np.uint8)
    >>> Pairs("night and day", "train", images=255 - black, inputs=black)
    Pairs('night and day', 'train', 5 pairs of images of shape (1, 8, 8), values 0 to 255)
    """

    inputs: npt.NDArray[np.uint8]

    kind: ClassVar[str] = "pair"

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.inputs.dtype != np.uint8 or self.inputs.shape != self.images.shape:
            raise ValueError(
                f"{self._title}: inputs of uint8 and of the targets' shape {self.images.shape} "
                f"wanted, got {self.inputs.dtype} of shape {self.inputs.shape}"
            )
        check_range(f"{self._title}: inputs", self.inputs, self.maximum)
        object.__setattr__(self, "inputs", read_only(self.inputs))

    def __repr__(self) -> str:
        return (
            f"{type(self).__name__}({self.name!r}, {self.split!r}, {len(self):,} pairs of images "
            f"of shape {self.image_shape}, values 0 to {self.maximum})"
        )
