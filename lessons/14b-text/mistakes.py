"""Wrong answers to the exercises of lesson 14b, and what the check says of each."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from lessons.mistake import mistake

from .solutions import nucleus, perplexity, windowed_attention


def inside(log_p: Any, lengths: Any) -> Any:
    return np.arange(log_p.shape[1]) < lengths[:, None]


@mistake("perplexity", "behind a text's end is counted")
def everything(log_p: Any, lengths: Any) -> Any:
    return math.exp(-log_p.mean())


@mistake("perplexity", "padding among them")
def over_places(log_p: Any, lengths: Any) -> Any:
    return math.exp(-np.where(inside(log_p, lengths), log_p, 0).mean())


@mistake("perplexity", "each text has the same weight")
def mean_of_means(log_p: Any, lengths: Any) -> Any:
    kept = np.where(inside(log_p, lengths), log_p, 0)
    return math.exp(-(kept.sum(axis=1) / lengths).mean())


@mistake("perplexity", "take the exponential")
def nats(log_p: Any, lengths: Any) -> Any:
    return math.log(perplexity(log_p, lengths))


@mistake("perplexity", "the logarithms are natural ones")
def power_of_two(log_p: Any, lengths: Any) -> Any:
    return 2 ** math.log(perplexity(log_p, lengths))


@mistake("perplexity", "the sign")
def sign(log_p: Any, lengths: Any) -> Any:
    return 1 / perplexity(log_p, lengths)


@mistake("perplexity", "do not multiply by 0")
def times_zero(log_p: Any, lengths: Any) -> Any:
    mask = inside(log_p, lengths)
    return math.exp(-(log_p * mask).sum() / mask.sum())


@mistake("witten_bell", "nothing is smoothed")
def shares(counts: Any, shorter: Any) -> Any:
    return counts / counts.sum(axis=1, keepdims=True)


@mistake("witten_bell", "*not* seen")
def unseen(counts: Any, shorter: Any) -> Any:
    d = (counts == 0).sum(axis=1, keepdims=True)
    return (counts + d * shorter) / (counts.sum(axis=1, keepdims=True) + d)


@mistake("witten_bell", "number of all characters")
def all_characters(counts: Any, shorter: Any) -> Any:
    d = counts.shape[1]
    return (counts + d * shorter) / (counts.sum(axis=1, keepdims=True) + d)


@mistake("witten_bell", "add d of them")
def one_count(counts: Any, shorter: Any) -> Any:
    return (counts + shorter) / (counts.sum(axis=1, keepdims=True) + 1)


@mistake("witten_bell", "d is missing below")
def not_normalised(counts: Any, shorter: Any) -> Any:
    d = (counts > 0).sum(axis=1, keepdims=True)
    return (counts + d * shorter) / counts.sum(axis=1, keepdims=True)


@mistake("witten_bell", "the row is 0 / 0")
def nothing_by_nothing(counts: Any, shorter: Any) -> Any:
    d = (counts > 0).sum(axis=1, keepdims=True)
    return (counts + d * shorter) / (counts.sum(axis=1, keepdims=True) + d)


@mistake("nucleus", "crosses the share is left out")
def without_the_last(logits: Any, temperature: float, share: float) -> Any:
    p = np.exp(logits / temperature)
    p /= p.sum()
    order = np.argsort(-p)
    p[order[np.cumsum(p[order]) >= share]] = 0
    return p / p.sum()


@mistake("nucleus", "not normalised")
def unnormalised(logits: Any, temperature: float, share: float) -> Any:
    p = np.exp(logits / temperature)
    return np.where(nucleus(logits, temperature, share) > 0, p / p.sum(), 0)


@mistake("nucleus", "the temperature comes first")
def cut_before(logits: Any, temperature: float, share: float) -> Any:
    p = np.exp(logits / temperature) * (nucleus(logits, 1.0, share) > 0)
    return p / p.sum()


@mistake("nucleus", "the temperature is not heeded")
def without_temperature(logits: Any, temperature: float, share: float) -> Any:
    return nucleus(logits, 1.0, share)


@mistake("nucleus", "multiplied by the temperature")
def multiplied(logits: Any, temperature: float, share: float) -> Any:
    return nucleus(logits, 1 / temperature, share)


@mistake("nucleus", "nothing is cut")
def uncut(logits: Any, temperature: float, share: float) -> Any:
    return nucleus(logits, temperature, 1.0)


@mistake("nucleus", "take the largest one away first")
def overflowing(logits: Any, temperature: float, share: float) -> Any:
    p = np.exp(logits / temperature)
    p /= p.sum()
    order = np.argsort(-p)
    kept = np.zeros_like(p)
    kept[order[np.cumsum(p[order]) - p[order] < share]] = 1
    return kept * p / (kept * p).sum()


@mistake("windowed_attention", "its own is among")
def one_too_many(query: Any, key: Any, value: Any, width: int) -> Any:
    return windowed_attention(query, key, value, width + 1)


@mistake("windowed_attention", "the scale is missing")
def unscaled(query: Any, key: Any, value: Any, width: int) -> Any:
    return windowed_attention(query * math.sqrt(query.shape[1]), key, value, width)


@mistake("windowed_attention", "all places up to t")
def without_window(query: Any, key: Any, value: Any, width: int) -> Any:
    return windowed_attention(query, key, value, len(query))


@mistake("windowed_attention", "it sees what comes")
def without_mask(query: Any, key: Any, value: Any, width: int) -> Any:
    places = np.arange(len(query))
    powers = np.exp(query @ key.T / math.sqrt(query.shape[1]))
    powers *= places[:, None] - places < width
    return powers / powers.sum(axis=1, keepdims=True) @ value


@mistake("windowed_attention", "must be -inf")
def masked_by_zero(query: Any, key: Any, value: Any, width: int) -> Any:
    places = np.arange(len(query))
    back = places[:, None] - places
    scores = query @ key.T / math.sqrt(query.shape[1])
    powers = np.exp(np.where((back >= 0) & (back < width), scores, 0))
    return powers / powers.sum(axis=1, keepdims=True) @ value


@mistake("windowed_attention", "take each row's largest away")
def too_large(query: Any, key: Any, value: Any, width: int) -> Any:
    places = np.arange(len(query))
    back = places[:, None] - places
    powers = np.exp(query @ key.T / math.sqrt(query.shape[1]))
    powers = np.where((back >= 0) & (back < width), powers, 0)
    return powers / powers.sum(axis=1, keepdims=True) @ value


def walk_back(
    g: Any, out: Any, gates: Any, new: Any, state: Any, weight: Any, kept: Any, gate: Any
) -> Any:
    before = np.concatenate([state[None], out[:-1]])
    f = 1 / (1 + np.exp(-(gates + weight * before)))
    of_gates, of_new, carried = np.zeros_like(gates), np.zeros_like(new), np.zeros_like(state)
    for t in reversed(range(len(out))):
        total = g[t] + carried
        of_new[t] = total * (1 - f[t])
        of_gates[t] = total * (before[t] - new[t]) * f[t] * (1 - f[t])
        carried = kept * total * f[t] + gate * of_gates[t] * weight
    return of_gates, of_new, carried, (of_gates * before).sum(axis=0)


@mistake("minimal_gate_rule", "the path through w is missing")
def no_gate(g: Any, out: Any, gates: Any, new: Any, state: Any, weight: Any) -> Any:
    return walk_back(g, out, gates, new, state, weight, 1, 0)


@mistake("minimal_gate_rule", "the path through f is missing")
def not_kept(g: Any, out: Any, gates: Any, new: Any, state: Any, weight: Any) -> Any:
    return walk_back(g, out, gates, new, state, weight, 0, 1)


@mistake("minimal_gate_rule", "nothing is carried")
def step_by_step(g: Any, out: Any, gates: Any, new: Any, state: Any, weight: Any) -> Any:
    return walk_back(g, out, gates, new, state, weight, 0, 0)


@mistake("minimal_gate_rule", "sum its cotangents")
def first_step_only(g: Any, out: Any, gates: Any, new: Any, state: Any, weight: Any) -> Any:
    found = walk_back(g, out, gates, new, state, weight, 1, 1)
    return *found[:3], found[0][0] * state
