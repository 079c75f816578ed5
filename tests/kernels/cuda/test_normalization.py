"""Batch norm on a card agrees with the op, and is two launches each way."""

from __future__ import annotations

import numpy as np
import pytest

import minigen
from minigen import nn
from minigen.kernels.cuda import normalization as kernels
from minigen.ops.normalization import normalize_channels
from tests.kernels.cuda.helpers import DTYPES, check_function, check_rule, drawn, orders
from tests.strict.counters import counting


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("affine", [True, False])
def test_function_and_rule_agree_with_the_op(dtype: str, affine: bool) -> None:
    weight, bias = (drawn(dtype, 3, seed=seed) if affine else None for seed in (1, 2))
    for x in (*orders(drawn(dtype, 4, 3, 2, 5) * 2 + 1), drawn(dtype, 7, 3)):
        arrays = [x, weight, bias]
        check_function(
            kernels.normalize_channels_on_card, normalize_channels, arrays, dtype, eps=1e-5
        )
        g = drawn(dtype, *x.shape, seed=3)
        rule = kernels.normalize_channels_vjp_on_card
        check_rule(rule, normalize_channels, g, None, arrays, dtype, eps=1e-5)


def test_a_large_mean_costs_no_digits() -> None:
    x = drawn("float32", 64, 2, 4, 4) + np.float32(1000)
    on_card = minigen.tensor(x, device="cuda").array
    found = kernels.normalize_channels_on_card(on_card, None, None, eps=1e-5).get()
    np.testing.assert_allclose(found.std((0, 2, 3)), 1, rtol=1e-4)


def test_a_layer_moves_its_statistics_as_on_the_cpu_and_launches_three_kernels() -> None:
    here, there = nn.BatchNorm2d(3).to("cpu"), nn.BatchNorm2d(3).to("cuda")
    x = drawn("float32", 4, 3, 2, 5) * 2 + 1
    here(minigen.tensor(x, device="cpu"))
    on_card = minigen.tensor(x, device="cuda", requires_grad=True)
    with counting() as counters:
        out = there(on_card)
    ran = [launch.name for launch in counters.launches]
    assert ran[:3] == [  # the counter of batches comes after
        "move_statistics",
        "channel_statistics",
        "normalize_channels",
    ]
    for one, other in zip(here.buffers(), there.buffers(), strict=True):
        np.testing.assert_allclose(other.numpy(), one.numpy(), rtol=1e-6)
    g = minigen.tensor(x, device="cuda")
    with counting() as counters:
        out.backward(g)
    assert [launch.name for launch in counters.launches] == [
        "normalize_channels_sums",
        "normalize_channels_gradient",
    ]


def test_a_graph_that_needs_old_statistics_is_refused_after_they_moved() -> None:
    layer = nn.BatchNorm1d(2).to("cuda")
    x = minigen.ones(3, 2, device="cuda", requires_grad=True)
    running = dict(layer.named_buffers())["running_mean"]
    product = (x * running).sum()
    layer(minigen.randn(3, 2, device="cuda"))
    with pytest.raises(RuntimeError, match="changed in place"):
        product.backward()
