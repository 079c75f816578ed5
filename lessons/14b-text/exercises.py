r"""Exercises of lesson 14b, text.

Replace each ``raise NotImplementedError`` by your answer, and run ``minigen exercise 14b``.
"""

from __future__ import annotations

from typing import Any

import numpy.typing as npt

Array = npt.NDArray[Any]


def perplexity(log_p: Array, lengths: Array) -> float:
    r"""Return the perplexity of texts of several lengths: e to the nats a character.

    .. math:: \exp\Bigl(-\frac{1}{\sum_i n_i} \sum_{i=1}^{N} \sum_{m=1}^{n_i}
              \ln p(x_{im} \mid x_{i1}, \dots, x_{i,m-1})\Bigr)

    A model that hesitates between k equally likely characters everywhere has the perplexity k.

    Parameters
    ----------
    log_p : array, shape (N, L)
        The logarithm of the probability that the model gave to each character; what stands behind
        a text's end is meaningless, and may be anything, NaN among it.
    lengths : array of int, shape (N,)
        :math:`n_i`, how many characters each text has, its end among them.

    Returns
    -------
    float
    """
    raise NotImplementedError("one mean over all characters of all texts, then its exponential")


def witten_bell(counts: Array, shorter: Array) -> Array:
    r"""Return the probabilities of the next character by Witten-Bell smoothing.

    It is interpolation whose strength is not chosen but counted: a context that was followed by
    many different characters will be followed by new ones, too. With :math:`d(h)` for the number
    of *different* characters that were seen after h,

    .. math:: p(v \mid h) = \frac{c(h, v) + d(h)\, p'(v \mid h)}{c(h) + d(h)},
              \qquad c(h) = \sum_v c(h, v)

    A context that was never seen has the probabilities of the shorter one.

    Parameters
    ----------
    counts : array, shape (H, V)
        c, for H contexts and V characters; a row may be all zeros.
    shorter : array, shape (H, V)
        p', the probabilities by the next shorter context of each.

    Returns
    -------
    array, shape (H, V)
        Each row sums to 1.
    """
    raise NotImplementedError("add as many counts of the shorter context as characters differ")


def nucleus(logits: Array, temperature: float, share: float) -> Array:
    r"""Return the probabilities that nucleus sampling, or top-p, draws from.

    First the temperature, :math:`p = \mathrm{softmax}(l / T)`. Then, of the characters in order of
    p, the likeliest first, as few are kept as together have a probability of at least `share`; the
    one that crosses it is kept, too. The others get 0, and what is kept is normalised.

    Parameters
    ----------
    logits : array, shape (V,)
        l, no two of them equal; some may be as large as 1000.
    temperature : float
        T, positive.
    share : float
        In (0, 1].

    Returns
    -------
    array, shape (V,)
        Sums to 1.
    """
    raise NotImplementedError("softmax, sort, keep up to the one that crosses the share, normalise")


def windowed_attention(query: Array, key: Array, value: Array, width: int) -> Array:
    r"""Return attention that sees the last `width` places, its own among them.

    .. math:: o_t = \sum_{s = \max(0,\, t - w + 1)}^{t} P_{ts}\, v_s, \qquad
              P_{ts} = \frac{e^{q_t \cdot k_s / \sqrt d}}
              {\sum_{j = \max(0,\, t - w + 1)}^{t} e^{q_t \cdot k_j / \sqrt d}}

    Parameters
    ----------
    query, key : array, shape (L, d)
        q and k.
    value : array, shape (L, E)
        v.
    width : int
        w, 1 or more.

    Returns
    -------
    array, shape (L, E)
    """
    raise NotImplementedError("scores, then a mask of a band, then softmax along the keys")


def minimal_gate_rule(
    g: Array, out: Array, gates: Array, new: Array, state: Array, weight: Array
) -> tuple[Array, Array, Array, Array]:
    r"""Return the gradient rule of a recurrent unit with one gate.

    For t = 1, ..., L, everything element by element,

    .. math:: f_t = \sigma(a_t + w\, h_{t-1}), \qquad
              h_t = f_t\, h_{t-1} + (1 - f_t)\, n_t

    The state enters each step twice: as what is kept, and in the gate.

    Parameters
    ----------
    g : array, shape (L, H)
        The cotangent of all states :math:`h_1, \dots, h_L`.
    out : array, shape (L, H)
        The states themselves.
    gates, new : array, shape (L, H)
        a and n.
    state : array, shape (H,)
        :math:`h_0`.
    weight : array, shape (H,)
        w, the same at each step.

    Returns
    -------
    tuple of arrays
        The cotangents of gates, new, state and weight.
    """
    raise NotImplementedError("walk from the last step to the first, and carry the cotangent of h")
