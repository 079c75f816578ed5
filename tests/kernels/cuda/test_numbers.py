"""Numbers that a captured step reads from the card's memory."""

from __future__ import annotations

import numpy as np

from minigen.engine.capture import write_numbers
from minigen.engine.recording import Varying
from minigen.kernels.cuda.numbers import MOST
from minigen.kernels.cuda.source import Kernel
from tests.kernels.cuda.helpers import sent
from tests.strict.counters import counting
from tests.strict.library import Library

SHIFT = Kernel(
    "shift",
    "Number* x, Index n, Index times, Number by",
    "for (EACH(i, n)) x[i] += times * by;",
)


def test_numbers_are_written_by_a_launch_and_not_copied(cupy: Library) -> None:
    out = cupy.zeros(MOST + 3, float)
    with counting() as counters:
        write_numbers(out, [number / 7 for number in range(MOST + 3)])
    assert (out.get() == np.arange(MOST + 3) / 7).all()
    assert [launch.name for launch in counters.launches] == ["write_numbers"] * 2
    assert counters.uploads == []


def test_a_kernel_reads_its_last_numbers_from_memory_with_the_bits_it_would_be_handed(
    cupy: Library,
) -> None:
    for dtype in (np.float32, np.float64):
        told, handed = (sent(np.ones(3, dtype)) for _ in range(2))
        numbers = sent(np.array([3.0, 0.1]))
        SHIFT.launch(cupy, dtype, 3, told, 3, Varying(numbers))
        SHIFT.launch(cupy, dtype, 3, handed, 3, 3, 0.1)
        assert (told.get() == handed.get()).all()
        assert told.get()[0] == dtype(1) + 3 * dtype(0.1)
