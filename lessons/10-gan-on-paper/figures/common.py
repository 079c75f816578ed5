"""What several of lesson 10's modules need."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

import minigen
from minigen import Tensor, viz

Array = npt.NDArray[Any]
BLUE, ORANGE = viz.COLOURS[0], viz.COLOURS[1]


def sigmoid(s: Any) -> Any:
    """Return 1 / (1 + exp(-s))."""
    return 1 / (1 + np.exp(-s))


def column(points: Array) -> Tensor:
    """Return numbers as a tensor of one column."""
    return minigen.tensor(points.astype(np.float32).reshape(-1, 1))
