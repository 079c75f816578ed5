"""Likelihoods and divergences of Gaussians: against integrals, draws and their definitions."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

import minigen
import minigen.functional as F
from minigen import Generator
from minigen.ops.losses import kl_to_standard_normal
from tests.numeric import Floats, assert_gradients, draw, gradient_of, leaf

from .definitions import SHAPE, A, B, loop, nll


def test_a_number_for_the_mean_does_not_widen_integers_for_the_log_variance() -> None:
    values: Any = kl_to_standard_normal(1, np.array([[1, 0, 1]]))
    assert values.dtype == np.float32


def test_large_deviations_stay_finite_in_float32() -> None:
    mu, logvar = leaf([[1e4, -1e4]]), leaf([[-20.0, 20.0]])
    for loss in (
        F.kl_standard_normal(mu, logvar),
        F.gaussian_nll(mu, minigen.zeros(1, 2), logvar),
        F.kl_gaussian(mu, logvar, minigen.zeros(1, 2), minigen.zeros(1, 2)),
    ):
        mu.zero_grad()
        loss.backward()
        assert np.isfinite(loss.item())
        assert np.isfinite(gradient_of(mu)).all()


def normal_density(x: Floats, mu: float, logvar: float) -> Floats:
    density: Floats = np.exp(-((x - mu) ** 2) / (2 * math.exp(logvar)))
    return density / math.sqrt(2 * math.pi * math.exp(logvar))


@pytest.mark.derivation("kl.gaussian", "kl.standard_normal")
@pytest.mark.parametrize(
    ("mu_q", "logvar_q", "mu_p", "logvar_p"),
    [(0.0, 0.0, 0.0, 0.0), (1.0, 0.5, 0.0, 0.0), (-0.5, -1.0, 0.7, 0.4), (0.3, 1.0, 0.2, -0.5)],
)
def test_kl_equals_numerical_integration(
    mu_q: float, logvar_q: float, mu_p: float, logvar_p: float
) -> None:
    x = np.linspace(mu_q - 14 * math.exp(logvar_q / 2), mu_q + 14 * math.exp(logvar_q / 2), 20_001)
    q = normal_density(x, mu_q, logvar_q)
    log_p = -((x - mu_p) ** 2) / (2 * math.exp(logvar_p)) - 0.5 * (logvar_p + math.log(2 * math.pi))
    log_q = -((x - mu_q) ** 2) / (2 * math.exp(logvar_q)) - 0.5 * (logvar_q + math.log(2 * math.pi))
    integral = float((q * (log_q - log_p)).sum() * (x[1] - x[0]))
    a, b, c, d = (np.array([[v]]) for v in (mu_q, logvar_q, mu_p, logvar_p))
    assert float(F.kl_gaussian(a, b, c, d)) == pytest.approx(integral, rel=1e-9, abs=1e-12)
    if mu_p == logvar_p == 0:
        assert float(F.kl_standard_normal(a, b)) == pytest.approx(integral, abs=1e-12)


def test_kl_equals_its_monte_carlo_estimate() -> None:
    n = 400_000
    mu, logvar = np.array([0.8, -0.3]), np.array([-0.7, 0.4])
    noise = Generator(0).normal((n, 2), "float64")
    z = F.reparameterize(np.tile(mu, (n, 1)), np.tile(logvar, (n, 1)), noise=noise)
    ratio: Any = (F.log_normal(z, mu, logvar) - F.log_normal(z)).sum(axis=1)
    exact = float(F.kl_standard_normal(mu[None], logvar[None]))
    assert abs(ratio.mean() - exact) < 5 * ratio.std() / math.sqrt(n)


def test_kl_is_never_negative_and_zero_for_equal_distributions() -> None:
    mu, logvar = draw(50, 2) * 3, draw(50, 2, seed=1) * 3
    assert (F.kl_standard_normal(mu, logvar, "none") >= 0).all()
    other = draw(50, 2, seed=2), draw(50, 2, seed=3)
    assert (F.kl_gaussian(mu, logvar, *other, "none") >= 0).all()
    np.testing.assert_allclose(F.kl_gaussian(mu, logvar, mu, logvar, "none"), 0, atol=1e-15)


def test_kl_takes_the_logarithm_of_the_variance_and_not_the_variance() -> None:
    value = F.kl_standard_normal(minigen.zeros(1, 1), minigen.full((1, 1), math.log(4.0)))
    assert value.item() == pytest.approx(0.5 * (4 - 1 - math.log(4)), rel=1e-6)


def test_descending_on_the_kl_moves_the_posterior_to_the_prior() -> None:
    mu, logvar = leaf([[2.0]]), leaf([[1.5]])
    for _ in range(200):
        mu.zero_grad()
        logvar.zero_grad()
        F.kl_standard_normal(mu, logvar).backward()
        for code in (mu, logvar):
            assert code.grad is not None
            code.data -= 0.1 * code.grad
    assert abs(mu.item()) < 1e-3
    assert abs(logvar.item()) < 1e-3


def test_gaussian_nll_is_a_density_with_every_constant() -> None:
    t = np.linspace(-12, 12, 4001)
    for logvar in (0.0, -1.0, np.float64(0.7), np.full(t.shape, 0.3)):
        each: Any = F.gaussian_nll(np.zeros_like(t), t, logvar, "none")
        assert np.exp(-each).sum() * (t[1] - t[0]) == pytest.approx(1, rel=1e-9)


def test_gaussian_nll_with_unit_variance_is_half_the_squared_error_and_a_constant() -> None:
    constant = 0.5 * math.log(2 * math.pi) * A[0].size
    assert float(F.gaussian_nll(A, B)) == pytest.approx(0.5 * float(F.mse_loss(A, B)) + constant)


@pytest.mark.parametrize("shape", [(), (1,), (2,), (3, 1), (1, 1, 1)])
def test_gaussian_nll_broadcasts_one_variance_over_many(shape: tuple[int, ...]) -> None:
    logvar = draw(*shape)
    expected = loop(nll, A, B, np.broadcast_to(logvar, SHAPE))
    np.testing.assert_allclose(F.gaussian_nll(A, B, logvar, "none"), expected, rtol=1e-10)
    assert_gradients(lambda v: F.gaussian_nll(A, B, v), logvar)


@pytest.mark.derivation("kl.standard_normal")
@pytest.mark.parametrize("logvar", [0.0, 1e-6, -1e-4, 1e-4, 1e-2, -1.0, 3.0, -30.0])
def test_the_divergence_keeps_its_digits_near_a_variance_of_one(logvar: float) -> None:
    rounded = float(np.float32(logvar))
    exact = 0.5 * (math.expm1(rounded) - rounded)  # in float64
    if abs(rounded) < 1e-3:
        exact = 0.5 * (rounded**2 / 2 + rounded**3 / 6)
    found = F.kl_standard_normal(minigen.zeros(1, 1), minigen.full((1, 1), logvar)).item()
    assert found == pytest.approx(exact, rel=1e-3 if 0 < abs(rounded) < 1e-5 else 2e-6, abs=1e-38)


@pytest.mark.derivation("gaussian.nll")
@pytest.mark.parametrize("full", [False, True])
def test_the_likelihood_from_variances_is_that_from_their_logarithms(full: bool) -> None:
    x, target, var = draw(3, 4), draw(3, 4, seed=1), np.exp(draw(3, 1, seed=2))
    expected = F.gaussian_nll(x, target, np.log(var)) - (0 if full else 2 * math.log(2 * math.pi))
    for form in (var, np.broadcast_to(var, (3, 4)), var[:, 0]):
        assert float(F.gaussian_nll_loss(x, target, form, full)) == pytest.approx(float(expected))
    by_number = F.gaussian_nll_loss(x, target, 2.0, full, reduction="none")
    np.testing.assert_allclose(
        by_number, F.gaussian_nll_loss(x, target, np.full((3, 4), 2.0), full, reduction="none")
    )
    assert_gradients(lambda m, t, v: F.gaussian_nll_loss(m, t, v, full), x, target, var)


def test_a_variance_below_the_least_is_raised_and_still_gets_a_gradient() -> None:
    x, target, var = (minigen.tensor([[value]]) for value in (0.0, 1.0, 0.0))
    var.requires_grad = True
    loss = F.gaussian_nll_loss(x, target, var, eps=0.25)
    assert loss.item() == pytest.approx(0.5 * (math.log(0.25) + 4))
    loss.backward()
    assert gradient_of(var).item() == pytest.approx(0.5 * (1 / 0.25 - 1 / 0.25**2))


@pytest.mark.parametrize(
    ("var", "eps", "told"),
    [
        (np.ones((2, 4)), 1e-6, r"gaussian_nll_loss: var of shape \(3, 4\), or one .*\(2, 4\)"),
        (np.ones((3, 4)), -1.0, "gaussian_nll_loss: an eps of 0 or more is expected, got -1"),
        pytest.param(
            -np.ones((3, 4)),
            1e-6,
            "a variance is 0 or more, got -1; of a logarithm .*gaussian_nll",
            marks=pytest.mark.host_only("on a device the check would have to wait"),
        ),
    ],
)
def test_variances_that_are_none_are_refused(var: Any, eps: float, told: str) -> None:
    with pytest.raises(ValueError, match=told):
        F.gaussian_nll_loss(draw(3, 4), draw(3, 4), var, eps=eps)
