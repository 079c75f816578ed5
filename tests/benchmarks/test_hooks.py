from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import minigen
from benchmarks.hooks import Kind, between
from minigen import functional as F
from minigen.engine.op import registry


def test_every_forward_rule_and_cotangent_passes_through() -> None:
    seen: Counter[tuple[str, str]] = Counter()

    def run(kind: Kind, name: str, function: Callable[[], Any]) -> Any:
        seen[kind, name] += 1
        return function()

    x = minigen.tensor([1.0, 2.0], requires_grad=True)
    with between(run):
        (x * x).sum().backward()
    assert x.grad is not None
    np.testing.assert_array_equal(x.grad.array, [2.0, 4.0])
    assert seen["forward", "mul"] == 1
    assert seen["rule", "mul"] == 1
    assert seen["cotangent", "mul"] == 2
    assert seen["rule", "sum"] == 1


def test_ops_are_what_they_were_after_the_block_even_after_an_error() -> None:
    before = {name: (op.compute, op.compute_rule) for name, op in registry.items()}

    def run(_kind: Kind, _name: str, _function: Callable[[], Any]) -> Any:
        raise RuntimeError("stop")

    with pytest.raises(RuntimeError, match="stop"), between(run):
        F.exp(minigen.ones(2))
    assert {name: (op.compute, op.compute_rule) for name, op in registry.items()} == before
