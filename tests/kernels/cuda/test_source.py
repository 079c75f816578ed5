"""A kernel's text, what kernels serve, and in which memory order they write."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest

from minigen.engine import choice
from minigen.kernels.cuda import source
from minigen.kernels.cuda.source import TYPES, Kernel
from minigen.ops.activation import relu
from tests.kernels.cuda.helpers import drawn, orders, sent
from tests.kernels.cuda.listing import all_kernels
from tests.strict.counters import counting
from tests.strict.library import Library

SUM = Kernel(
    "sum_of_block",
    "const Number* x, Number* out, Index n",
    """double sum = 0;
    for (Index i = threadIdx.x; i < n; i += blockDim.x) sum += x[i];
    sum = block_sum(sum);
    out[blockIdx.x] = (Number)sum;""",
    source.BLOCK_SUM,
)


@pytest.mark.parametrize("threads", [1, 2, 64, 256])
def test_a_block_sums_with_any_power_of_two_of_threads(threads: int, cupy: Library) -> None:
    from tests.strict.raw import block_of

    x, out = sent(np.arange(1000.0)), cupy.empty(2)
    with block_of(threads):
        SUM.launch_blocks(cupy, "float64", 2, x, out, 1000)
    assert out.get().tolist() == [499500, 499500]


@pytest.mark.parametrize("name", all_kernels())
def test_every_kernel_has_a_formula_above_it_and_a_name_of_its_own(name: str) -> None:
    kernel = all_kernels()[name]
    assert [each.name for each in all_kernels().values()].count(kernel.name) == 1
    module = name.partition(".")[0]
    text = Path(source.__file__).with_name(f"{module}.py").read_text(encoding="utf-8")
    assert re.search(rf'\n# .*\n\w+: Final = Kernel\(\n?\s*"{kernel.name}"', text), name


def test_the_text_names_the_dtype() -> None:
    for dtype, name in TYPES.items():
        assert SUM.source(dtype).startswith(f"typedef {name} Number;")
    with pytest.raises(KeyError):
        SUM.source("float16")


def test_nothing_is_launched_for_no_elements(cupy: Library) -> None:
    with counting() as counters:
        SUM.launch(cupy, "float32", 0, cupy.empty(0), cupy.empty(1), 0)
    assert counters.launches == []


def test_what_kernels_serve() -> None:
    x = sent(np.ones(2, np.float32))
    assert source.serves(x, x)
    assert not source.serves(x, sent(np.ones(2)))
    assert not source.serves(np.ones(2, np.float32))
    assert not source.serves(sent(np.ones(2, np.float16)))
    assert not source.serves(sent(np.ones(2, np.int64)))
    assert not source.serves(x, 2.0)


def test_an_array_in_another_order_is_copied_into_the_first_ones_order() -> None:
    rows, last, gaps = (sent(array) for array in orders(drawn("float32", 2, 3, 2, 4)))
    assert source.held_as(rows, rows) is rows
    copied = source.held_as(last, rows)
    assert copied.strides == last.strides
    np.testing.assert_array_equal(copied.get(), rows.get())
    assert source.dense(last) is last
    assert source.is_dense(source.dense(gaps))


def test_the_cotangent_of_a_sum_is_read_as_one_number(cupy: Library) -> None:
    reference = sent(drawn("float32", 2, 3))
    broadcast = cupy.broadcast_to(sent(np.ones((), np.float32)), (2, 3))
    assert source.spread(reference, broadcast)[1] == 0
    assert source.spread(reference, reference)[0] is reference


def test_readable_ops_alone_launch_no_kernel_of_the_library(cupy: Library) -> None:
    x = sent(drawn("float32", 3))
    with choice.using(choice.READABLE), counting() as counters:
        relu(x)
    assert [launch.name for launch in counters.launches] == ["maximum"]
    with counting() as counters:
        relu(x)
    assert [launch.name for launch in counters.launches] == ["relu"]
