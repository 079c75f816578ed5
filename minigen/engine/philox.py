r"""Philox, a generator whose numbers are computed where they are needed, on the CPU or on a GPU.

It keeps no state but a position: the random words are a function of a key, which the seed decides,
and of a counter. So every thread of a GPU computes its own, and nothing is sent there. Salmon,
Moraes, Dror and Shaw, "Parallel random numbers: as easy as 1, 2, 3" (SC11), section 3.3.

The numbers made of these words are the same on both sides to the last bit. Integers are exact, and
so are uniform numbers. Normal numbers need a logarithm, a sine and a cosine, of which every library
rounds its own a little differently. Here they are made of sums, products, quotients and roots in
float64, one after the other in a fixed order. IEEE 754 says how each of these is rounded, so that
there is one result everywhere; it is rounded to float32 at the end.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from minigen.engine.backend import CPU, Array, canonical_device, namespace, use_device
from minigen.engine.card import in_place_on_card

NAME: Final = "Philox4x32-10"
"""Four words of 32 bits at a time, in ten rounds: how the paper calls it."""

ROUNDS: Final = 10

MULTIPLIERS: Final = 0xD2511F53, 0xCD9E8D57

KEY_STEPS: Final = 0x9E3779B9, 0xBB67AE85
"""What the key grows by from round to round: the fractions of the golden ratio and of √3."""

WORDS: Final = 4
"""Words a block."""

_MASK: Final = 0xFFFFFFFF

_AT_ONCE: Final = 2**13
"""Blocks that are computed at once on the CPU: what is made on the way stays in its cache."""

Words = tuple[Array, Array, Array, Array]


def philox(counter: Sequence[Array], key: tuple[int, int]) -> Words:
    """Return the four random words of each counter.

    Parameters
    ----------
    counter : sequence of four arrays of uint64
        Words of 32 bits, of one shape.
    key : pair of int
        Two words.

    Examples
    --------
    >>> zeros = [np.zeros(1, np.uint64)] * 4
    >>> [f"{int(word[0]):08x}" for word in philox(zeros, (0, 0))]
    ['6627e8d5', 'e169c58d', 'bc57ac4c', '9b00dbd8']
    """
    a, b, c, d = counter
    left, right = key
    for _ in range(ROUNDS):
        first, second = a * MULTIPLIERS[0], c * MULTIPLIERS[1]
        a, b = (second >> 32) ^ b ^ left, second & _MASK
        c, d = (first >> 32) ^ d ^ right, first & _MASK
        left, right = (left + KEY_STEPS[0]) & _MASK, (right + KEY_STEPS[1]) & _MASK
    return a, b, c, d


def blocks(xp: Any, key: tuple[int, int], first: int, count: int) -> Words:
    """Return the words of `count` blocks, from the block number `first` on, as uint64."""
    counter = xp.arange(first, first + count, dtype=np.uint64)
    zeros = xp.zeros(count, np.uint64)
    return philox((counter & _MASK, counter >> 32, zeros, zeros), key)


# ------------------------------------------------------------------------ from words to numbers

LN2: Final = math.log(2)
SQRT_HALF: Final = math.sqrt(0.5)
HALF_PI: Final = math.pi / 2

LOGARITHM: Final = tuple(1 / (2 * n + 1) for n in range(12))
r"""Of :math:`\operatorname{artanh}(s) / s` by powers of s²; |s| is at most 0.172."""

SINE: Final = tuple((-1) ** n / math.factorial(2 * n + 1) for n in range(10))
"""Of sin(t) / t by powers of t²; |t| is at most π / 4."""

COSINE: Final = tuple((-1) ** n / math.factorial(2 * n) for n in range(10))
"""Of cos(t) by powers of t²."""


def uniforms(words: Words, dtype: Any) -> tuple[Array, ...]:
    r"""Return numbers of [0, 1): :math:`k\,2^{-24}` of each word, or :math:`k\,2^{-53}` of two."""
    if dtype == np.float32:
        return tuple((word >> 8).astype(np.float32) * np.float32(2.0**-24) for word in words)
    a, b, c, d = words
    return tuple(_joined(high, low, 26) * 2.0**-53 for high, low in ((a, b), (c, d)))


def normals(words: Words, dtype: Any) -> tuple[Array, ...]:
    """Return normal numbers: four of a block, or two in float64."""
    a, b, c, d = words
    if dtype == np.float64:
        return normal_pair((_joined(a, b, 25) + 0.5) * 2.0**-52, _joined(c, d, 26) * 2.0**-53)
    pairs = [
        normal_pair((radius.astype(float) + 0.5) * 2.0**-32, angle.astype(float) * 2.0**-32)
        for radius, angle in ((a, b), (c, d))
    ]
    return tuple(number.astype(np.float32) for pair in pairs for number in pair)


def _joined(high: Array, low: Array, bits: int) -> Array:
    """Return the upper 27 bits of one word and the upper `bits` of another as one number."""
    return (((high >> 5) << bits) | (low >> (32 - bits))).astype(float)


def normal_pair(u: Array, v: Array) -> tuple[Array, Array]:
    r"""Make two independent normal numbers of two uniform ones.

    .. math:: \sqrt{-2 \ln u}\,\cos 2\pi v, \qquad \sqrt{-2 \ln u}\,\sin 2\pi v

    Box and Muller (1958), "A note on the generation of random normal deviates".

    Parameters
    ----------
    u : array of float64, in (0, 1)
    v : array of float64, in [0, 1)

    Examples
    --------
    >>> first, second = normal_pair(np.exp([-2.0, -8.0]), np.array([0.0, 0.25]))
    >>> first.round(12).tolist(), second.round(12).tolist()
    ([2.0, -0.0], [0.0, 4.0])
    """
    radius = namespace(u).sqrt(logarithm(u) * -2.0)
    cosine, sine = circle(v)
    return radius * cosine, radius * sine


def logarithm(u: Array) -> Array:
    r"""Return ln u for u of (0, 1), of :math:`u = m\,2^e`.

    .. math:: \ln u = e \ln 2 + 2 \operatorname{artanh} s, \qquad s = \frac{m - 1}{m + 1},
              \qquad \sqrt{1/2} \le m < \sqrt 2
    """
    bits = u.view(np.uint64)
    exponent = (bits >> 52).astype(float) - 1022.0
    mantissa = ((bits & (2**52 - 1)) | (1022 << 52)).view(np.float64)  # of [1/2, 1)
    low = mantissa < SQRT_HALF
    mantissa = namespace(u).where(low, mantissa + mantissa, mantissa)
    s = (mantissa - 1.0) / (mantissa + 1.0)
    return (exponent - low) * LN2 + _series(LOGARITHM, s * s) * (s + s)


def circle(v: Array) -> tuple[Array, Array]:
    r"""Return :math:`\cos 2\pi v` and :math:`\sin 2\pi v` for v of [0, 1).

    The angle is divided into quarter turns and what is left, :math:`|t| \le \pi/4`; a quarter turn
    takes (c, s) to (-s, c).
    """
    xp = namespace(v)
    turned = v * 4.0
    quarters = xp.floor(turned + 0.5)
    t = (turned - quarters) * HALF_PI
    square = t * t
    cosine, sine = _series(COSINE, square), _series(SINE, square) * t
    odd = (quarters == 1) | (quarters == 3)
    cosine, sine = xp.where(odd, sine, cosine), xp.where(odd, cosine, sine)
    left, below = (quarters == 1) | (quarters == 2), (quarters == 2) | (quarters == 3)
    return xp.where(left, -cosine, cosine), xp.where(below, -sine, sine)


def _series(coefficients: Sequence[float], x: Array) -> Array:
    """Return a polynomial by Horner's rule."""
    total = x * coefficients[-1] + coefficients[-2]
    for coefficient in coefficients[-3::-1]:
        total = total * x + coefficient
    return total


def below_one(drawn: Array) -> Array:
    """Return numbers of [0, 1), of which rounding to 16 bits may have made 1s."""
    if drawn.dtype != np.float16:
        return drawn
    one = np.ones((), drawn.dtype)
    return namespace(drawn).minimum(drawn, np.nextafter(one, -one))


# ------------------------------------------------------------------------------------- into arrays


def per_block(dtype: Any) -> int:
    """Return how many numbers of a dtype a block makes."""
    return WORDS if dtype == np.float32 else WORDS // 2


@in_place_on_card
def fill_uniform(out: Array, left: int, right: int, first: int) -> None:
    """Fill an array row by row with uniform numbers of a key's blocks, from the first on."""
    _fill(out, left, right, first, uniforms)


@in_place_on_card
def fill_normal(out: Array, left: int, right: int, first: int) -> None:
    """Fill an array row by row with normal numbers."""
    _fill(out, left, right, first, normals)


@in_place_on_card
def fill_bernoulli(out: Array, left: int, right: int, first: int, threshold: int) -> None:
    r"""Fill an array with ones where a word's upper 24 bits are under the threshold, and zeros."""

    def below(words: Words, dtype: Any) -> tuple[Array, ...]:
        return tuple(((word >> 8) < threshold).astype(dtype) for word in words)

    _fill(out, left, right, first, below, WORDS)


def _fill(
    out: Array,
    left: int,
    right: int,
    first: int,
    numbers: Callable[[Words, Any], tuple[Array, ...]],
    each: int | None = None,
) -> None:
    xp, flat, each = namespace(out), out.reshape(-1), each or per_block(out.dtype)
    count = -(-flat.size // each)
    step = _AT_ONCE if xp is np else max(count, 1)
    for start in range(0, count, step):
        some = min(step, count - start)
        drawn = numbers(blocks(xp, (left, right), first + start, some), out.dtype)
        place = flat[start * each : (start + some) * each]
        place[...] = xp.stack(drawn, axis=1).reshape(-1)[: place.size]


class Philox:
    """A stream of random numbers that are computed on the device that asks for them.

    Parameters
    ----------
    seed : int or sequence of int, optional
        Decides the key, by NumPy's `SeedSequence`. Without it, the operating system's entropy does.

    Examples
    --------
    >>> stream = Philox(0)
    >>> first = stream.uniform((2, 3), np.dtype(np.float32))
    >>> first.shape, stream.state["state"]["position"]
    ((2, 3), 2)
    """

    def __init__(self, seed: int | Sequence[int] | None = None) -> None:
        left, right = np.random.SeedSequence(seed).generate_state(2).tolist()
        self.key: tuple[int, int] = left, right
        self.position = 0

    def normal(self, shape: Any, dtype: Any, device: str = CPU) -> Array:
        """Draw from the standard normal distribution."""
        return self._filled(fill_normal, shape, dtype, device)

    def uniform(self, shape: Any, dtype: Any, device: str = CPU) -> Array:
        """Draw uniformly from [0, 1)."""
        return below_one(self._filled(fill_uniform, shape, dtype, device))

    def bernoulli(self, probability: float, shape: Any, dtype: Any, device: str = CPU) -> Array:
        """Draw ones with a probability, of which 24 bits count, and zeros otherwise."""
        out = _empty(shape, dtype, device)
        threshold = math.ceil(float(np.float32(probability)) * 2**24)
        fill_bernoulli(out, *self.key, self._taken(-(-out.size // WORDS)), threshold)
        return out

    def integers(self, low: int, high: int, shape: Any) -> npt.NDArray[np.int64]:
        """Draw integers from [low, high), on the host.

        They are remainders of words of 64 bits: of n integers none is likelier than another by more
        than a part in :math:`2^{64} / n`.
        """
        if not low < high:
            raise ValueError(f"integers: low must be under high, got {low} and {high}")
        count = math.prod(_lengths(shape))
        drawn = self._long_words(count) % np.uint64(high - low)
        return (drawn.astype(np.int64) + low).reshape(_lengths(shape))

    def permutation(self, n: int) -> npt.NDArray[np.int64]:
        """Return the numbers 0 to n - 1 in the order of as many random words, on the host."""
        return np.argsort(self._long_words(n), kind="stable").astype(np.int64, copy=False)

    @property
    def state(self) -> dict[str, Any]:
        """The state as integers and strings, in the form of NumPy's bit generators."""
        return {
            "bit_generator": NAME,
            "state": {"key": list(self.key), "position": self.position},
        }

    @state.setter
    def state(self, state: Mapping[str, Any]) -> None:
        if state.get("bit_generator") != NAME:
            raise ValueError(f"a state of {NAME} is expected, got {state.get('bit_generator')!r}")
        left, right = map(int, state["state"]["key"])
        self.key, self.position = (left, right), int(state["state"]["position"])

    def _filled(self, fill: Callable[..., None], shape: Any, dtype: Any, device: str) -> Array:
        """Return a new array; of other floats than float32 and float64, as float32 converted."""
        drawn = np.float64 if np.dtype(dtype) == np.float64 else np.float32
        out = _empty(shape, drawn, device)
        fill(out, *self.key, self._taken(-(-out.size // per_block(out.dtype))))
        return out.astype(dtype, copy=False)

    def _long_words(self, count: int) -> npt.NDArray[np.uint64]:
        """Return words of 64 bits, two a block."""
        number = -(-count // 2)
        a, b, c, d = blocks(np, self.key, self._taken(number), number)
        words: npt.NDArray[np.uint64] = np.stack(((a << 32) | b, (c << 32) | d), axis=1)
        return words.reshape(-1)[:count]

    def _taken(self, count: int) -> int:
        """Move on by so many blocks; return the first of them."""
        first = self.position
        self.position += count
        return first


def _empty(shape: Any, dtype: Any, device: str) -> Array:
    name = canonical_device(device)
    return (np if name == CPU else use_device(name)).empty(_lengths(shape), dtype)


def _lengths(shape: Any) -> tuple[int, ...]:
    return tuple(map(int, shape)) if np.ndim(shape) else (int(shape),)
