"""Data of one's own: where pictures or sounds are, how they are read, and what was found."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

FITS: Final = ("crop", "pad", "stretch")
"""How a picture fills another shape: its middle, all of it with borders, or all of it distorted."""

BAD: Final = ("refuse", "skip")
"""What becomes of a set with files that can't be read: nothing, or a set without them."""

BY: Final = ("characters", "words")
"""What a text is a sequence of."""

LAYOUTS: Final = ("NHW", "NCHW", "NHWC")
"""The orders of an array's axes: N pictures of C channels, H rows and W columns."""

LARGEST_SIDE: Final = 1024
"""How many pixels a side has at most."""

Size = int | tuple[int, int]


def is_path(name: str) -> bool:
    """Tell whether there is a file or folder of that name.

    Examples
    --------
    >>> is_path("."), is_path("nowhere/to/be/found")
    (True, False)
    """
    try:
        return bool(name) and Path(name).expanduser().exists()
    except (OSError, ValueError, RuntimeError):  # too long, with a zero byte, ~ of nobody
        return False


@dataclass(frozen=True)
class OwnData:
    """Where pictures of one's own are, and how they are read.

    Parameters
    ----------
    path : path
        A folder of pictures, a ``.npz`` or ``.npy`` file, a folder of published files; or a
        ``.txt`` or ``.csv`` file of texts.
    size : int or pair of int, optional
        Height and width, in pixels, that all pictures get; one number for both. By default they
        stay as they are, if all have one size.
    fit : {"crop", "pad", "stretch"}
        How a picture of another shape gets there: see `FITS`.
    channels : {1, 3}, optional
        1 for grey, 3 for colour; by default 1 if all pictures are grey.
    background : str
        The colour behind transparent pixels and of the borders of ``"pad"``: a name such as
        ``"white"``, or ``"#rrggbb"``.
    layout : {"NHW", "NCHW", "NHWC"}, optional
        The order of an array's axes, where its shape does not tell: see `LAYOUTS`.
    test_share : float in [0, 1], default 0.1
        Which share of the pictures, about, is the test part.
    bad : {"refuse", "skip"}
        What is done about files that can't be read: see `BAD`.
    frames : int, optional
        How many frames clips have, if that is what the folder holds: animations, and folders of
        pictures that follow one another. Of longer ones the first frames are taken.
    rate, length : int, optional
        Of a folder of WAV files: how many samples a second all sounds get, in Hz, and how many
        samples each has; by default 8,000 and 1,024. Longer ones are cut, shorter ones filled up.
    by : {"characters", "words"}
        Of a text: what it is a sequence of.
    window : int, optional
        Of a text: how many characters or words an example has at most; longer lines are cut. By
        default `minigen.data.own_texts.WINDOW`.
    column : str, optional
        Of a ``.csv`` file with several columns: the one that holds the texts.
    number, digest : int, str, optional
        How many pictures there were, and the SHA-256 of all of them, when a run began.

    Raises
    ------
    ValueError
        Names the first value that is out of its range, and what is expected.

    Examples
    --------
    >>> own = OwnData("pictures/flowers", size=32)
    >>> own.name, own.size, own.fit
    ('flowers', (32, 32), 'crop')
    """

    path: str
    size: Size | None = None
    fit: str = "crop"
    channels: int | None = None
    background: str = "white"
    layout: str | None = None
    test_share: float = 0.1
    bad: str = "refuse"
    frames: int | None = None
    rate: int | None = None
    length: int | None = None
    by: str = "characters"
    window: int | None = None
    column: str | None = None
    number: int | None = None
    digest: str | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "path", os.fspath(self.path))
        object.__setattr__(self, "size", _expect_size(self.size))
        _expect_one_of("fit", self.fit, FITS)
        _expect_one_of("channels", self.channels, (None, 1, 3))
        _expect_one_of("layout", self.layout, (None, *LAYOUTS))
        _expect_one_of("bad", self.bad, BAD)
        if type(self.test_share) not in {int, float} or not 0 <= self.test_share <= 1:
            raise ValueError(
                f"test_share: a number from 0 to 1 is expected, got {self.test_share!r}"
            )
        _expect_colour(self.background)
        for name, least in (("frames", 2), ("rate", 1000), ("length", 16), ("window", 2)):
            value = getattr(self, name)
            if value is not None and not (type(value) is int and value >= least):
                raise ValueError(f"{name}: a number from {least} up is expected, got {value!r}")
        _expect_one_of("by", self.by, BY)

    @property
    def name(self) -> str:
        """What the set is called: as its folder or file, and never as a set of the package's."""
        from minigen.data.loading import NAMES

        path = self.located
        name = path.name or str(path)
        return f"{name}/" if name in NAMES else name

    @property
    def located(self) -> Path:
        """The path in full."""
        return Path(self.path).expanduser().absolute()

    def options(self) -> Mapping[str, Any]:
        """Return what decides the pixels of a picture."""
        names = ("size", "fit", "channels", "background", "layout", "frames")
        return {name: getattr(self, name) for name in names}


def _expect_one_of(name: str, value: object, known: tuple[object, ...]) -> None:
    if value not in known or isinstance(value, bool):
        listed = ", ".join(str(each) for each in known if each is not None)
        raise ValueError(f"{name}: one of {listed} is expected, got {value!r}")


def _expect_colour(name: Any) -> None:
    if name in {"white", "black"}:  # all that most need Pillow for
        return
    from PIL import ImageColor

    try:
        ImageColor.getrgb(name)
    except (ValueError, TypeError) as error:
        raise ValueError(
            f"background: a colour such as white, black or #8090a0 is expected, got {name!r}"
        ) from error


def _expect_size(size: Any) -> tuple[int, int] | None:
    """Return height and width; what is neither one number nor two is a ValueError."""
    if size is None:
        return None
    pair = (size, size) if isinstance(size, int) else size
    sides = tuple(pair) if isinstance(pair, (tuple, list)) else ()
    if len(sides) != 2 or not all(
        type(side) is int and 1 <= side <= LARGEST_SIDE for side in sides
    ):
        raise ValueError(
            f"size: one number of pixels from 1 to {LARGEST_SIDE}, or a pair (height, width) of "
            f"them, is expected, got {size!r}"
        )
    return sides
