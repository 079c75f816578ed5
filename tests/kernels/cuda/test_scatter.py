"""The gradient of an index on a card: the op's, added in a fixed order."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import minigen
import minigen.functional as F
from minigen.kernels.cuda import scatter as kernels
from minigen.ops.shaping import put
from tests.kernels.cuda.helpers import DTYPES, agree, drawn, sent
from tests.strict.counters import counting
from tests.strict.raw import block_of

PICKED = np.array([[2, 0, 2], [1, 2, -1]])

CASES: dict[str, tuple[tuple[int, ...], Any]] = {
    "rows": ((5, 4), PICKED),
    "rows, in a tuple": ((5, 4), (PICKED,)),
    "numbers": ((5,), PICKED),
    "bytes": ((5, 2), np.array([4, 4, 0], np.uint8)),
    "an axis inside": ((2, 5, 3), (slice(None), PICKED)),
    "two arrays": ((5, 4), (PICKED, PICKED % 2)),
    "an array and an integer": ((5, 4, 2), (PICKED, 1)),
    "nothing": ((5, 4), np.zeros(0, np.int64)),
}


def on_card(index: Any) -> Any:
    if isinstance(index, tuple):
        return tuple(on_card(part) for part in index)
    return sent(index) if isinstance(index, np.ndarray) else index


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("name", CASES)
def test_sums_are_the_ops(name: str, dtype: str) -> None:
    shape, index = CASES[name]
    x = drawn(dtype, *np.zeros(shape)[index].shape)
    expected = put.forward(x, index, shape)
    for threads in (1, 4):
        with block_of(threads):
            found = kernels.put_on_card(sent(x), index=on_card(index), shape=shape)
        agree(found, expected, dtype)
        assert found.shape == shape


def test_summands_are_added_in_their_order_whatever_the_threads() -> None:
    """The order is seen: 1e16 + 1 - 1e16 is 0, and 1e16 - 1e16 + 1 is 1."""
    summands = np.array([1e16, 1.0, -1e16, 1.0])
    found = []
    for threads in (1, 2, 8):
        for places in ([1, 1, 1, 0], [1, 1, 1, 1]):
            with block_of(threads):
                out = kernels.put_on_card(sent(summands), index=sent(np.array(places)), shape=(2,))
            found.append(out.get().tolist())
    assert found == [[1, 0], [0, 1]] * 3


def test_atomic_sums_are_left_out_of_an_embeddings_gradient() -> None:
    weight = minigen.randn(5, 3, device="cuda", requires_grad=True)
    indices = minigen.tensor([1, 4, 1], device="cuda")
    y = F.embedding(indices, weight)
    with counting() as counters:
        y.sum().backward()
    names = [launch.name for launch in counters.launches]
    assert "put_rows" in names
    assert "add.at" not in names
    assert counters.reads == counters.synchronisations == []
    assert weight.grad is not None
    assert weight.grad.numpy().tolist() == [[0] * 3, [2] * 3, [0] * 3, [0] * 3, [1] * 3]


@pytest.mark.parametrize(
    ("x", "index"),
    [
        (np.ones(2, np.float32), slice(0, 2)),
        (np.ones(2, np.float32), np.array([True, False, True])),
        (np.ones(2, np.float16), np.array([0, 1])),
    ],
    ids=["a slice", "a mask", "float16"],
)
def test_what_is_left_to_the_op(x: Any, index: Any) -> None:
    given = sent(x)
    assert kernels.put_on_card(given, index=on_card(index), shape=(3,)) is NotImplemented
