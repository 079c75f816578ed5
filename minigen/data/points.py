r"""Points of the plane drawn from known distributions: what a generator misses can be counted.

=============  ============================================================  ======
name           what                                                          sigma
=============  ============================================================  ======
``ring``       8 Gaussians, evenly spread on the circle of radius 1          0.01
``grid``       25 Gaussians, 5 x 5 centred at the origin, 2 apart            0.05
``two_moons``  two half circles that reach into each other, and noise        0.05
=============  ============================================================  ======

`ring` and `grid` are those of VEEGAN (Srivastava, Valkov, Russell, Gutmann and Sutton, 2017,
arXiv:1702.07843) with the sizes of PacGAN (Lin, Khetan, Fanti and Oh, 2018, arXiv:1712.04086),
whose tables are measured on them.

The points are drawn when they are loaded, from the bits of NumPy's PCG64, whose stream never
changes (NEP 19): everybody has the same ones. Training and test points are different draws.
"""

from __future__ import annotations

import itertools
import math
from dataclasses import dataclass
from typing import ClassVar, Final, NoReturn

import numpy as np
import numpy.typing as npt

from minigen.data.dataset import check_range, read_only
from minigen.data.drawn import uniform
from minigen.data.locations import Drawn, FolderPath
from minigen.data.publication import NotImagesError

_SIZES: Final = {"train": 50_000, "test": 10_000}


@dataclass(frozen=True, eq=False, repr=False)
class Points:
    r"""One split of a set of points of the plane that lie about a known truth.

    Its name, split, labels and classes are those of a `Dataset`; the classes are the modes that the
    points were drawn from. Arrays are read-only.

    Parameters
    ----------
    points : array of float32, shape (N, 2)
        x and y of each point.
    sigma : float
        The standard deviation, along x as along y, of the noise about the truth.

    Examples
    --------
    >>> import minigen.data
    >>> moons = minigen.data.load("two_moons")
    >>> moons
    Points('two_moons', 'train', 50,000 points, sigma 0.05, 2 classes)
    >>> moons.points.shape, moons.classes[moons.labels[0]]
    ((50000, 2), 'upper')
    """

    name: str
    split: str
    points: npt.NDArray[np.float32]
    labels: npt.NDArray[np.int64]
    classes: tuple[str, ...]
    sigma: float

    kind: ClassVar[str] = "point"
    """The kind of data, as `Dataset.kind`."""

    def __post_init__(self) -> None:
        if self.points.dtype != np.float32 or self.labels.dtype != np.int64:
            raise ValueError(
                f"{self._title}: points of float32 and labels of int64 wanted, "
                f"got {self.points.dtype} and {self.labels.dtype}"
            )
        if self.points.shape != (len(self.points), 2) or self.labels.shape != (len(self.points),):
            raise ValueError(
                f"{self._title}: points of shape (N, 2) and labels of shape (N,) wanted, "
                f"got {self.points.shape} and {self.labels.shape}"
            )
        check_range(f"{self._title}: labels", self.labels, len(self.classes) - 1)
        if not self.sigma > 0:
            raise ValueError(f"{self._title}: a positive sigma wanted, got {self.sigma}")
        object.__setattr__(self, "points", read_only(self.points))
        object.__setattr__(self, "labels", read_only(self.labels))

    @property
    def _title(self) -> str:
        return f"{type(self).__name__} {self.name!r}"

    def scaled(self, range: tuple[float, float] = (0.0, 1.0)) -> NoReturn:
        """Raise `NotImagesError`, which says what to take instead: points have no such range."""
        raise NotImagesError(
            f"{self.name} holds points of the plane, and no images that could be scaled to "
            f"{range}: take its `points` as they are, for a model of points"
        )

    def __len__(self) -> int:
        return len(self.points)

    def __repr__(self) -> str:
        return (
            f"{type(self).__name__}({self.name!r}, {self.split!r}, {len(self):,} points, "
            f"sigma {self.sigma:g}, {len(self.classes)} classes)"
        )


@dataclass(frozen=True, eq=False, repr=False, kw_only=True)
class Mixture(Points):
    r"""`Points` drawn from Gaussians of equal weight, whose centres are known.

    .. math:: p(x) = \frac1M \sum_{m=1}^M \mathcal{N}(x;\, c_m,\, \sigma^2 I)

    Parameters
    ----------
    centres : array of float64, shape (M, 2)
        The mean of each Gaussian, one for each of the `classes`.

    Examples
    --------
    >>> import minigen.data
    >>> ring = minigen.data.load("ring", "test")
    >>> ring
    Mixture('ring', 'test', 10,000 points, sigma 0.01, 8 classes)
    >>> ring.centres[:3].round(3)
    array([[1.   , 0.   ],
           [0.707, 0.707],
           [0.   , 1.   ]])
    """

    centres: npt.NDArray[np.float64]

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.centres.shape != (len(self.classes), 2):
            raise ValueError(
                f"{self._title}: centres of shape ({len(self.classes)}, 2) wanted, one for each "
                f"class, got {self.centres.shape}"
            )
        centres = self.centres.astype(np.float64, copy=False)
        object.__setattr__(self, "centres", read_only(centres))


@dataclass(frozen=True)
class MixtureSource(Drawn):
    """Gaussians about some centres, drawn from the stream of bits that `seed` starts."""

    name: str
    centres: tuple[tuple[float, float], ...]
    sigma: float
    seed: int

    def load(self, split: str, _root: FolderPath | None = None) -> Mixture:
        """Draw one split: see `minigen.data.load`."""
        which, *noise = uniform(_seed(self.seed, split), _SIZES[split], numbers=3)
        centres = np.array(self.centres)
        labels = (which * len(centres)).astype(np.int64)
        return Mixture(
            name=self.name,
            split=split,
            points=(centres[labels] + self.sigma * _normal(*noise)).astype(np.float32),
            labels=labels,
            classes=tuple(str(number) for number in range(len(centres))),
            sigma=self.sigma,
            centres=centres,
        )


@dataclass(frozen=True)
class TwoMoonsSource(Drawn):
    r"""Two half circles that reach into each other, drawn when they are loaded.

    The upper moon is :math:`(\cos t, \sin t)`, the lower one :math:`(1 - \cos t, 1/2 - \sin t)`;
    each is as likely, t is uniform on :math:`[0, \pi]`, and :math:`\mathcal{N}(0, \sigma^2 I)` is
    added.
    """

    name: str = "two_moons"
    sigma: float = 0.05
    seed: int = 3

    def load(self, split: str, _root: FolderPath | None = None) -> Points:
        """Draw one split: see `minigen.data.load`."""
        which, along, *noise = uniform(_seed(self.seed, split), _SIZES[split], numbers=4)
        labels = (which * 2).astype(np.int64)
        x, y = np.cos(math.pi * along), np.sin(math.pi * along)
        upper, lower = np.stack([x, y], axis=1), np.stack([1 - x, 0.5 - y], axis=1)
        arcs = np.where(labels[:, np.newaxis] == 0, upper, lower)
        return Points(
            name=self.name,
            split=split,
            points=(arcs + self.sigma * _normal(*noise)).astype(np.float32),
            labels=labels,
            classes=("upper", "lower"),
            sigma=self.sigma,
        )


def _ring_centres(count: int) -> tuple[tuple[float, float], ...]:
    """Return points evenly spread on the circle of radius 1, anticlockwise from (1, 0)."""
    angles = [2 * math.pi * number / count for number in range(count)]
    return tuple((math.cos(angle), math.sin(angle)) for angle in angles)


def _grid_centres(side: int, spacing: float) -> tuple[tuple[float, float], ...]:
    """Return the points of a square grid about the origin, column by column."""
    places = [spacing * (number - (side - 1) / 2) for number in range(side)]
    return tuple(itertools.product(places, places))


RING: Final = MixtureSource("ring", _ring_centres(8), sigma=0.01, seed=1)
GRID: Final = MixtureSource("grid", _grid_centres(5, 2.0), sigma=0.05, seed=2)
TWO_MOONS: Final = TwoMoonsSource()


def _seed(seed: int, split: str) -> tuple[int, int]:
    return seed, list(_SIZES).index(split)


def _normal(
    first: npt.NDArray[np.float64], second: npt.NDArray[np.float64]
) -> npt.NDArray[np.float64]:
    r"""Make points of the plane, distributed as N(0, I), of two uniform numbers each: (N, 2).

    A standard normal point lies in a uniform direction at the distance
    :math:`\sqrt{-2 \ln(1 - u)}` (Box and Muller, 1958).
    """
    distance, angle = np.sqrt(-2 * np.log1p(-first)), 2 * math.pi * second
    return np.stack([distance * np.cos(angle), distance * np.sin(angle)], axis=1)
