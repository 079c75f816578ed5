"""Random numbers: seeds, states, dtypes, and the distributions themselves."""

from __future__ import annotations

import json
import math
import subprocess
import sys
from typing import Any

import numpy as np
import pytest

import minigen
import minigen.functional as F
from minigen import Generator, random

DRAWS: dict[str, Any] = {
    "normal": lambda g: g.normal((3, 2)),
    "truncated_normal": lambda g: g.truncated_normal((3, 2), 0.7),
    "uniform": lambda g: g.uniform(4, "float64"),
    "bernoulli": lambda g: g.bernoulli(0.5, (20,)),
    "integers": lambda g: g.integers(0, 100, 8),
    "permutation": lambda g: g.permutation(10),
    "randn": lambda g: minigen.randn(2, 3, generator=g).array,
    "rand": lambda g: minigen.rand(2, 3, generator=g).array,
    "dropout": lambda g: F.dropout(np.ones(20, np.float32), 0.5, generator=g),
    "reparameterize": lambda g: F.reparameterize(np.zeros((2, 2)), np.zeros((2, 2)), generator=g),
}


@pytest.mark.parametrize("name", DRAWS)
def test_one_seed_gives_the_same_numbers_and_another_others(name: str) -> None:
    draw = DRAWS[name]
    first, again, other = draw(Generator(1)), draw(Generator(1)), draw(Generator(2))
    np.testing.assert_array_equal(first, again)
    assert (first != other).any()


@pytest.mark.parametrize("name", DRAWS)
def test_a_saved_state_continues_the_stream_where_it_was(name: str) -> None:
    draw, generator = DRAWS[name], Generator(3)
    draw(generator)
    state = json.loads(json.dumps(generator.get_state()))
    expected = [draw(generator), draw(generator)]
    for continued in (generator, Generator()):
        continued.set_state(state)
        for values in expected:
            np.testing.assert_array_equal(draw(continued), values)


def test_a_state_taken_is_not_changed_by_later_draws() -> None:
    generator = Generator(0)
    state = generator.get_state()
    before = json.dumps(state)
    generator.normal(5)
    assert json.dumps(state) == before


def test_a_foreign_state_is_refused() -> None:
    with pytest.raises((ValueError, TypeError, KeyError)):
        Generator(0).set_state({"bit_generator": "MT19937", "state": {}})


def test_float32_and_integers_in_between_do_not_break_the_saved_stream() -> None:
    generator = Generator(0)
    generator.uniform(1)  # half of a 64-bit word remains
    state = generator.get_state()
    first = generator.uniform(3)
    generator.set_state(state)
    np.testing.assert_array_equal(generator.uniform(3), first)


def test_manual_seed_restarts_the_default_generator() -> None:
    assert minigen.manual_seed(5) is random.default_generator()
    first = minigen.randn(4)
    minigen.manual_seed(5)
    assert (minigen.randn(4) == first).all()
    assert (minigen.randn(4) != first).any()
    assert (minigen.randn(4, generator=Generator(5)) == first).all()


def test_a_generator_of_ones_own_leaves_the_default_one_alone() -> None:
    minigen.manual_seed(0)
    expected = minigen.rand(3)
    minigen.manual_seed(0)
    minigen.rand(3, generator=Generator(1))
    assert (minigen.rand(3) == expected).all()


def test_restarting_a_generator() -> None:
    generator = Generator(0)
    first = generator.normal(3)
    assert generator.manual_seed(0) is generator
    np.testing.assert_array_equal(generator.normal(3), first)


def test_generators_without_a_seed_differ() -> None:
    assert (Generator().normal(8) != Generator().normal(8)).any()


def test_one_seed_gives_the_same_numbers_in_another_process() -> None:
    code = "import minigen; minigen.manual_seed(7); print(minigen.randn(3).tolist())"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    minigen.manual_seed(7)
    assert done.stdout.strip() == str(minigen.randn(3).tolist())


def test_a_seed_must_be_a_natural_number() -> None:
    for seed in (-1, 1.5, "one"):
        with pytest.raises((ValueError, TypeError)):
            minigen.manual_seed(seed)  # type: ignore[arg-type]


@pytest.mark.parametrize("dtype", ["float16", "float32", "float64"])
@pytest.mark.parametrize("name", ["normal", "uniform"])
def test_numbers_have_the_dtype_and_shape_asked_for(name: str, dtype: str) -> None:
    shapes: list[Any] = [(), 3, (2, 0), [2, 3]]
    for shape in shapes:
        array = getattr(Generator(0), name)(shape, dtype)
        assert isinstance(array, np.ndarray)
        assert array.dtype == np.dtype(dtype)
        assert array.shape == np.zeros(shape).shape


def test_numbers_are_float32_unless_asked() -> None:
    generator = Generator(0)
    for array in (generator.normal(1), generator.uniform(1), generator.bernoulli(0.5, 1)):
        assert array.dtype == np.float32


@pytest.mark.parametrize("dtype", ["int64", "bool"])
@pytest.mark.parametrize("name", ["normal", "uniform"])
def test_continuous_numbers_are_not_rounded_to_integers(name: str, dtype: str) -> None:
    with pytest.raises(TypeError, match="float"):
        getattr(Generator(0), name)((100,), dtype)


N = 200_000


def close(estimate: float, value: float, deviation: float) -> None:
    """Compare a mean of N draws with its value: five standard errors apart at most."""
    assert abs(estimate - value) < 5 * deviation / np.sqrt(N)


def test_normal_numbers_have_mean_0_variance_1_and_the_right_tails() -> None:
    z = Generator(0).normal(N, "float64")
    close(z.mean(), 0, 1)
    close((z**2).mean(), 1, np.sqrt(2))
    close((z**3).mean(), 0, np.sqrt(15))
    close((np.abs(z) < 1.959964).mean(), 0.95, np.sqrt(0.95 * 0.05))


def test_uniform_numbers_fill_the_half_open_unit_interval() -> None:
    u = Generator(0).uniform(N, "float64")
    assert u.min() >= 0
    assert u.max() < 1
    close(u.mean(), 0.5, np.sqrt(1 / 12))
    close((u**2).mean(), 1 / 3, np.sqrt(4 / 45))


@pytest.mark.parametrize("dtype", ["float16", "float32", "float64"])
def test_uniform_numbers_are_below_1_in_every_dtype(dtype: str) -> None:
    assert Generator(0).uniform(N, dtype).max() < 1


@pytest.mark.parametrize("p", [0.0, 0.1, 0.5, 1.0])
def test_bernoulli_numbers_are_ones_and_zeros_with_their_probability(p: float) -> None:
    ones = Generator(0).bernoulli(p, N, "float64")
    assert set(np.unique(ones)) <= {0, 1}
    assert abs(ones.mean() - p) <= 5 * np.sqrt(p * (1 - p) / N)


@pytest.mark.parametrize("p", [-0.1, 1.1, float("nan")])
def test_a_probability_lies_between_0_and_1(p: float) -> None:
    with pytest.raises(ValueError, match="probability"):
        Generator(0).bernoulli(p, 3)


def test_integers_and_permutations() -> None:
    generator = Generator(0)
    drawn = generator.integers(2, 5, (1000,))
    assert set(drawn.tolist()) == {2, 3, 4}
    assert drawn.dtype == np.int64
    assert sorted(generator.permutation(10).tolist()) == list(range(10))


@pytest.mark.parametrize("limit", [0.01, 0.7, 3])
def test_a_truncated_normal_distribution_is_the_normal_one_between_its_limits(limit: float) -> None:
    drawn = Generator(0).truncated_normal((40, 500), limit)
    assert drawn.shape == (40, 500)
    assert drawn.dtype == np.float32
    assert np.abs(drawn).max() <= limit
    within = limit / 2  # P(|z| <= t/2) / P(|z| <= t)
    expected = math.erf(within / 2**0.5) / math.erf(limit / 2**0.5)
    assert (np.abs(drawn) <= within).mean() == pytest.approx(expected, abs=0.01)


@pytest.mark.parametrize("limit", [0, -0.7, 0.009, math.nan])
def test_a_normal_distribution_that_is_truncated_to_next_to_nothing_is_refused(
    limit: float,
) -> None:
    with pytest.raises(ValueError, match=r"truncated_normal: limit must be at least 0.01, got"):
        Generator(0).truncated_normal((2,), limit)
