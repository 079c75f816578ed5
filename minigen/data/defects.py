"""Good pictures and bad ones, with masks of what is bad about them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from minigen.data.dataset import Dataset, Images, read_only

GOOD: Final = "good"
"""The class of pictures without a defect, and the folder that holds them."""

Flags = npt.NDArray[np.bool_]


@dataclass(frozen=True, eq=False, repr=False)
class Defects(Dataset):
    """A `Dataset` whose classes are ``"good"`` and kinds of defects.

    Models learn from the good pictures alone.

    Parameters
    ----------
    name, split, images, maximum, files
        As of `Images`.
    labels : array of int64, shape (N,)
        0 for a good picture; otherwise the number of its kind of defect.
    classes : tuple of str
        What is good, and the kinds of defects.
    masks : array of bool, shape (N, 1, H, W), optional
        True where a picture has a defect; None if nobody has marked that.

    Raises
    ------
    ValueError
        If masks are not of the pictures' number and size, or as of `Images`.

    Examples
    --------
    >>> import minigen.data
    >>> cloth = minigen.data.load("textures_weave", "test")
    >>> cloth
    Defects('textures_weave', 'test', 1,000 images of shape (1, 32, 32), 500 with defects)
    >>> bool(cloth.masks[cloth.bad].any(axis=(1, 2, 3)).all())
    True
    """

    masks: Flags | None = None

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.masks is None:
            return
        count, _, *size = self.images.shape
        if self.masks.dtype != np.bool_ or self.masks.shape != (count, 1, *size):
            raise ValueError(
                f"{self._title}: masks of bool of shape {(count, 1, *size)} wanted, got "
                f"{self.masks.dtype} of shape {self.masks.shape}"
            )
        object.__setattr__(self, "masks", read_only(self.masks))

    @property
    def bad(self) -> Flags:
        """Which pictures have a defect, (N,)."""
        return self.labels > 0

    def __repr__(self) -> str:
        return (
            f"{type(self).__name__}({self.name!r}, {self.split!r}, {len(self):,} images of shape "
            f"{self.image_shape}, {int(self.bad.sum()):,} with defects)"
        )


def one_against_the_rest(dataset: Images, normal: int) -> Defects:
    """Return labelled images in which one class is good, and every other one a defect.

    Parameters
    ----------
    dataset : Images
        With labels.
    normal : int
        The number of the class that is good.

    Raises
    ------
    ValueError
        If the set has no images, or no labels, or there is no such class.

    Examples
    --------
    >>> import minigen.data
    >>> fours = one_against_the_rest(minigen.data.load("digits", "test"), 4)
    >>> fours.classes[:3], int((~fours.bad).sum())
    (('good: 4', '0', '1'), 39)
    """
    if not isinstance(dataset, Images):
        raise ValueError(f"{dataset.name} has no images")  # noqa: TRY004 - a wrong name
    if dataset.labels is None:
        raise ValueError(f"{dataset.name} has no classes, of which one could be normal")
    count = len(dataset.classes)
    if not 0 <= normal < count:
        raise ValueError(
            f"a class from 0 to {count - 1} is expected, as {dataset.name} has, got {normal}"
        )
    others = [number for number in range(count) if number != normal]
    places = np.empty(count, np.int64)
    places[[normal, *others]] = np.arange(count)
    names = (f"{GOOD}: {dataset.classes[normal]}", *(dataset.classes[other] for other in others))
    return Defects(
        dataset.name,
        dataset.split,
        dataset.images,
        places[dataset.labels],
        names,
        dataset.maximum,
        files=dataset.files,
    )
