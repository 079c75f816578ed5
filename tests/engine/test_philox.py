"""Philox: the published words, the functions made of plain arithmetic, and where numbers lie."""

from __future__ import annotations

import json
import math
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from minigen import Generator
from minigen.engine.philox import Philox, blocks, circle, logarithm, philox

PUBLISHED = [
    ("00000000 00000000 00000000 00000000", "00000000 00000000",
     "6627e8d5 e169c58d bc57ac4c 9b00dbd8"),
    ("ffffffff ffffffff ffffffff ffffffff", "ffffffff ffffffff",
     "408f276d 41c83b0e a20bc7c6 6d5451fd"),
    ("243f6a88 85a308d3 13198a2e 03707344", "a4093822 299f31d0",
     "d16cfe09 94fdcceb 5001e420 24126ea1"),
]  # fmt: skip
"""Counter, key and words, of the known answers that come with Random123."""


def read(words: str) -> list[int]:
    return [int(word, 16) for word in words.split()]


@pytest.mark.parametrize(("counter", "key", "words"), PUBLISHED)
def test_words_are_the_published_ones(counter: str, key: str, words: str) -> None:
    left, right = read(key)
    found = philox([np.array([word], np.uint64) for word in read(counter)], (left, right))
    assert [int(word[0]) for word in found] == read(words)


def test_blocks_count_on_over_the_first_word() -> None:
    found = blocks(np, (1, 2), 2**32 - 1, 2)
    for number, counter in enumerate([(2**32 - 1, 0), (0, 1)]):
        alone = philox([np.array([word], np.uint64) for word in (*counter, 0, 0)], (1, 2))
        assert [int(word[number]) for word in found] == [int(word[0]) for word in alone]


def spread(n: int) -> npt.NDArray[np.float64]:
    """Return numbers of (0, 1), the closest to its ends among them."""
    near = 2.0 ** -np.arange(1.0, 54)
    return np.concatenate([near, 1 - near, (np.arange(n) + 0.5) / n])


def test_logarithm_is_the_librarys_within_rounding() -> None:
    u = spread(10_000)
    np.testing.assert_allclose(logarithm(u), np.log(u), rtol=4e-16)


def test_cosine_and_sine_are_the_librarys_within_rounding() -> None:
    v = np.append(spread(10_000), 0.0)
    cosine, sine = circle(v)
    np.testing.assert_allclose(cosine, np.cos(2 * np.pi * v), rtol=0, atol=1e-15)
    np.testing.assert_allclose(sine, np.sin(2 * np.pi * v), rtol=0, atol=1e-15)
    np.testing.assert_allclose(cosine**2 + sine**2, 1, rtol=1e-15)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("draw", ["normal", "uniform"])
def test_a_long_draw_is_the_same_stream_as_short_ones(draw: str, dtype: str) -> None:
    whole, parts = Philox(3), Philox(3)
    kind: Any = np.dtype(dtype)
    expected = getattr(whole, draw)(2**16 + 7, kind)
    found = [getattr(parts, draw)(n, kind) for n in (8, 2**16 - 8, 7)]
    np.testing.assert_array_equal(np.concatenate(found), expected)
    assert whole.position == parts.position


N = 200_000


def close(estimate: float, value: float, deviation: float) -> None:
    """Compare a mean of N draws with its value: five standard errors apart at most."""
    assert abs(estimate - value) < 5 * deviation / math.sqrt(N)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_normal_numbers_have_the_normal_distributions_moments_and_tails(dtype: str) -> None:
    z = Generator(0, algorithm="philox").normal(N, dtype).astype(float)
    close(z.mean(), 0, 1)
    close((z**2).mean(), 1, math.sqrt(2))
    close((z**3).mean(), 0, math.sqrt(15))
    close((z**4).mean(), 3, math.sqrt(96))
    for limit in (0.5, 1.0, 2.0, 3.0):
        inside = math.erf(limit / math.sqrt(2))
        close((abs(z) < limit).mean(), inside, math.sqrt(inside * (1 - inside)))
    for lag in range(1, 5):  # neighbours come of one block
        close((z[lag:] * z[:-lag]).mean(), 0, 1)


@pytest.mark.parametrize("dtype", ["float16", "float32", "float64"])
def test_uniform_numbers_fill_the_half_open_unit_interval_evenly(dtype: str) -> None:
    u = Generator(0, algorithm="philox").uniform(N, dtype)
    assert u.min() >= 0
    assert u.max() < 1
    counts = np.bincount((u.astype(float) * 64).astype(int), minlength=64)
    assert len(counts) == 64
    assert ((counts - N / 64) ** 2).sum() / (N / 64) < 63 + 5 * math.sqrt(2 * 63)


def test_integers_and_permutations() -> None:
    generator = Generator(0, algorithm="philox")
    drawn = generator.integers(-2, 5, (1000, 20))
    assert drawn.dtype == np.int64
    counts = np.bincount(drawn.ravel() + 2)
    assert len(counts) == 7
    assert abs(counts - 20_000 / 7).max() < 5 * math.sqrt(20_000 / 7)
    assert sorted(generator.permutation(10).tolist()) == list(range(10))
    first = [generator.permutation(3)[0] for _ in range(600)]
    assert abs(np.bincount(first) - 200).max() < 5 * math.sqrt(200)
    with pytest.raises(ValueError, match="integers: low must be under high"):
        generator.integers(3, 3, 1)


@pytest.mark.parametrize("p", [0.0, 2.0**-24, 0.1, 1 - 2.0**-24, 1.0])
def test_bernoulli_numbers_are_ones_where_the_words_uniform_number_is_under_p(p: float) -> None:
    ones = Generator(1, algorithm="philox").bernoulli(p, 1000)
    u = Generator(1, algorithm="philox").uniform(1000)
    np.testing.assert_array_equal(ones, (u < np.float32(p)).astype(np.float32))


def test_a_state_brings_its_algorithm_along() -> None:
    generator, other = Generator(0, algorithm="philox"), Generator(0)
    generator.normal(5)
    state = json.loads(json.dumps(generator.get_state()))
    other.set_state(state)
    assert other.get_state() == generator.get_state()
    np.testing.assert_array_equal(generator.normal(9), other.normal(9))
    other.set_state(Generator(4).get_state())
    assert other.algorithm == "pcg64"
    np.testing.assert_array_equal(other.normal(3), Generator(4).normal(3))


def test_a_generator_starts_anew_with_the_algorithm_it_had() -> None:
    generator = Generator(0, algorithm="philox")
    first = generator.normal(3)
    np.testing.assert_array_equal(generator.manual_seed(0).normal(3), first)
    assert generator.manual_seed(0, "pcg64").algorithm == "pcg64"


def test_a_foreign_state_is_refused() -> None:
    with pytest.raises(ValueError, match="a state of Philox4x32-10 is expected, got 'PCG64'"):
        Philox(0).state = Generator(0).get_state()


def test_an_unknown_algorithm_is_refused() -> None:
    with pytest.raises(ValueError, match="is one of pcg64, philox, got 'mt19937'"):
        Generator(0, algorithm="mt19937")  # type: ignore[arg-type]


def test_the_numbers_stay_what_they_are() -> None:
    """A run that was saved with one version goes on with the next."""
    generator = Generator(0, algorithm="philox")
    assert generator.uniform(2).tolist() == [0.12218683958053589, 0.5622783899307251]
    assert generator.normal(2).tolist() == [-0.2986745238304138, -0.27665746212005615]
    assert generator.integers(0, 1000, 3).tolist() == [645, 71, 401]
