"""Philox draws the same numbers on a card as on the host, to the last bit, in a launch."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import minigen
import minigen.functional as F
from minigen import Generator
from minigen.engine import choice
from minigen.engine.backend import array_of, to_numpy
from tests.kernels.cuda.helpers import DTYPES
from tests.strict.counters import counting
from tests.strict.raw import block_of

DRAWS: dict[str, Callable[..., Any]] = {
    "normal": lambda g, n, **on: g.normal(n, **on),
    "uniform": lambda g, n, **on: g.uniform(n, **on),
    "bernoulli": lambda g, n, **on: g.bernoulli(0.3, n, **on),
}


def philox(seed: int = 7) -> Generator:
    return Generator(seed, algorithm="philox")


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("name", DRAWS)
def test_numbers_are_the_hosts_to_the_last_bit(name: str, dtype: str) -> None:
    for kernels, threads in ((None, 1), (None, 4), (choice.READABLE, 1)):
        here, there = philox(), philox()
        for shape in (1, (3, 5), 0, 4000):
            expected = DRAWS[name](here, shape, dtype=dtype)
            with block_of(threads), choice.using(kernels or choice.kernels()):
                found = DRAWS[name](there, shape, dtype=dtype, device="cuda")
            assert found.dtype == expected.dtype
            assert found.get().tobytes() == expected.tobytes()
        assert here.get_state() == there.get_state()


def test_half_precision_is_the_hosts_too() -> None:
    for name in ("normal", "uniform"):
        expected = DRAWS[name](philox(), 100, dtype="float16")
        found = DRAWS[name](philox(), 100, dtype="float16", device="cuda")
        assert found.get().tobytes() == expected.tobytes()


@pytest.mark.parametrize("name", DRAWS)
def test_a_draw_is_one_launch_and_sends_nothing(name: str) -> None:
    philox().normal(1, device="cuda")  # the card's first use
    with counting() as counters:
        DRAWS[name](philox(), (3, 5), device="cuda")
    assert [launch.name for launch in counters.launches] == [f"philox_{name}"]
    assert counters.uploads == counters.reads == counters.synchronisations == []


def test_ops_draw_from_it_on_the_card() -> None:
    def drawn(device: str) -> list[Any]:
        generator = philox()
        x = minigen.ones(3, 4, device=device)
        noise = (
            F.dropout(x, 0.5, generator=generator),
            minigen.randn(3, generator=generator, device=device),
        )
        return [to_numpy(array_of(value)) for value in noise]

    for found, expected in zip(drawn("cuda"), drawn("cpu"), strict=True):
        np.testing.assert_array_equal(found, expected)


def test_the_default_generator_serves_it_when_it_was_seeded_so() -> None:
    try:
        minigen.manual_seed(3, algorithm="philox")
        with counting() as counters:
            found = minigen.randn(5, device="cuda")
        assert counters.uploads == []
        np.testing.assert_array_equal(found.numpy(), philox(3).normal(5))
    finally:
        minigen.manual_seed(0)
