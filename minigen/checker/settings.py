"""What a gradient check is asked to do, checked at the boundary."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias, get_args

import numpy as np
import numpy.typing as npt

Vector: TypeAlias = npt.NDArray[np.float64]
"""An array of float64 on the host: everything the checker itself computes with."""

Mode: TypeAlias = Literal["full", "directional"]

Cotangent: TypeAlias = Any
"""``"random"``, ``"ones"``, or an array (a sequence of them) of the shape of the output(s)."""


@dataclass(frozen=True)
class Settings:
    """The options of `gradcheck`."""

    order: int = 1
    mode: Mode = "full"
    cotangent: Cotangent = "random"
    eps: float | None = None
    rtol: float = 1e-5
    atol: float = 1e-7
    seed: int | Sequence[int] = 0

    def __post_init__(self) -> None:
        if self.order not in (1, 2):
            raise ValueError(f"gradcheck: order is 1 or 2, got {self.order!r}")
        if self.mode not in get_args(Mode):
            raise ValueError(f"gradcheck: mode is 'full' or 'directional', got {self.mode!r}")
        if isinstance(self.cotangent, str) and self.cotangent not in ("random", "ones"):
            raise ValueError(
                "gradcheck: cotangent is 'random', 'ones' or an array of the output's shape, "
                f"got {self.cotangent!r}"
            )
        if self.eps is not None and not self.eps > 0:
            raise ValueError(f"gradcheck: the step eps must be positive, got {self.eps!r}")
        if self.rtol < 0 or self.atol < 0:
            raise ValueError(
                f"gradcheck: tolerances must not be negative, got rtol={self.rtol!r}, "
                f"atol={self.atol!r}"
            )

    @property
    def random_cotangent(self) -> bool:
        """Whether cotangents are drawn, so that every output is looked at."""
        return isinstance(self.cotangent, str) and self.cotangent == "random"

    @property
    def sums_output(self) -> bool:
        """Whether only the gradient of the output's sum is compared."""
        return isinstance(self.cotangent, str) and self.cotangent == "ones"

    def tolerance(self, numeric: Any) -> Vector:
        """Return the largest error allowed beside numeric derivatives."""
        return np.asarray(self.atol + self.rtol * np.abs(numeric))

    def powerless(self, numeric: Vector) -> bool:
        """Tell whether a gradient of zeros would pass beside these numeric derivatives."""
        return bool((np.abs(numeric) <= self.tolerance(numeric)).all())
