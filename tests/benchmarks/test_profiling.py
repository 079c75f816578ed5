from __future__ import annotations

import pytest

from benchmarks.libraries import make_trainee
from benchmarks.profiling import BACKWARD, FORWARD, OPTIMIZER, Stopwatch, profile
from benchmarks.workloads import WORKLOADS
from minigen.engine.tensor import Tensor
from minigen.optim import Optimizer


def test_the_parts_of_a_step_add_up_to_it() -> None:
    plain = Optimizer.step, Tensor.backward
    parts = profile(make_trainee("minigen", WORKLOADS["W1"], None), steps=2)
    named = {part["part"]: part for part in parts}
    assert {OPTIMIZER, BACKWARD, FORWARD, "linear", "linear, gradient"} <= named.keys()
    assert sum(part["share"] for part in parts) == pytest.approx(1)
    assert all(part["seconds"] >= 0 for part in parts)
    assert named["linear"]["calls"] == 5
    assert named[OPTIMIZER]["calls"] == 1
    shares = [part["share"] for part in parts]
    assert shares == sorted(shares, reverse=True)
    assert (Optimizer.step, Tensor.backward) == plain


def test_both_sides_of_a_gan_are_profiled() -> None:
    parts = profile(make_trainee("minigen", WORKLOADS["W3"], None), steps=1)
    named = {part["part"]: part for part in parts}
    assert named[OPTIMIZER]["calls"] == 2
    assert "conv_transpose2d, gradient" in named


def test_a_call_inside_another_counts_as_that_one() -> None:
    watch = Stopwatch()
    watch.run("rule", "outer", lambda: watch.run("forward", "inner", lambda: 1))
    assert dict(watch.calls) == {"outer, gradient": 1}
    assert watch.run("forward", "inner", lambda: 2) == 2
    assert watch.calls["inner"] == 1
