"""Checks of the exercises of lesson 14b, text."""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable
from typing import Any

import numpy as np

from minigen import Generator
from minigen.course.expectations import expect, expect_array, expect_rule


def _quietly(answer: Callable[..., Any], *inputs: Any) -> Any:
    """Call an answer without its warnings about overflow and division."""
    with np.errstate(all="ignore"), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return answer(*inputs)


def check_perplexity(answer: Callable[..., Any]) -> None:
    """Check texts of several lengths, with nonsense behind their ends."""
    log_p = -np.abs(Generator(1).normal((4, 7), np.float64)) - 0.1
    lengths = np.array([3, 7, 1, 4])
    inside = np.arange(7) < lengths[:, None]
    kept = np.where(inside, log_p, 0.0)
    right = math.exp(-log_p[inside].mean())
    expect_array(
        answer(log_p, lengths),
        right,
        "the perplexity",
        mistakes={
            "what stands behind a text's end is counted, too": math.exp(-log_p.mean()),
            "divided by all places, padding among them: divide by the sum of the lengths": (
                math.exp(-kept.mean())
            ),
            "each text has the same weight; each character should have": (
                math.exp(-(kept.sum(axis=1) / lengths).mean())
            ),
            "of each text for itself, then averaged: take one mean over all characters": (
                np.exp(-kept.sum(axis=1) / lengths).mean()
            ),
            "these are the nats a character: take the exponential": -log_p[inside].mean(),
            "2 to that power: the logarithms are natural ones": 2 ** -log_p[inside].mean(),
            "the sign: the mean of ln p is negative, and perplexity above 1": 1 / right,
            "the end of each text is left out": (
                math.exp(
                    -np.concatenate(
                        [row[: n - 1] for row, n in zip(log_p, lengths, strict=True)]
                    ).mean()
                )
            ),
            "nats a text, not a character: divide by the sum of the lengths": (
                math.exp(-kept.sum() / 4)
            ),
        },
    )
    hollow = np.where(inside, math.log(1 / 5), math.nan)
    found = _quietly(answer, hollow, lengths)
    expect(
        bool(np.isfinite(found)),
        "with NaN behind the ends the result is no number: pick the characters, do not multiply "
        "by 0",
    )
    expect_array(found, 5.0, "the perplexity of five equally likely characters")


def check_witten_bell(answer: Callable[..., Any]) -> None:
    """Check contexts of several varieties, and one that was never seen."""
    counts = np.array([[4.0, 0, 1, 0, 0], [1, 1, 1, 2, 3], [0, 6, 0, 0, 0]])
    shorter = np.abs(Generator(2).normal((3, 5), np.float64))
    shorter /= shorter.sum(axis=1, keepdims=True)
    total = counts.sum(axis=1, keepdims=True)
    seen = (counts > 0).sum(axis=1, keepdims=True)
    right = (counts + seen * shorter) / (total + seen)
    expect_array(
        answer(counts, shorter),
        right,
        "the table",
        mistakes={
            "these are the plain shares: nothing is smoothed": counts / total,
            "d counts the characters that were *not* seen after the context": (
                (counts + (5 - seen) * shorter) / (total + 5 - seen)
            ),
            "d is the number of all characters": (counts + 5 * shorter) / (total + 5),
            "one count of the shorter context is added: add d of them": (
                (counts + shorter) / (total + 1)
            ),
            "d is divided evenly, not as the shorter context says": (
                (counts + seen / 5) / (total + seen)
            ),
            "rows do not sum to 1: d is missing below": (counts + seen * shorter) / total,
            "d counts over all contexts: it belongs to each row": (
                (counts + seen.sum() * shorter) / (total + seen.sum())
            ),
        },
    )
    new = np.array([[0.0, 0, 0, 0, 0], [0, 0, 0, 0, 2]])
    found = _quietly(answer, new, shorter[:2])
    expect(
        np.isfinite(found).all(),
        "of a context that was never seen the row is 0 / 0: it is that of the shorter context",
    )
    expect_array(found[0], shorter[0], "the row of a context that was never seen")


def check_nucleus(answer: Callable[..., Any]) -> None:
    """Check several shares, a temperature, and logits that overflow."""
    logits = np.array([0.2, 2.0, -1.0, 1.2, 0.9])
    for temperature, share in ((1.0, 0.7), (4.0, 0.72), (1.0, 0.95)):
        right = _kept(logits, temperature, share)
        warm, plain = np.exp(logits / temperature), np.exp(logits)
        cold = _cut(plain / plain.sum(), share)
        expect_array(
            answer(logits, temperature, share),
            right,
            f"the distribution for T = {temperature:g} and a share of {share:g}",
            mistakes={
                "the one that crosses the share is left out": (
                    _kept(logits, temperature, share, crossing=False)
                ),
                "not normalised: what is kept has to sum to 1": (
                    _cut(warm / warm.sum(), share) * (warm / warm.sum())
                ),
                "the cut is made at T = 1: the temperature comes first": (
                    cold * warm / (cold * warm).sum()
                ),
                "the temperature is not heeded": _kept(logits, 1.0, share),
                "multiplied by the temperature: divide": _kept(logits, 1 / temperature, share),
                "nothing is cut": warm / warm.sum(),
                "the unlikeliest are kept": (
                    _kept_of_order(warm / warm.sum(), np.argsort(warm), share)
                ),
            },
        )
    expect_array(
        _quietly(answer, logits, 1.0, 1.0), _kept(logits, 1.0, 1.0), "with a share of 1, all"
    )
    found = _quietly(answer, np.array([1000.0, 999.0, -1000.0]), 1.0, 0.9)
    expect(
        np.isfinite(found).all(),
        "for logits of 1000 an exponential overflowed: take the largest one away first",
    )
    expect_array(found, _kept(np.array([1.0, 0.0, -1999.0]), 1.0, 0.9), "for logits of 1000")


def _kept(logits: Any, temperature: float, share: float, crossing: bool = True) -> Any:
    """Return the answer, or what it is without the character that crosses the share."""
    p = np.exp((logits - logits.max()) / temperature)
    p /= p.sum()
    found = _cut(p, share, crossing) * p
    return found / max(found.sum(), 1e-300)


def _cut(p: Any, share: float, crossing: bool = True) -> Any:
    """Return ones where a character is kept, and zeros."""
    order = np.argsort(-p)
    sums = np.cumsum(p[order])
    inside = sums - p[order] < share if crossing else sums < share
    kept = np.zeros_like(p)
    kept[order[inside]] = 1
    return kept


def _kept_of_order(p: Any, order: Any, share: float) -> Any:
    """Return what is kept if characters are taken in a given order."""
    kept = np.zeros_like(p)
    kept[order[np.cumsum(p[order]) - p[order] < share]] = 1
    return kept * p / (kept * p).sum()


def check_windowed_attention(answer: Callable[..., Any]) -> None:
    """Check windows of several widths, and one that is wider than the text."""
    q, k = (1.5 * Generator(seed).normal((6, 4), np.float64) for seed in (3, 4))
    v = Generator(5).normal((6, 3), np.float64)
    places = np.arange(6)
    back = places[:, None] - places

    def attend(seen: Any, scale: float = 0.5, keys: bool = True) -> Any:
        powers = np.exp(q @ k.T * scale) * seen
        return powers / powers.sum(axis=1 if keys else 0, keepdims=True) @ v

    for width in (2, 3, 9):
        seen = (back >= 0) & (back < width)
        late = np.exp(q @ k.T / 2)
        expect_array(
            answer(q, k, v, width),
            attend(seen),
            f"the output for a width of {width}",
            mistakes={
                "one place too many: its own is among the `width`": (
                    attend((back >= 0) & (back <= width))
                ),
                "the scale is missing: divide the scores by sqrt(d)": attend(seen, 1.0),
                "divided by d: it is sqrt(d)": attend(seen, 0.25),
                "the window is not heeded: all places up to t are seen": attend(back >= 0),
                "it sees what comes: keys behind t must not count": attend(back < width),
                "the window lies ahead: s runs from t - w + 1 to t": (
                    attend((back <= 0) & (back > -width))
                ),
                "the weights are normalised over queries: each *row* sums to 1": (
                    _quietly(attend, seen, 0.5, False)
                ),
                "masked after the softmax: the weights of a row no longer sum to 1": (
                    late / late.sum(axis=1, keepdims=True) * seen @ v
                ),
                "a masked score of 0 still has the weight e^0: it must be -inf": (
                    _softmax(np.where(seen, q @ k.T / 2, 0.0)) @ v
                ),
            },
        )
    large = _quietly(answer, 4000 * np.eye(3), np.eye(3), np.arange(9.0).reshape(3, 3), 2)
    expect(
        np.isfinite(large).all(),
        "for scores of two thousand an exponential overflowed: take each row's largest away",
    )


def _softmax(scores: Any) -> Any:
    powers = np.exp(scores)
    return powers / powers.sum(axis=1, keepdims=True)


def _walk(gates: Any, new: Any, state: Any, weight: Any) -> Any:
    """Return the states of the unit with one gate."""
    states = []
    for a, n in zip(gates, new, strict=True):
        f = 1 / (1 + np.exp(-(a + weight * state)))
        state = f * state + (1 - f) * n
        states.append(state)
    return np.array(states)


def check_minimal_gate_rule(answer: Callable[..., Any]) -> None:
    """Check all four cotangents against finite differences."""
    inputs = [
        Generator(seed).normal(shape, np.float64)
        for seed, shape in ((6, (4, 3)), (7, (4, 3)), (8, (3,)), (9, (3,)))
    ]

    def rule(kept: bool = True, gate: bool = True, first: bool = False) -> Callable[..., Any]:
        """Return the rule with one of the paths left out."""

        def wrong(g: Any, out: Any, a: Any, n: Any, h: Any, w: Any) -> Any:
            before = np.concatenate([h[None], out[:-1]])
            f = 1 / (1 + np.exp(-(a + w * before)))
            of_a, of_n, carried = np.zeros_like(a), np.zeros_like(n), np.zeros_like(h)
            of_w = np.zeros_like(w)
            for t in range(len(out) - 1, -1, -1):
                total = g[t] + carried
                of_n[t] = total * (1 - f[t])
                of_a[t] = total * (before[t] - n[t]) * f[t] * (1 - f[t])
                carried = kept * total * f[t] + gate * of_a[t] * w
                of_w = of_a[t] * before[t] + (0 if first else of_w)
            return of_a, of_n, carried, of_w

        return wrong

    expect_rule(
        _walk,
        answer,
        inputs,
        mistakes={
            "the state enters the gate, too: the path through w is missing": rule(gate=False),
            "the state is kept, too: the path through f is missing": rule(kept=False),
            "nothing is carried from step to step: h_{t-1} decides all that comes after": (
                rule(kept=False, gate=False)
            ),
            "the weight stands in every step: sum its cotangents": rule(first=True),
        },
    )
