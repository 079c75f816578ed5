"""Minibatches of arrays, in an order that can be drawn again."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Generic, TypeVar, overload

import numpy as np
import numpy.typing as npt

from minigen.data.dataset import Images
from minigen.engine.random import Generator, default_generator

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

BatchT = TypeVar("BatchT")
ScalarT = TypeVar("ScalarT", bound=np.generic)


def batch_indices(
    n: int,
    batch_size: int,
    *,
    generator: Generator | None = None,
    drop_last: bool = False,
) -> list[npt.NDArray[np.int64]]:
    """Divide the numbers 0 to n - 1 among the minibatches of one epoch: each one's examples.

    Their order is drawn by one call of ``generator.permutation(n)``; without a generator it is
    kept. `batch_size`, `drop_last` and the errors are those of `Batches`.

    Examples
    --------
    >>> [indices.tolist() for indices in batch_indices(5, 2)]
    [[0, 1], [2, 3], [4]]
    >>> [indices.tolist() for indices in batch_indices(5, 2, drop_last=True)]
    [[0, 1], [2, 3]]
    """
    count = _count_batches(n, batch_size, drop_last)
    order = np.arange(n) if generator is None else generator.permutation(n)
    return [order[start * batch_size : (start + 1) * batch_size] for start in range(count)]


class Batches(Generic[BatchT]):
    """The minibatches of an epoch, as often as asked, in a new order each time if shuffled.

    Iterating over it is one epoch. One array gives arrays; a `Dataset` gives pairs of images and
    labels, and images without labels tuples of one; several arrays give tuples. Every minibatch is
    a copy.

    Parameters
    ----------
    data : NumPy array, Images, or sequence of arrays
        What is divided along the first axis; of several arrays, each has the same length.
    batch_size : int
        The number of examples in a minibatch; the last one holds the rest.
    shuffle : bool, default False
        Draw a new order for every epoch.
    generator : Generator, optional
        Draws the orders, one call of ``generator.permutation`` an epoch; by default the one that
        `minigen.manual_seed` seeds. Not used without `shuffle`.
    drop_last : bool, default False
        Leave out a last minibatch that is not full. That none is left at all is a ValueError.

    Examples
    --------
    >>> import minigen.data
    >>> from minigen import Generator
    >>> digits = minigen.data.load("digits")
    >>> batches = Batches((digits.scaled(), digits.labels), 128, shuffle=True,
    ...                   generator=Generator(0))
    >>> len(batches)
    12
    >>> for images, labels in batches:
    ...     pass
    >>> images.shape, labels.shape  # the last minibatch: 1,415 = 11 x 128 + 7
    ((7, 1, 8, 8), (7,))
    """

    @overload
    def __init__(
        self: Batches[npt.NDArray[ScalarT]],
        data: npt.NDArray[ScalarT],
        batch_size: int,
        *,
        shuffle: bool = ...,
        generator: Generator | None = ...,
        drop_last: bool = ...,
    ) -> None: ...

    @overload
    def __init__(
        self: Batches[tuple[npt.NDArray[Any], ...]],
        data: Images | Sequence[npt.NDArray[Any]],
        batch_size: int,
        *,
        shuffle: bool = ...,
        generator: Generator | None = ...,
        drop_last: bool = ...,
    ) -> None: ...

    def __init__(
        self,
        data: npt.NDArray[Any] | Images | Sequence[npt.NDArray[Any]],
        batch_size: int,
        *,
        shuffle: bool = False,
        generator: Generator | None = None,
        drop_last: bool = False,
    ) -> None:
        self._alone = isinstance(data, np.ndarray)
        self._arrays = _arrays(data)
        self._length = _common_length(self._arrays)
        self._count = _count_batches(self._length, batch_size, drop_last)
        self._batch_size = batch_size
        self._drop_last = drop_last
        self._generator = (generator or default_generator()) if shuffle else None

    def __len__(self) -> int:
        """Return the number of minibatches in an epoch."""
        return self._count

    def __iter__(self) -> Iterator[BatchT]:
        return self.epoch()

    def epoch(self, start: int = 0) -> Iterator[BatchT]:
        """Return one epoch's minibatches, from the one with the number `start` on.

        The order is drawn at once, when this is called. To go on inside an epoch that was broken
        off, set the generator to the state it had when the epoch began, and name as `start` the
        number of minibatches that are done.

        Parameters
        ----------
        start : int, default 0
            How many of the epoch's minibatches are left out, at most all.

        Examples
        --------
        >>> import numpy as np
        >>> from minigen import Generator
        >>> generator = Generator(0)
        >>> batches = Batches(np.arange(10), 4, shuffle=True, generator=generator)
        >>> state = generator.get_state()
        >>> first, second, third = batches
        >>> generator.set_state(state)
        >>> bool((next(batches.epoch(start=1)) == second).all())
        True
        """
        if not 0 <= start <= len(self):
            raise ValueError(
                f"Batches.epoch: start from 0 to {len(self)} wanted, the number of minibatches, "
                f"got {start}"
            )
        batches = batch_indices(
            self._length,
            self._batch_size,
            generator=self._generator,
            drop_last=self._drop_last,
        )
        return (self._gather(indices) for indices in batches[start:])

    def _gather(self, indices: npt.NDArray[np.int64]) -> Any:
        """Copy the examples of one minibatch."""
        gathered = tuple(array[indices] for array in self._arrays)
        return gathered[0] if self._alone else gathered


def _arrays(
    data: npt.NDArray[Any] | Images | Sequence[npt.NDArray[Any]],
) -> tuple[npt.NDArray[Any], ...]:
    """Return what is to be divided as a tuple of arrays."""
    if isinstance(data, Images):
        return (data.images,) if data.labels is None else (data.images, data.labels)
    return (data,) if isinstance(data, np.ndarray) else tuple(data)


def _common_length(arrays: tuple[npt.NDArray[Any], ...]) -> int:
    """Return the length that all arrays must share."""
    for array in arrays:
        if not isinstance(array, np.ndarray):
            raise TypeError(f"Batches: NumPy arrays wanted, got {type(array).__name__}")
    lengths = {len(array) if array.ndim else None for array in arrays}
    length = lengths.pop() if len(lengths) == 1 else None
    if length is None:
        raise ValueError(
            f"Batches: one or more arrays with first axes of one length wanted, "
            f"got shapes {[array.shape for array in arrays]}"
        )
    return length


def _count_batches(n: int, batch_size: int, drop_last: bool) -> int:
    """Return the number of minibatches in an epoch, which must not be zero."""
    if batch_size < 1:
        raise ValueError(f"batch_size of at least 1 wanted, got {batch_size}")
    count = n // batch_size if drop_last else -(-n // batch_size)
    if count < 1:
        raise ValueError(
            f"{n} examples in minibatches of {batch_size} (drop_last={drop_last}) make no "
            f"minibatch at all"
        )
    return count
