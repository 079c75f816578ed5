"""The ledger of launches: what each call costs, after CuPy's source."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import minigen
from minigen.engine.backend import add_to
from tests.strict.counters import Counters, counting
from tests.strict.library import Library

COSTS: list[tuple[Callable[..., Any], list[str]]] = [
    (lambda xp, x, m: x + 1, ["kernel"]),
    (lambda xp, x, m: x.T, []),
    (lambda xp, x, m: x[1:].reshape(-1), []),
    (lambda xp, x, m: x.T.reshape(-1), ["kernel"]),
    (lambda xp, x, m: x.copy(), ["copy"]),
    (lambda xp, x, m: x.T.copy(), ["kernel"]),
    (lambda xp, x, m: xp.zeros(3), ["set"]),
    (lambda xp, x, m: xp.empty(3), []),
    (lambda xp, x, m: xp.ones(3), ["kernel"]),
    (lambda xp, x, m: x.sum(), ["kernel"]),
    (lambda xp, x, m: x @ x.T, ["product"]),
    (lambda xp, x, m: x[:, ::2] @ x[:, ::2].T, ["kernel", "kernel", "product"]),
    (lambda xp, x, m: xp.matmul(m, m), ["product"]),
    (lambda xp, x, m: xp.matmul(m, m.swapaxes(1, 2)), ["kernel", "product"]),
    (lambda xp, x, m: x[xp.asarray([0, 1])], ["kernel"]),
    (lambda xp, x, m: x[xp.asarray([0, 1]), xp.asarray([0, 1])], ["kernel"] * 4),
    (lambda xp, x, m: xp.concatenate([x, x]), ["kernel"] * 2),
    (lambda xp, x, m: x.__setitem__(0, 1.0), ["kernel"]),
    (lambda xp, x, m: x.__setitem__(0, x[1]), ["copy"]),
    (lambda xp, x, m: xp.add(x, 1, out=x), ["kernel"]),
    (lambda xp, x, m: x.__iadd__(1.0), ["kernel"]),
    (lambda xp, x, m: x.fill(0), ["kernel"]),
    (lambda xp, x, m: xp.add.at(x, xp.asarray([0]), x[:1]), ["kernel"]),
]


@pytest.mark.parametrize(("call", "kinds"), COSTS)
def test_a_call_costs_what_cupys_source_says(
    call: Callable[..., Any], kinds: list[str], cupy: Library
) -> None:
    x = cupy.asarray(np.arange(20, dtype=np.float32).reshape(4, 5))
    matrices = cupy.asarray(np.ones((2, 3, 3), np.float32))
    with counting() as counters:
        call(cupy, x, matrices)
    assert [launch.kind for launch in counters.launches] == kinds


def test_adding_in_place_by_an_index_copies_where_the_first_axis_has_length_1(
    cupy: Library,
) -> None:
    def launches(channels: int, add: Callable[..., None]) -> int:
        images = cupy.zeros((channels, 3, 3), np.float32)
        with counting() as counters:
            add(images)
        return len(counters.launches)

    def by_index(images: Any) -> None:
        images[:, :2] += 1

    assert (launches(2, by_index), launches(1, by_index)) == (1, 3)
    assert launches(1, lambda images: add_to(images[:, :2], 1)) == 1


@pytest.mark.usefixtures("cupy")
def test_a_launch_names_the_line_of_the_library() -> None:
    x = minigen.ones(3, device="cuda")
    with counting() as counters:
        x.exp()
    (launch,) = counters.launches
    assert (launch.kind, launch.name) == ("kernel", "exp")
    assert launch.line.startswith("minigen/ops/arithmetic.py:")


def test_totals_are_of_what_computes_or_of_what_is_asked_for(cupy: Library) -> None:
    with counting() as counters:
        x = cupy.zeros((2, 2), np.float32)
        (x @ x + 1).copy()
    assert (counters.total(), counters.total("set"), counters.total("copy")) == (2, 1, 1)
    assert counters == Counters()  # launches are no reads
