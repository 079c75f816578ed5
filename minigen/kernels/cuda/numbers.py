"""Numbers that a captured step reads from the card's memory: see `minigen.engine.capture`.

They are handed over by value in a launch before the step, so that nothing has to be copied from the
host's memory, which the program may have changed before the card comes to it.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np

from minigen.engine.backend import Array, namespace
from minigen.engine.capture import write_numbers
from minigen.engine.card import kernel_of
from minigen.kernels.cuda.source import Kernel

MOST: Final = 256
"""Numbers a launch: a kernel's arguments are at most 4 KiB."""

# out[i] = the i-th number
WRITE: Final = Kernel(
    "write_numbers",
    "const Numbers told, double* out, Index n",
    "for (EACH(i, n)) out[i] = told.values[i];",
    f"struct Numbers {{ double values[{MOST}]; }};",
)


@kernel_of(write_numbers)
def write_numbers_on_card(out: Array, numbers: Any) -> bool:
    """Write numbers into an array of float64."""
    for start in range(0, out.size, MOST):
        part = out[start : start + MOST]
        told = np.zeros(MOST)
        told[: part.size] = numbers[start : start + MOST]
        WRITE.launch(namespace(out), np.float64, part.size, told, part, part.size)
    return True
