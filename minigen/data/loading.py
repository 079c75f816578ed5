"""The data sets by name."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Literal, NamedTuple, Protocol, TypeAlias, overload

from minigen.data.cifar10 import CIFAR10
from minigen.data.coloured import COLOURED_SHAPES, COLOURED_SHAPES_64
from minigen.data.digits import DIGITS
from minigen.data.glyphs import GLYPHS, GLYPHS_BY_LETTER
from minigen.data.mnist import FASHION_MNIST, MNIST
from minigen.data.moving import CLIPS
from minigen.data.outlined import OUTLINED_LETTERS
from minigen.data.points import GRID, RING, TWO_MOONS
from minigen.data.printed import PRINTED_DIGITS, PRINTED_LETTERS
from minigen.data.scenes import SCENES
from minigen.data.spoken import SPOKEN
from minigen.data.sprites import SPRITES
from minigen.data.textures import TEXTURES_BRICK, TEXTURES_WEAVE
from minigen.data.tones import TONES
from minigen.data.words import WORDS

if TYPE_CHECKING:
    from minigen.data.clips import Clips
    from minigen.data.dataset import Dataset, Images
    from minigen.data.defects import Defects
    from minigen.data.locations import Availability, FolderPath
    from minigen.data.pairs import Pairs
    from minigen.data.points import Mixture, Points
    from minigen.data.printed import PrintedCharacters
    from minigen.data.scenes import Scenes
    from minigen.data.sounds import Sounds
    from minigen.data.spoken import SpokenWords
    from minigen.data.sprites import Sprites
    from minigen.data.styles import TwoStyles
    from minigen.data.texts import Texts
    from minigen.data.tones import Tones

SPLITS: Final = ("train", "test")


class Source(Protocol):
    """What a further data set has to offer to be listed below."""

    @property
    def name(self) -> str:
        """The data set's name."""

    def load(self, split: str, root: FolderPath | None, /) -> Images | Points | Sounds | Texts:
        """Read one split, looked for in the folder `root` if one is given."""

    def availability(self, root: FolderPath | None, /) -> Availability:
        """Tell whether and where the data set is at hand, without a download."""


_SOURCES: Final[dict[str, Source]] = {
    source.name: source
    for source in (
        *(DIGITS, MNIST, FASHION_MNIST, CIFAR10, PRINTED_DIGITS, PRINTED_LETTERS, COLOURED_SHAPES),
        *(COLOURED_SHAPES_64, SPRITES, GLYPHS, GLYPHS_BY_LETTER, OUTLINED_LETTERS, CLIPS),
        *(TEXTURES_WEAVE, TEXTURES_BRICK, SCENES, TONES, SPOKEN, WORDS, RING, GRID, TWO_MOONS),
    )
}

NAMES: Final = tuple(_SOURCES)
"""The names that `load` knows."""


class Extent(NamedTuple):
    """How many training and test examples a set has, the shape of each, and their kind.

    Of pairs it is the shape of either image, of clips with the number of frames before it.
    """

    train: int
    test: int
    shape: tuple[int, ...]
    kind: str = "image"


EXTENTS: Final[dict[str, Extent]] = {
    "digits": Extent(1_415, 382, (1, 8, 8)),
    "mnist": Extent(60_000, 10_000, (1, 28, 28)),
    "fashion_mnist": Extent(60_000, 10_000, (1, 28, 28)),
    "cifar10": Extent(50_000, 10_000, (3, 32, 32)),
    "printed_digits": Extent(60_000, 10_000, (1, 28, 28)),
    "printed_letters": Extent(52_000, 10_400, (1, 28, 28)),
    "coloured_shapes": Extent(40_000, 10_000, (3, 32, 32)),
    "coloured_shapes_64": Extent(10_000, 5_000, (3, 64, 64)),
    "sprites": Extent(32_768, 4_096, (1, 32, 32)),
    "glyphs": Extent(1_477, 248, (1, 32, 32), "pair"),
    "glyphs_by_letter": Extent(1_489, 236, (1, 32, 32), "pair"),
    "outlined_letters": Extent(1_166, 399, (1, 32, 32), "styles"),
    "clips": Extent(2_000, 500, (20, 1, 32, 32), "clip"),
    "textures_weave": Extent(4_000, 1_000, (1, 32, 32)),
    "textures_brick": Extent(4_000, 1_000, (1, 32, 32)),
    "scenes": Extent(30_720, 1_920, (3, 32, 32), "captioned image"),
    "tones": Extent(12_000, 1_500, (1, 1024), "sound"),
    "spoken": Extent(1_600, 400, (1, 32, 32), "spectrogram"),
    "words": Extent(2_071, 384, (18,), "text"),
    "ring": Extent(50_000, 10_000, (2,), "point"),
    "grid": Extent(50_000, 10_000, (2,), "point"),
    "two_moons": Extent(50_000, 10_000, (2,), "point"),
}
"""What every set has, as it was published, before it is loaded."""


_Root: TypeAlias = "FolderPath | None"


@overload
def load(name: Literal["sprites"], split: str = ..., *, root: _Root = ...) -> Sprites: ...


@overload
def load(
    name: Literal["printed_digits", "printed_letters"], split: str = ..., *, root: _Root = ...
) -> PrintedCharacters: ...


@overload
def load(
    name: Literal["glyphs", "glyphs_by_letter"], split: str = ..., *, root: _Root = ...
) -> Pairs: ...


@overload
def load(name: Literal["clips"], split: str = ..., *, root: _Root = ...) -> Clips: ...


@overload
def load(
    name: Literal["outlined_letters"], split: str = ..., *, root: _Root = ...
) -> TwoStyles: ...


@overload
def load(
    name: Literal["textures_weave", "textures_brick"], split: str = ..., *, root: _Root = ...
) -> Defects: ...


@overload
def load(name: Literal["scenes"], split: str = ..., *, root: _Root = ...) -> Scenes: ...


@overload
def load(name: Literal["spoken"], split: str = ..., *, root: _Root = ...) -> SpokenWords: ...


@overload
def load(name: Literal["tones"], split: str = ..., *, root: _Root = ...) -> Tones: ...


@overload
def load(name: Literal["words"], split: str = ..., *, root: _Root = ...) -> Texts: ...


@overload
def load(name: Literal["ring", "grid"], split: str = ..., *, root: _Root = ...) -> Mixture: ...


@overload
def load(name: Literal["two_moons"], split: str = ..., *, root: _Root = ...) -> Points: ...


@overload
def load(
    name: Literal[
        "digits", "mnist", "fashion_mnist", "cifar10", "coloured_shapes", "coloured_shapes_64"
    ],
    split: str = ...,
    *,
    root: _Root = ...,
) -> Dataset: ...


@overload
def load(name: str, split: str = ..., *, root: _Root = ...) -> Images | Points | Sounds | Texts: ...


def load(
    name: str, split: str = "train", *, root: FolderPath | None = None
) -> Images | Points | Sounds | Texts:
    """Load one split of a data set.

    ========================  =================  ===============  ================================
    name                      train, test        each             what
    ========================  =================  ===============  ================================
    ``digits``                1,415 and 382      (1, 8, 8)        handwritten digits, in the package
    ``mnist``                 60,000 and 10,000  (1, 28, 28)      handwritten digits
    ``fashion_mnist``         60,000 and 10,000  (1, 28, 28)      clothes, shoes and bags
    ``cifar10``               50,000 and 10,000  (3, 32, 32)      photographs of ten kinds of things
    ``printed_digits``        60,000 and 10,000  (1, 28, 28)      digits of twenty typefaces
    ``printed_letters``       52,000 and 10,400  (1, 28, 28)      capital letters of these
    ``coloured_shapes``       40,000 and 10,000  (3, 32, 32)      five shapes in four colours
    ``coloured_shapes_64``    10,000 and 5,000   (3, 64, 64)      these in four times as many pixels
    ``sprites``               32,768 and 4,096   (1, 32, 32)      shapes drawn from known factors
    ``glyphs``                1,477 and 248      (1, 32, 32) x 2  letters without and with serifs
    ``glyphs_by_letter``      1,489 and 236      (1, 32, 32) x 2  these, divided by base letter
    ``outlined_letters``      1,166 and 399      (1, 32, 32) x 2  letters filled, and as outlines
    ``clips``                 2,000 and 500      (20, 1, 32, 32)  two sprites that move, and bounce
    ``textures_weave``        4,000 and 1,000    (1, 32, 32)      cloth; in the test with defects
    ``textures_brick``        4,000 and 1,000    (1, 32, 32)      brick walls, likewise
    ``scenes``                30,720 and 1,920   (3, 32, 32)      two things, and a sentence of them
    ``tones``                 12,000 and 1,500   (1, 1024)        short sounds of known pitch
    ``spoken``                1,600 and 400      (1, 32, 32)      ten words in a hundred voices
    ``words``                 2,071 and 384      (18,)            English words, by characters
    ``ring``                  50,000 and 10,000  (2,)             points about 8 centres on a circle
    ``grid``                  50,000 and 10,000  (2,)             points about 25 centres in a grid
    ``two_moons``             50,000 and 10,000  (2,)             points about two half circles
    ========================  =================  ===============  ================================

    `digits`, `spoken` (see `SpokenWords`) and `words` (see `Texts`) are part of minigen; `sprites`
    (see `Sprites`), `tones` (see `Tones`), `ring`, `grid` and `two_moons` (see `Points`) are drawn
    by it. So are `printed_digits` and `printed_letters` (see `PrintedCharacters`),
    `coloured_shapes`, `coloured_shapes_64`, `glyphs` and `glyphs_by_letter` (see `Pairs`),
    `outlined_letters` (see `TwoStyles`), `clips` (see `Clips`), `textures_weave` and
    `textures_brick` (see `Defects`), and `scenes` (see `Scenes`), which take seconds and are kept
    in the user's cache. The files of the others are looked for in ``root/mnist``,
    ``root/fashion-mnist`` and ``root/cifar10/cifar-10-batches-bin`` if `root` is given; otherwise,
    if the environment variable ``MINIGEN_DATA`` is set, in those folders inside the folder that it
    names; otherwise in the user's cache, into which they are downloaded at their first use.

    Each file is compared with the SHA-256 of the published one, every time, but for `cifar10`: its
    archive is verified when it is downloaded and then unpacked, and a folder in its format is read
    as it is, with as many files ``data_batch_*.bin`` and images as are there.

    Parameters
    ----------
    name : str
        One of `minigen.data.NAMES`.
    split : str, default "train"
        ``"train"`` or ``"test"``.
    root : path, optional
        A folder of data sets. Those that are part of minigen or drawn by it take no notice of it.

    Returns
    -------
    Images, Points, Sounds or Texts
        Labelled images as published, a `Dataset`, uint8 in (N, C, H, W); `Dataset.scaled` makes
        them float32. It is a `Sprites` for `sprites`, a `PrintedCharacters` for printed ones,
        `Pairs` without labels for `glyphs` and `glyphs_by_letter`, `TwoStyles` for
        `outlined_letters`, `Clips` for `clips`, `Defects` for textures, `Scenes` without labels for
        `scenes`; a `Tones` for `tones`, `SpokenWords` for `spoken`, a `Texts` for `words`; for sets
        of points a `Points`, and for `ring` and `grid` a `Mixture`, which knows its centres.

    Raises
    ------
    ValueError
        If there is no such data set or split.
    MissingDataError
        If `root` or ``MINIGEN_DATA`` names a folder that lacks the files: nothing is downloaded
        instead.
    DataFileError
        If a file in that folder is truncated, corrupt or another than its name says.
    DownloadError
        If no mirror gave a file; the message lists the addresses tried, and how to go on offline.

    Examples
    --------
    >>> import minigen.data
    >>> test = minigen.data.load("digits", "test")
    >>> len(test), test.images.shape, test.image_shape, test.maximum
    (382, (382, 1, 8, 8), (1, 8, 8), 16)
    """
    if name not in _SOURCES:
        raise ValueError(f"load: no data set is named {name!r}; there are {', '.join(NAMES)}")
    if split not in SPLITS:
        raise ValueError(f"load: no split is named {split!r}; there are {', '.join(SPLITS)}")
    return _SOURCES[name].load(split, root)


def available(*, root: FolderPath | None = None) -> dict[str, Availability]:
    """Tell for every data set whether it is at hand and where, without a download.

    Files are judged by their names and sizes; their contents are verified when they are loaded.
    `root` names a folder of data sets, as in `load`.

    Examples
    --------
    >>> import minigen.data
    >>> digits = minigen.data.available()["digits"]
    >>> digits.found, digits.note
    (True, 'part of minigen')
    """
    return {name: source.availability(root) for name, source in _SOURCES.items()}
