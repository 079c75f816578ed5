"""Solutions of the exercises of lesson 14b, text."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[Any]


def perplexity(log_p: Array, lengths: Array) -> float:
    """Pick the characters with a mask of places before the end; all of them count alike."""
    inside = np.arange(log_p.shape[1]) < lengths[:, None]
    return math.exp(-log_p[inside].mean())


def witten_bell(counts: Array, shorter: Array) -> Array:
    """Where nothing was counted both sums are 0, and 1 below them changes nothing else."""
    total = counts.sum(axis=1, keepdims=True)
    different = (counts > 0).sum(axis=1, keepdims=True)
    mixed = (counts + different * shorter) / np.maximum(total + different, 1)
    found: Array = np.where(total == 0, shorter, mixed)
    return found


def nucleus(logits: Array, temperature: float, share: float) -> Array:
    """Keep a character if those that are likelier do not yet have the share."""
    p = np.exp((logits - logits.max()) / temperature)
    p /= p.sum()
    order = np.argsort(-p)
    before = np.cumsum(p[order]) - p[order]
    kept = np.zeros_like(p)
    kept[order[before < share]] = 1
    found: Array = kept * p / (kept * p).sum()
    return found


def windowed_attention(query: Array, key: Array, value: Array, width: int) -> Array:
    """See a key if it lies from 0 to width - 1 places back."""
    scores = query @ key.T / math.sqrt(query.shape[1])
    places = np.arange(len(query))
    back = places[:, None] - places
    scores = np.where((back >= 0) & (back < width), scores, -math.inf)
    weights = np.exp(scores - scores.max(axis=1, keepdims=True))
    found: Array = weights / weights.sum(axis=1, keepdims=True) @ value
    return found


def minimal_gate_rule(
    g: Array, out: Array, gates: Array, new: Array, state: Array, weight: Array
) -> tuple[Array, Array, Array, Array]:
    """Go back through time; the state before gets two paths, and the weight a sum over steps."""
    before = np.concatenate([state[None], out[:-1]])
    kept = 1 / (1 + np.exp(-(gates + weight * before)))
    of_gates, of_new = np.zeros_like(gates), np.zeros_like(new)
    carried = np.zeros_like(state)
    for t in range(len(out) - 1, -1, -1):
        total = g[t] + carried
        of_new[t] = total * (1 - kept[t])
        of_gates[t] = total * (before[t] - new[t]) * kept[t] * (1 - kept[t])
        carried = total * kept[t] + of_gates[t] * weight
    return of_gates, of_new, carried, (of_gates * before).sum(axis=0)
