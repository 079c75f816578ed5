"""What the measures take: samples as rows of numbers on the host, and images batch by batch."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Final, Protocol

import numpy as np
import numpy.typing as npt

from minigen import nn
from minigen.engine.backend import Array, array_of, to_device, to_numpy
from minigen.engine.modes import no_grad
from minigen.engine.tensor import Tensor

BATCH_SIZE: Final = 500
"""How many images are evaluated at once by default."""

Rows = npt.NDArray[np.float64]
"""One sample a row, shape (N, D)."""

_BLOCK: Final = 4_000_000
"""How many entries of a matrix of pairs are held at once: 32 MB."""


def as_rows(metric: str, least: int, **samples: Tensor | Array) -> list[Rows]:
    """Return sets of samples, each under the name that error messages give it, as float64.

    `metric` is what they call the function that was called, `least` how many rows a set must have.

    A set that is not of shape (N, D) with N of at least `least`, sets of different D, and numbers
    that are NaN or infinite are a ValueError.
    """
    rows = {name: to_numpy(array_of(given)) for name, given in samples.items()}
    shapes = ", ".join(f"{name} {array.shape}" for name, array in rows.items())
    if (
        any(array.ndim != 2 or len(array) < least for array in rows.values())
        or len({array.shape[1] for array in rows.values()}) != 1
        or any(array.shape[1] == 0 for array in rows.values())
    ):
        raise ValueError(
            f"{metric}: rows (N, D) of one length D are expected, N of at least {least}, "
            f"got {shapes}"
        )
    converted = [array.astype(np.float64) for array in rows.values()]
    for name, array in zip(rows, converted, strict=True):
        if not np.isfinite(array).all():
            raise ValueError(f"{metric}: {name} holds a number that is NaN or infinite")
    return converted


def expect_equal_counts(metric: str, **samples: Rows) -> None:
    """Refuse sets of different sizes, of which the metric's value would depend."""
    if len({len(rows) for rows in samples.values()}) > 1:
        counts = " and ".join(f"{len(rows):,} {name}" for name, rows in samples.items())
        raise ValueError(
            f"{metric}: equal numbers of samples are expected, for the value depends on them, got "
            f"{counts}; take as many of one as there are of the other"
        )


def blocks(rows: int, columns: int) -> Iterator[slice]:
    """Divide the rows of a matrix (rows, columns) into parts of bounded size."""
    step = max(1, _BLOCK // max(1, columns))
    for start in range(0, rows, step):
        yield slice(start, start + step)


class Placed(Protocol):
    """A module: where its parameters are, samples have to be as well."""

    def parameters(self) -> Iterator[nn.Parameter]:
        """Iterate over the parameters."""


@contextlib.contextmanager
def measuring(model: nn.Module) -> Iterator[None]:
    """Put a model into evaluation mode and record no graph inside; restore each module's mode.

    `nn.utils.evaluating` alone goes on recording, so that gradients flow through the model.

    Examples
    --------
    >>> from minigen import nn
    >>> model = nn.Sequential(nn.Dropout(0.5))
    >>> with measuring(model):
    ...     model.training
    False
    >>> model.training
    True
    """
    with nn.utils.evaluating(model), no_grad():
        yield


def minibatches(
    model: Placed, images: Array, batch_size: int, labels: Array | None = None
) -> Iterator[tuple[Array, Array | None]]:
    """Divide images and labels in their order, and bring each part to the model's device."""
    if not len(images):
        raise ValueError("at least one image is expected, got none")
    if labels is not None and len(labels) != len(images):
        raise ValueError(f"a label an image is expected, got {len(labels)} for {len(images)}")
    device = next((parameter.device for parameter in model.parameters()), "cpu")
    for start in range(0, len(images), batch_size):
        part = slice(start, start + batch_size)
        classes = None if labels is None else to_device(labels[part], device)
        yield to_device(images[part], device), classes
