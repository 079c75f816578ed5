r"""N-grams: how likely a token is after the last few, counted in texts, and smoothed.

They are what a language model of one's own has to beat, and take no training but counting.
"""

from __future__ import annotations

import math
from collections import Counter
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from minigen.models.language import IGNORED, targets

Tokens = npt.NDArray[Any]
Probabilities = npt.NDArray[np.float64]

STRENGTHS: Final = (0.1, 0.2, 0.5, 1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0, 128.0)
"""Of interpolation, which are tried: how many counts the shorter n-grams are worth."""

ADDED: Final = (0.001, 0.003, 0.01, 0.03, 0.1, 0.2, 0.5, 1.0, 2.0)
"""Of additive smoothing, which are tried: what is added to every count."""

ORDERS: Final = 6
"""How long n-grams are at most."""


class NGrams:
    r"""N-grams of texts, of all orders up to one, with their counts smoothed in two ways.

    Let c(h, x) count how often x followed the context h, the last n - 1 tokens, and c(h) how often
    h was followed by anything. *Additive* smoothing adds a number to every count,

    .. math:: p_n(x \mid h) = \frac{c(h, x) + k_n}{c(h) + k_n V},

    for V tokens; *interpolation* adds what the next shorter n-gram expects, so that it decides
    where little was counted,

    .. math:: p_n(x \mid h) = \frac{c(h, x) + \alpha_n\, p_{n-1}(x \mid h')}{c(h) + \alpha_n},
              \qquad p_0(x) = \frac1V.

    For each order k and alpha are those of `ADDED` and `STRENGTHS` under which validation texts are
    likeliest.

    Parameters
    ----------
    texts, validation : array of int64, shape (N, L)
        What is counted, and what the smoothing is chosen by: numbers of tokens, filled up with 0,
        which is a text's last token, too. Before the first, contexts are filled up with 0.
    tokens : int
        V, how many there are.
    orders : int, default 6
        How long n-grams are at most.

    References
    ----------
    Chen, Goodman (1999), "An empirical study of smoothing techniques for language modeling".
    MacKay, Peto (1995), "A hierarchical Dirichlet language model": the interpolation.

    Examples
    --------
    >>> texts = np.array([[1, 2, 1, 0], [1, 2, 0, 0]])
    >>> bigrams = NGrams(texts, texts, tokens=3, orders=2)
    >>> round(bigrams.interpolated(texts)[-1], 2)
    0.49
    """

    def __init__(
        self, texts: Tokens, validation: Tokens, tokens: int, orders: int = ORDERS
    ) -> None:
        self._tokens = tokens
        self._orders = orders
        rows = _windows(texts, orders)
        self._counts = [Counter(_keys(rows[:, -n:])) for n in range(1, orders + 1)]
        self._totals = [Counter(_keys(rows[:, -n:-1])) for n in range(1, orders + 1)]
        self.added, self.strengths = self._chosen(_windows(validation, orders))

    def additive(self, texts: Tokens) -> list[float]:
        """Return the nats a token of texts (N, L), by n-grams of order 1, 2 and so on."""
        counted = self._counted(_windows(texts, self._orders))
        return [
            _nats(_additive(*both, added, self._tokens))
            for both, added in zip(counted, self.added, strict=True)
        ]

    def interpolated(self, texts: Tokens) -> list[float]:
        """Return the same by interpolated n-grams."""
        rows = _windows(texts, self._orders)
        probabilities, found = np.full(len(rows), 1 / self._tokens), []
        for both, strength in zip(self._counted(rows), self.strengths, strict=True):
            probabilities = _interpolated(*both, strength, probabilities)
            found.append(_nats(probabilities))
        return found

    def _chosen(self, rows: Tokens) -> tuple[list[float], list[float]]:
        """Return what is added, and how strong shorter n-grams are, of each order, by `rows`."""
        added, strengths = [], []
        shorter = np.full(len(rows), 1 / self._tokens)
        for count, total in self._counted(rows):
            by_sum = {k: _nats(_additive(count, total, k, self._tokens)) for k in ADDED}
            by_strength = {a: _interpolated(count, total, a, shorter) for a in STRENGTHS}
            added.append(min(by_sum, key=lambda k: by_sum[k]))
            strengths.append(min(by_strength, key=lambda a: _nats(by_strength[a])))
            shorter = by_strength[strengths[-1]]
        return added, strengths

    def _counted(self, rows: Tokens) -> list[tuple[Probabilities, Probabilities]]:
        """Return for each order how often the rows' tokens and contexts were counted."""
        found = []
        for n, (counts, totals) in enumerate(zip(self._counts, self._totals, strict=True), 1):
            count = np.array([counts[key] for key in _keys(rows[:, -n:])], np.float64)
            total = np.array([totals[key] for key in _keys(rows[:, -n:-1])], np.float64)
            found.append((count, total))
        return found


def _windows(texts: Tokens, orders: int) -> Tokens:
    """Return every token of texts (N, L), its end among them, behind those before it: rows."""
    filled = np.pad(texts, ((0, 0), (orders - 1, 0)))
    windows = np.lib.stride_tricks.sliding_window_view(filled, orders, axis=1)
    rows: Tokens = windows[targets(texts) != IGNORED]
    return rows


def _keys(rows: Tokens) -> list[Any]:
    """Return rows as what dictionaries take."""
    return [tuple(row) for row in rows.tolist()] if rows.shape[1] else [()] * len(rows)


def _additive(
    count: Probabilities, total: Probabilities, added: float, tokens: int
) -> Probabilities:
    return (count + added) / (total + added * tokens)


def _interpolated(
    count: Probabilities, total: Probabilities, strength: float, shorter: Probabilities
) -> Probabilities:
    return (count + strength * shorter) / (total + strength)


def _nats(probabilities: Probabilities) -> float:
    """Return the mean of negative logarithms; NaN of nothing."""
    return float(-np.log(probabilities).mean()) if len(probabilities) else math.nan
