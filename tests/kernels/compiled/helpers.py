"""Arrays that compiled kernels are tried with."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
from hypothesis import settings
from hypothesis import strategies as st

from minigen.kernels.compiled.compilation import LEAST

Array = npt.NDArray[Any]

EDGES = np.array([-np.inf, -3.0, -1e-42, -0.0, 0.0, 1e-42, 2.0, np.inf, np.nan])

dtypes = st.sampled_from(["float32", "float64"])
examples = settings(max_examples=20)
"""A loop is the same for all arrays of a dtype: it is their shapes that differ."""

seeds = st.integers(0, 2**32 - 1)
sizes = st.integers(LEAST, LEAST + 100)
shapes = st.tuples(st.integers(1, 40), st.integers(1, 4), st.integers(1, 5), st.integers(1, 5)).map(
    lambda shape: (shape[0], LEAST // shape[0] + 1, *shape[2:])
)
"""Images of about as many elements as a loop serves, or more."""


def numbers(shape: int | tuple[int, ...], dtype: str, seed: int, edges: bool = False) -> Array:
    """Draw normal numbers, some of them infinite, NaN, zero or subnormal if `edges`."""
    random = np.random.default_rng(seed)
    drawn = random.standard_normal(shape)
    if edges:
        drawn = np.where(random.random(shape) < 0.2, random.choice(EDGES, shape), drawn)
    return drawn.astype(dtype)


def batch_last(images: Array) -> Array:
    """Hold images with the batch innermost."""
    return np.moveaxis(np.ascontiguousarray(np.moveaxis(images, 0, -1)), -1, 0)
