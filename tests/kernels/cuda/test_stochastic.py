"""The reparameterisation on a card agrees with the op."""

from __future__ import annotations

import pytest

import minigen
from minigen import functional as F
from minigen.kernels.cuda import stochastic as kernels
from minigen.ops.stochastic import shifted_and_scaled
from tests.kernels.cuda.helpers import DTYPES, check_function, check_rule, drawn
from tests.strict.counters import counting


@pytest.mark.parametrize("dtype", DTYPES)
def test_function_and_rule_agree_with_the_op(dtype: str) -> None:
    arrays = [drawn(dtype, 4, 3, seed=seed) for seed in range(3)]
    check_function(kernels.shifted_and_scaled_on_card, shifted_and_scaled, arrays, dtype)
    g = drawn(dtype, 4, 3, seed=3)
    check_rule(kernels.shifted_and_scaled_vjp_on_card, shifted_and_scaled, g, None, arrays, dtype)


def test_a_draw_is_one_launch_each_way() -> None:
    mu = minigen.randn(4, 3, device="cuda", requires_grad=True)
    logvar = minigen.randn(4, 3, device="cuda", requires_grad=True)
    noise = minigen.randn(4, 3, device="cuda")
    with counting() as counters:
        z = F.reparameterize(mu, logvar, noise=noise)
    assert [launch.name for launch in counters.launches] == ["shifted_and_scaled"]
    g = minigen.randn(4, 3, device="cuda")
    with counting() as counters:
        z.backward(g)
    assert counters.total() == 1


def test_several_samples_of_each_are_left_to_the_ops() -> None:
    mu = minigen.randn(4, 3, device="cuda", requires_grad=True)
    z = F.reparameterize(mu, mu, noise=minigen.randn(2, 4, 3, device="cuda"))
    assert z.shape == (2, 4, 3)
