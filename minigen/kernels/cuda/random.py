r"""Philox's numbers, a launch a draw; see `minigen.engine.philox`.

A thread computes a block of words, and the numbers made of it. Sums and products of float64 are
written as functions that the compiler may not fuse into one with a single rounding; so these are
the numbers of the host, bit by bit. The constants are the host's.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from minigen.engine.backend import Array, namespace
from minigen.engine.card import kernel_of
from minigen.engine.philox import (
    COSINE,
    HALF_PI,
    KEY_STEPS,
    LN2,
    LOGARITHM,
    MULTIPLIERS,
    ROUNDS,
    SINE,
    SQRT_HALF,
    WORDS,
    fill_bernoulli,
    fill_normal,
    fill_uniform,
    per_block,
)
from minigen.kernels.cuda.source import Kernel, serves

_PHILOX: Final = f"""
typedef unsigned int Word;
typedef unsigned long long Long;
struct Block {{ Word a, b, c, d; }};
__device__ Block philox(Long number, Word left, Word right) {{
    Block w = {{(Word)number, (Word)(number >> 32), 0, 0}};
    for (int round = 0; round < {ROUNDS}; round++) {{
        Long first = (Long){MULTIPLIERS[0]}u * w.a, second = (Long){MULTIPLIERS[1]}u * w.c;
        w = {{(Word)(second >> 32) ^ w.b ^ left, (Word)second,
             (Word)(first >> 32) ^ w.d ^ right, (Word)first}};
        left += {KEY_STEPS[0]}u;
        right += {KEY_STEPS[1]}u;
    }}
    return w;
}}
__device__ double joined(Word high, Word low, int bits) {{
    return (double)((((Long)high >> 5) << bits) | (low >> (32 - bits)));
}}
__device__ double scaled(double k, Long parts) {{ return k / (double)parts; }}
// Write what a block made to where it belongs, as far as the array goes.
__device__ void put(Number* out, Index n, Index block, const double* made, int count) {{
    for (int j = 0; j < count && block * count + j < n; j++)
        out[block * count + j] = (Number)made[j];
}}
"""


def _horner(name: str, coefficients: Sequence[float]) -> str:
    """Return a function that computes a polynomial as the host does."""
    steps = [f"total = plus(times(total, x), {value!r});" for value in coefficients[-2::-1]]
    body = "\n    ".join([f"double total = {coefficients[-1]!r};", *steps, "return total;"])
    return f"__device__ double {name}(double x) {{\n    {body}\n}}\n"


_NORMAL: Final = f"""
__device__ double plus(double a, double b) {{ return __dadd_rn(a, b); }}
__device__ double times(double a, double b) {{ return __dmul_rn(a, b); }}
{_horner("artanh_series", LOGARITHM)}
{_horner("sine_series", SINE)}
{_horner("cosine_series", COSINE)}
__device__ double logarithm(double u) {{
    int exponent;
    double mantissa = frexp(u, &exponent);
    if (mantissa < {SQRT_HALF!r}) {{ mantissa = plus(mantissa, mantissa); exponent--; }}
    double s = plus(mantissa, -1.0) / plus(mantissa, 1.0);
    double series = times(artanh_series(times(s, s)), plus(s, s));
    return plus(times((double)exponent, {LN2!r}), series);
}}
__device__ void normal_pair(double u, double v, double* made) {{
    double turned = times(v, 4.0), quarters = floor(plus(turned, 0.5));
    double t = times(plus(turned, -quarters), {HALF_PI!r}), square = times(t, t);
    double c = cosine_series(square), s = times(sine_series(square), t);
    int quarter = (int)quarters;
    double cosine = quarter % 2 ? s : c, sine = quarter % 2 ? c : s;
    if (quarter == 1 || quarter == 2) cosine = -cosine;
    if (quarter == 2 || quarter == 3) sine = -sine;
    double radius = sqrt(times(logarithm(u), -2.0));
    made[0] = times(radius, cosine);
    made[1] = times(radius, sine);
}}
"""

_DRAW: Final = "Number* out, Index n, Index blocks, Index first, Index left, Index right"

_BLOCK: Final = "Block w = philox((Long)(first + i), (Word)left, (Word)right);"

# u = k 2⁻²⁴ of each word, or k 2⁻⁵³ of two
UNIFORM: Final = Kernel(
    "philox_uniform",
    _DRAW,
    f"""for (EACH(i, blocks)) {{
        {_BLOCK}
        if (sizeof(Number) == 4) {{
            double made[4] = {{scaled(w.a >> 8, 1ull << 24), scaled(w.b >> 8, 1ull << 24),
                              scaled(w.c >> 8, 1ull << 24), scaled(w.d >> 8, 1ull << 24)}};
            put(out, n, i, made, 4);
        }} else {{
            double made[2] = {{scaled(joined(w.a, w.b, 26), 1ull << 53),
                              scaled(joined(w.c, w.d, 26), 1ull << 53)}};
            put(out, n, i, made, 2);
        }}
    }}""",
    _PHILOX,
)

# z = √(-2 ln u) cos 2πv and √(-2 ln u) sin 2πv
NORMAL: Final = Kernel(
    "philox_normal",
    _DRAW,
    f"""for (EACH(i, blocks)) {{
        {_BLOCK}
        double made[4];
        if (sizeof(Number) == 4) {{
            normal_pair(scaled(w.a + 0.5, 1ull << 32), scaled(w.b, 1ull << 32), made);
            normal_pair(scaled(w.c + 0.5, 1ull << 32), scaled(w.d, 1ull << 32), made + 2);
            put(out, n, i, made, 4);
        }} else {{
            double u = scaled(joined(w.a, w.b, 25) + 0.5, 1ull << 52);
            normal_pair(u, scaled(joined(w.c, w.d, 26), 1ull << 53), made);
            put(out, n, i, made, 2);
        }}
    }}""",
    _PHILOX + _NORMAL,
)

# m = [k < p 2²⁴] of the upper 24 bits k of each word
BERNOULLI: Final = Kernel(
    "philox_bernoulli",
    f"{_DRAW}, Index threshold",
    f"""for (EACH(i, blocks)) {{
        {_BLOCK}
        double made[4] = {{(double)((w.a >> 8) < threshold), (double)((w.b >> 8) < threshold),
                          (double)((w.c >> 8) < threshold), (double)((w.d >> 8) < threshold)}};
        put(out, n, i, made, 4);
    }}""",
    _PHILOX,
)


@kernel_of(fill_uniform)
def fill_uniform_on_card(out: Array, left: int, right: int, first: int) -> bool:
    """Fill an array; tell whether it was served."""
    return _fill(UNIFORM, out, per_block(out.dtype), first, left, right)


@kernel_of(fill_normal)
def fill_normal_on_card(out: Array, left: int, right: int, first: int) -> bool:
    """Fill an array; tell whether it was served."""
    return _fill(NORMAL, out, per_block(out.dtype), first, left, right)


@kernel_of(fill_bernoulli)
def fill_bernoulli_on_card(out: Array, left: int, right: int, first: int, threshold: int) -> bool:
    """Fill an array; tell whether it was served."""
    return _fill(BERNOULLI, out, WORDS, first, left, right, threshold)


def _fill(kernel: Kernel, out: Array, each: int, *numbers: Any) -> bool:
    if not serves(out) or not out.flags.c_contiguous:
        return False
    blocks = -(-out.size // each)
    kernel.launch(namespace(out), out.dtype, blocks, out, out.size, blocks, *numbers)
    return True
