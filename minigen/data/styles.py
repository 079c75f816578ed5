"""Images in two styles, a and b: two sets, and nobody says which image belongs to which."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Final

import numpy as np
import numpy.typing as npt

from minigen.data.pairs import Pairs

STYLES: Final = ("a", "b")
"""What the two folders of images of one's own are called."""


@dataclass(frozen=True, eq=False, repr=False, kw_only=True)
class TwoStyles(Pairs):
    """Images of a style a, the `inputs`, beside `images` of a style b.

    Where they are not `paired`, an image has nothing to do with the one that stands beside it.

    Parameters
    ----------
    name, split, maximum, files
        As of `Images`.
    images : array of uint8, shape (N, C, H, W)
        In the style b.
    inputs : array of uint8, shape (N, C, H, W)
        In the style a.
    paired : bool, default False
        Whether the two beside each other show the same, as those do that a translation is to be
        judged by.

    Raises
    ------
    ValueError
        If the two differ in shape, or as of `Images`.

    Examples
    --------
    >>> import numpy as np
    >>> black = np.zeros((5, 1, 8, 8), np.uint8)
    >>> TwoStyles("night and day", "train", images=255 - black, inputs=black)
    TwoStyles('night and day', 'train', 5 images in each of two styles, of shape (1, 8, 8), \
values 0 to 255)
    """

    paired: bool = False

    kind: ClassVar[str] = "styles"

    def __repr__(self) -> str:
        what = "pairs of images in two styles" if self.paired else "images in each of two styles"
        return (
            f"{type(self).__name__}({self.name!r}, {self.split!r}, {len(self):,} {what}, of shape "
            f"{self.image_shape}, values 0 to {self.maximum})"
        )


def beside_each_other(
    labels: npt.NDArray[np.int64],
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """Return the numbers of the images in style a, label 0, and in style b, label 1: as many.

    Where there are fewer in one style, these are taken over again.

    Examples
    --------
    >>> beside_each_other(np.array([0, 1, 0, 0]))
    (array([0, 2, 3]), array([1, 1, 1]))
    """
    both = [np.flatnonzero(labels == label) for label in (0, 1)]
    count = max(map(len, both)) if all(map(len, both)) else 0
    first, second = (np.resize(numbers, count) for numbers in both)
    return first, second
