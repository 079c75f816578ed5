"""Layers whose rows of windows share what they see, and numbers for them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from minigen.kernels.convolution import batch_first
from minigen.ops.windows import Windows


@dataclass(frozen=True)
class Layer:
    """A layer whose rows of windows share what they see."""

    inputs: int
    outputs: int
    size: tuple[int, int]
    kernel: tuple[int, int]
    stride: tuple[int, int]
    padding: tuple[int, int]
    batch: int = 8

    @property
    def windows(self) -> Windows:
        return Windows(self.kernel, self.stride, self.padding)

    def images(self, dtype: str = "float64") -> npt.NDArray[Any]:
        return held((self.batch, self.inputs, *self.size), dtype)

    def weight(self, dtype: str = "float64") -> npt.NDArray[Any]:
        return drawn((self.outputs, self.inputs, *self.kernel), dtype)

    def cotangent(self, dtype: str = "float64") -> npt.NDArray[Any]:
        return held((self.batch, self.outputs, *self.windows.fitting(self.size)), dtype)

    @property
    def options(self) -> dict[str, Any]:
        return {"stride": self.stride, "padding": self.padding}

    @property
    def transposed_options(self) -> dict[str, Any]:
        return {**self.options, "output_padding": self.windows.left_over(self.size)}


LAYERS = [
    Layer(3, 4, (8, 8), (4, 4), (2, 2), (1, 1)),
    Layer(2, 3, (7, 9), (4, 4), (2, 2), (1, 1)),  # a row and a column are left over
    Layer(2, 3, (6, 7), (3, 3), (1, 1), (1, 1)),
    Layer(1, 2, (9, 6), (5, 2), (1, 3), (0, 1)),
    Layer(2, 2, (11, 8), (6, 3), (2, 2), (4, 0)),  # three bands; more padding than a band
    Layer(2, 1, (5, 5), (4, 1), (2, 1), (3, 2)),
]


def drawn(shape: tuple[int, ...], dtype: str = "float64") -> npt.NDArray[Any]:
    return np.random.default_rng([len(shape), *shape]).standard_normal(shape).astype(dtype)


def held(shape: tuple[int, ...], dtype: str = "float64") -> npt.NDArray[Any]:
    """Draw images (N, C, H, W) that are held with the batch innermost."""
    batch, *rest = shape
    images: npt.NDArray[Any] = batch_first(drawn((*rest, batch), dtype))
    return images


def assert_served_and_equal(found: Any, expected: npt.NDArray[Any]) -> None:
    assert found is not NotImplemented
    np.testing.assert_allclose(found, expected, rtol=0, atol=1e-12)


NOT_SERVED = {
    "integers": (drawn((8, 3, 8, 8)).astype(int), drawn((4, 3, 4, 4)).astype(int), None),
    "two dtypes": (drawn((8, 3, 8, 8), "float32"), drawn((4, 3, 4, 4)), None),
    "other channels": (drawn((8, 2, 8, 8)), drawn((4, 3, 4, 4)), None),
    "another bias": (drawn((8, 3, 8, 8)), drawn((4, 3, 4, 4)), drawn((1,))),
    "no images": (drawn((3, 8, 8)), drawn((4, 3, 4, 4)), None),
    "an empty batch": (drawn((0, 3, 8, 8)), drawn((4, 3, 4, 4)), None),
    "many channels for few windows": (drawn((1, 3, 4, 4)), drawn((64, 3, 4, 4)), None),
    "a kernel that is no multiple": (drawn((8, 3, 8, 8)), drawn((4, 3, 3, 3)), None),
    "windows that share nothing": (drawn((8, 3, 8, 8)), drawn((4, 3, 2, 2)), None),
}
