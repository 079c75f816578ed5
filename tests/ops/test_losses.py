"""Losses: against their definitions in loops, at the extremes, and in what they refuse."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import minigen
import minigen.functional as F
from minigen import Generator, Tensor
from minigen.ops.losses import REDUCTIONS, kl_to_standard_normal, logits_cross_entropy, reduce
from tests.numeric import Floats, assert_gradients, draw, gradient_of, leaf

SHAPE = (4, 3, 2)


def probabilities(*shape: int, seed: int = 0) -> Floats:
    return draw(*shape, seed=seed, low=0.05, high=0.95)


def loop(function: Callable[..., float], *arrays: Floats) -> Floats:
    """Apply a function of numbers to each element."""
    out = np.zeros(arrays[0].shape)
    for index in np.ndindex(*out.shape):
        out[index] = function(*[float(a[index]) for a in arrays])
    return out


def bce(p: float, t: float) -> float:
    return -(t * math.log(p) + (1 - t) * math.log(1 - p))


def sigmoid(x: float) -> float:
    return 1 / (1 + math.exp(-x))


def nll(mu: float, t: float, logvar: float) -> float:
    density = math.exp(-((t - mu) ** 2) / (2 * math.exp(logvar)))
    return -math.log(density / math.sqrt(2 * math.pi * math.exp(logvar)))


def kl(mu_q: float, logvar_q: float, mu_p: float, logvar_p: float) -> float:
    ratio = math.exp(logvar_q) / math.exp(logvar_p)
    return 0.5 * (ratio + (mu_p - mu_q) ** 2 / math.exp(logvar_p) - 1 - math.log(ratio))


A, B, C, D = (draw(*SHAPE, seed=seed) for seed in range(4))
P, Q = probabilities(*SHAPE, seed=4), probabilities(*SHAPE, seed=5)

ELEMENTWISE: dict[str, tuple[Any, tuple[Floats, ...], Floats]] = {
    "mse_loss": (F.mse_loss, (A, B), loop(lambda x, t: (x - t) ** 2, A, B)),
    "binary_cross_entropy": (F.binary_cross_entropy, (P, Q), loop(bce, P, Q)),
    "binary_cross_entropy_with_logits": (
        F.binary_cross_entropy_with_logits,
        (A * 4, P),
        loop(lambda x, t: bce(sigmoid(x), t), A * 4, P),
    ),
    "gaussian_nll": (
        F.gaussian_nll,
        (A, B, C),
        loop(nll, A, B, C),
    ),
    "kl_standard_normal": (
        F.kl_standard_normal,
        (A, B),
        loop(lambda mu, logvar: kl(mu, logvar, 0, 0), A, B),
    ),
    "kl_gaussian": (F.kl_gaussian, (A, B, C, D), loop(kl, A, B, C, D)),
}


@pytest.mark.parametrize("name", ELEMENTWISE)
def test_each_element_has_the_value_of_the_definition(name: str) -> None:
    loss, arrays, expected = ELEMENTWISE[name]
    np.testing.assert_allclose(loss(*arrays, reduction="none"), expected, rtol=1e-10, atol=1e-14)
    tensors = [minigen.tensor(a) for a in arrays]
    np.testing.assert_allclose(loss(*tensors, reduction="none").numpy(), expected, rtol=1e-10)


@pytest.mark.derivation("losses.batchmean")
@pytest.mark.parametrize("name", ELEMENTWISE)
def test_the_default_sums_over_features_and_averages_over_the_batch(name: str) -> None:
    loss, arrays, each = ELEMENTWISE[name]
    per_example = [each[n].sum() for n in range(len(each))]
    expected = sum(per_example) / len(per_example)
    assert float(loss(*arrays)) == pytest.approx(expected, rel=1e-10)
    assert float(loss(*arrays, reduction="batchmean")) == pytest.approx(expected, rel=1e-10)
    twice = [np.concatenate([a, a]) for a in arrays]  # the batch's size does not matter
    assert float(loss(*twice)) == pytest.approx(expected, rel=1e-10)
    wide = [np.concatenate([a, a], axis=2) for a in arrays]  # the number of features does
    assert float(loss(*wide)) == pytest.approx(2 * expected, rel=1e-10)


@pytest.mark.parametrize("name", ELEMENTWISE)
def test_the_other_reductions_are_pytorchs(name: str) -> None:
    loss, arrays, each = ELEMENTWISE[name]
    assert float(loss(*arrays, reduction="sum")) == pytest.approx(each.sum(), rel=1e-10)
    assert float(loss(*arrays, reduction="mean")) == pytest.approx(each.mean(), rel=1e-10)
    assert loss(*arrays, reduction="none").shape == SHAPE
    with pytest.raises(ValueError, match="unknown reduction 'median': use one of batchmean, sum"):
        loss(*arrays, reduction="median")


@pytest.mark.parametrize("reduction", REDUCTIONS)
@pytest.mark.parametrize("name", ELEMENTWISE)
def test_gradients_of_both_orders_equal_finite_differences(name: str, reduction: str) -> None:
    loss, arrays, _ = ELEMENTWISE[name]
    small = [a[:2, :1] for a in arrays]
    assert_gradients(lambda *inputs: loss(*inputs, reduction=reduction), *small)


@pytest.mark.parametrize("reduction", REDUCTIONS)
@pytest.mark.parametrize("name", ELEMENTWISE)
def test_one_number_without_axes_is_its_own_batch(name: str, reduction: str) -> None:
    loss, arrays, each = ELEMENTWISE[name]
    numbers = [leaf(a[0, 0, 0]) for a in arrays]
    value = loss(*numbers, reduction=reduction)
    assert value.item() == pytest.approx(each[0, 0, 0], rel=1e-10)
    value.backward()
    assert numbers[0].grad is not None


@pytest.mark.parametrize("name", ELEMENTWISE)
def test_shapes_that_differ_are_refused_even_if_they_broadcast(name: str) -> None:
    loss, arrays, _ = ELEMENTWISE[name]
    wrong = [arrays[0], *[a[:1] for a in arrays[1:]]]
    with pytest.raises(ValueError, match=rf"{name}: one shape is expected, got .*\(1, 3, 2\)"):
        loss(*wrong)
    with pytest.raises(ValueError, match=rf"{name}: one shape is expected"):
        loss(*[arrays[0][:, :1], *arrays[1:]])


@pytest.mark.parametrize("name", ELEMENTWISE)
def test_float32_in_means_a_float32_loss(name: str) -> None:
    loss, arrays, each = ELEMENTWISE[name]
    inputs = [leaf(a, "float32") for a in arrays]
    value = loss(*inputs)
    assert value.dtype == np.float32
    assert value.item() == pytest.approx(each.sum() / len(each), rel=1e-5)


@pytest.mark.derivation("losses.batchmean")
def test_reduce_is_the_one_place_of_the_normalisation() -> None:
    values = minigen.tensor([[1.0, 2.0], [3.0, 4.0]])
    assert reduce(values, "batchmean").item() == 5
    assert reduce(values, "sum").item() == 10
    assert reduce(values, "mean").item() == 2.5
    assert reduce(values, "none") is values
    assert reduce(minigen.tensor(3.0), "batchmean").item() == 3


def test_reconstruction_and_kl_are_in_the_same_unit() -> None:
    """Both are nats an example: doubling the batch or adding dead features changes neither's."""
    x, mu = np.zeros((8, 100)), np.ones((8, 2))
    reconstruction = F.binary_cross_entropy_with_logits(x, x)
    divergence = F.kl_standard_normal(mu, np.zeros((8, 2)))
    assert float(reconstruction) == pytest.approx(100 * math.log(2))
    assert float(divergence) == pytest.approx(2 * 0.5)


# --- classes --------------------------------------------------------------------------------------


def log_softmax_in_loops(logits: Floats) -> Floats:
    out = np.zeros_like(logits)
    for index in np.ndindex(*logits[:, 0].shape):
        place = (index[0], slice(None), *index[1:])
        row = logits[place]
        out[place] = row - math.log(sum(math.exp(v) for v in row))
    return out


@pytest.mark.parametrize("shape", [(5, 4), (2, 4, 3), (2, 4, 3, 2), (1, 1)])
def test_cross_entropy_picks_the_log_probability_of_the_class(shape: tuple[int, ...]) -> None:
    logits = draw(*shape) * 3
    target = np.random.default_rng(0).integers(0, shape[1], (shape[0], *shape[2:]))
    log_p = log_softmax_in_loops(logits)
    expected = np.zeros(target.shape)
    for index in np.ndindex(*target.shape):
        expected[index] = -log_p[(index[0], target[index], *index[1:])]
    each = F.cross_entropy(logits, target, "none")
    np.testing.assert_allclose(each, expected, rtol=1e-12, atol=1e-14)
    assert float(F.cross_entropy(logits, target)) == pytest.approx(expected.sum() / shape[0])
    assert float(F.cross_entropy(logits, target, "mean")) == pytest.approx(expected.mean())


@pytest.mark.parametrize("kind", ["int64", "uint8", "int32"])
def test_classes_may_be_tensors_or_arrays_of_any_integer_type(kind: str) -> None:
    logits, target = draw(3, 4), np.array([3, 0, 1], kind)
    expected = F.cross_entropy(logits, target)
    assert float(F.cross_entropy(logits, minigen.tensor(target))) == float(expected)
    x = leaf(logits)
    F.cross_entropy(x, target).backward()
    probability = np.exp(log_softmax_in_loops(logits))
    np.testing.assert_allclose(gradient_of(x), (probability - np.eye(4)[target]) / 3, rtol=1e-10)


def test_cross_entropy_of_probabilities_agrees_with_that_of_classes() -> None:
    logits, target = draw(3, 4), np.array([3, 0, 1])
    hot = np.eye(4)[target]
    assert float(F.cross_entropy(logits, hot)) == pytest.approx(
        float(F.cross_entropy(logits, target))
    )
    soft = probabilities(3, 4)
    soft /= soft.sum(1, keepdims=True)
    expected = -(log_softmax_in_loops(logits) * soft).sum() / 3
    assert float(F.cross_entropy(logits, soft)) == pytest.approx(expected)


@pytest.mark.parametrize("reduction", REDUCTIONS)
def test_nll_loss_of_log_probabilities_is_cross_entropy_of_logits(reduction: str) -> None:
    logits, target = draw(2, 3, 4), np.array([[0, 1, 2, 0], [2, 2, 1, 0]])
    found = F.nll_loss(log_softmax_in_loops(logits), target, reduction)
    np.testing.assert_allclose(found, F.cross_entropy(logits, target, reduction), rtol=1e-12)
    assert (np.asarray(found) > 0).all()


def test_an_empty_batch_of_classes_is_no_reason_for_an_error() -> None:
    none = np.zeros(0, np.int64)
    for loss in (F.cross_entropy, F.nll_loss):
        assert loss(minigen.zeros(0, 4), none, "none").shape == (0,)
        assert loss(minigen.zeros(0, 4), none, "sum").item() == 0


@pytest.mark.parametrize("reduction", REDUCTIONS)
def test_gradients_of_cross_entropy(reduction: str) -> None:
    target = np.array([[1, 0], [2, 2]])
    assert_gradients(lambda x: F.cross_entropy(x, target, reduction), draw(2, 3, 2))
    assert_gradients(lambda x, t: F.cross_entropy(x, t, reduction), draw(2, 3), probabilities(2, 3))


@pytest.mark.host_only("on a device the check would have to wait, and is left out")
@pytest.mark.parametrize("target", [[0, 4], [-1, 0], [0, 100]])
def test_classes_outside_the_range_are_refused(target: list[int]) -> None:
    with pytest.raises(ValueError, match=r"cross_entropy: classes lie in \[0, 4\), got"):
        F.cross_entropy(minigen.zeros(2, 4), np.array(target))


@pytest.mark.parametrize("shape", [(3,), (2, 1), (2, 4), ()])
def test_classes_of_another_shape_are_refused(shape: tuple[int, ...]) -> None:
    with pytest.raises(ValueError, match=r"cross_entropy: integer targets of shape \(2,\) are exp"):
        F.cross_entropy(minigen.zeros(2, 4), np.zeros(shape, int))


def test_probabilities_of_another_shape_than_the_logits_are_refused() -> None:
    with pytest.raises(ValueError, match="cross_entropy: one shape is expected"):
        F.cross_entropy(minigen.zeros(2, 4), np.zeros((2, 3)))


# --- targets outside [0, 1] -----------------------------------------------------------------------


@pytest.mark.derivation("bce.minimum")
def test_the_least_binary_cross_entropy_is_the_targets_entropy_and_has_no_bound_outside() -> None:
    target = np.array([0.2, 0.5, 0.9])
    best = np.log(target / (1 - target))
    entropy = -target * np.log(target) - (1 - target) * np.log(1 - target)
    np.testing.assert_allclose(logits_cross_entropy(best, target), entropy, rtol=1e-12)
    for other in (best - 0.1, best + 0.1):
        assert (np.asarray(logits_cross_entropy(other, target)) > entropy).all()
    for outside, sign in ((1.5, 1), (-0.5, -1)):
        falling: Any = logits_cross_entropy(sign * np.array([1e1, 1e3, 1e5]), np.full(3, outside))
        assert (np.diff(falling) < 0).all()
        assert falling[-1] < -1e4


@pytest.mark.derivation("bce.minimum")
@pytest.mark.host_only("on a device the check would have to wait, and is left out")
@pytest.mark.parametrize("wrong", [-1.0, 1.5, -1e-3, 255.0])
def test_binary_targets_outside_0_to_1_are_refused(wrong: float) -> None:
    target = np.array([[0.0, wrong]])
    for values in (target, minigen.tensor(target)):
        with pytest.raises(ValueError, match=r"target must lie in \[0, 1\], got"):
            F.binary_cross_entropy_with_logits(minigen.zeros(1, 2), values)
        with pytest.raises(ValueError, match=r"target must lie in \[0, 1\], got"):
            F.binary_cross_entropy(minigen.full((1, 2), 0.5), values)
        with pytest.raises(ValueError, match=r"probability must lie in \[0, 1\], got"):
            F.binary_cross_entropy(values, minigen.full((1, 2), 0.5))


@pytest.mark.derivation("bce.minimum")
@pytest.mark.parametrize("wrong", [np.float64(2), np.int64(-1), np.float32(np.nan)])
def test_a_scalar_of_numpys_outside_0_to_1_is_refused_too(wrong: Any) -> None:
    with pytest.raises(ValueError, match=r"target must lie in \[0, 1\], got"):
        F.binary_cross_entropy_with_logits(minigen.zeros(()), wrong)


@pytest.mark.parametrize("kind", ["bool", "int64", "uint8", "float64"])
def test_outcomes_may_be_booleans_or_integers(kind: str) -> None:
    logits = leaf([[2.0, -1.0]])
    loss = F.binary_cross_entropy_with_logits(logits, np.array([[1, 0]], kind))
    assert loss.item() == pytest.approx(math.log1p(math.exp(-2)) + math.log1p(math.exp(-1)))
    loss.backward()
    np.testing.assert_allclose(gradient_of(logits), [[sigmoid(2) - 1, sigmoid(-1)]], rtol=1e-6)


INTEGERS, FLOATS = np.array([[1, 0, 1]]), np.array([[0.25, 0.5, 1.0]], np.float32)


@pytest.mark.parametrize(
    ("loss", "inputs"),
    [
        (F.mse_loss, (INTEGERS, FLOATS)),
        (F.mse_loss, (FLOATS, INTEGERS)),
        (F.binary_cross_entropy_with_logits, (INTEGERS, FLOATS)),
        (F.binary_cross_entropy_with_logits, (FLOATS, INTEGERS)),
        (F.binary_cross_entropy_with_logits, (INTEGERS, INTEGERS)),
        (F.binary_cross_entropy, (FLOATS, INTEGERS)),
        (F.kl_standard_normal, (INTEGERS, FLOATS)),
        (F.kl_standard_normal, (FLOATS, INTEGERS)),
        (F.kl_standard_normal, (INTEGERS, INTEGERS)),
    ],
)
def test_integers_among_the_inputs_become_float32_and_never_widen(loss: Any, inputs: Any) -> None:
    found = loss(*map(minigen.tensor, inputs))
    assert found.dtype == np.float32
    expected = loss(*(minigen.tensor(each, dtype="float64") for each in inputs))
    assert found.item() == pytest.approx(expected.item(), rel=1e-6)


def test_a_number_for_the_mean_does_not_widen_integers_for_the_log_variance() -> None:
    values: Any = kl_to_standard_normal(1, INTEGERS)
    assert values.dtype == np.float32


def test_an_empty_batch_of_targets_is_no_reason_for_an_error() -> None:
    none = minigen.zeros(0, 3)
    for reduction in ("sum", "none"):
        assert F.binary_cross_entropy_with_logits(none, none, reduction).numpy().sum() == 0


# --- extremes in float32 --------------------------------------------------------------------------

EXTREME = [-1e4, -200.0, -89.0, -30.0, 0.0, 30.0, 89.0, 200.0, 1e4]


@pytest.mark.parametrize("target", [0.0, 0.25, 1.0])
@pytest.mark.parametrize("logit", EXTREME)
def test_binary_cross_entropy_from_logits_is_right_at_the_extremes(
    logit: float, target: float
) -> None:
    x, t = leaf([[logit]]), leaf([[target]])
    loss = F.binary_cross_entropy_with_logits(x, t)
    expected = math.log1p(math.exp(-abs(logit))) + (max(logit, 0) - logit * target)
    assert loss.item() == pytest.approx(expected, rel=1e-6, abs=1e-37)
    loss.backward()
    decay = math.exp(-abs(logit))
    probability = (1 if logit >= 0 else decay) / (1 + decay)
    rounding = 1e-7 if target else 1e-37  # of probability - target
    np.testing.assert_allclose(gradient_of(x), [[probability - target]], rtol=1e-6, atol=rounding)
    np.testing.assert_allclose(gradient_of(t), [[-logit]])


@pytest.mark.parametrize("other", [-1e4, 0.0, 1e4])
@pytest.mark.parametrize("logit", EXTREME)
def test_cross_entropy_is_right_at_the_extremes(logit: float, other: float) -> None:
    x = leaf([[logit, other]])
    loss = F.cross_entropy(x, np.array([0]))
    gap = other - logit
    expected = max(gap, 0) + math.log1p(math.exp(-abs(gap)))
    assert loss.item() == pytest.approx(expected, rel=1e-6, abs=1e-7)
    loss.backward()
    wrong = (1 if gap >= 0 else math.exp(gap)) / (1 + math.exp(-abs(gap)))
    np.testing.assert_allclose(gradient_of(x), [[-wrong, wrong]], rtol=1e-5, atol=1e-7)


def test_second_derivatives_at_the_extremes_are_finite_and_right() -> None:
    x = leaf([[-1e4, -50.0, 0.0, 50.0, 1e4]])
    (slope,) = minigen.grad(
        F.binary_cross_entropy_with_logits(x, np.zeros((1, 5), np.float32)), x, create_graph=True
    )
    assert slope is not None
    slope.sum().backward()
    np.testing.assert_allclose(gradient_of(x), [[0, math.exp(-50), 0.25, 0, 0]], atol=1e-20)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_probabilities_of_0_and_1_give_pytorchs_finite_values(dtype: str) -> None:
    p = leaf([[0.0, 1.0, 0.0, 1.0]], dtype)
    t = np.array([[1.0, 0.0, 0.0, 1.0]], dtype)
    each = F.binary_cross_entropy(p, t, "none")
    np.testing.assert_allclose(each.numpy(), [[100, 100, 0, 0]])
    each.sum().backward()
    assert np.isfinite(gradient_of(p)).all()
    np.testing.assert_allclose(gradient_of(p), [[-1e12, 1e12, 0, 0]], rtol=1e-6)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_the_slope_in_the_target_is_right_where_the_logarithm_is_clipped(dtype: str) -> None:
    p, t = np.array([[0.0, 1.0]], dtype), leaf([[0.5, 0.5]], dtype)
    F.binary_cross_entropy(p, t, "sum").backward()
    step = [
        float(F.binary_cross_entropy(p[:, i : i + 1], np.array([[1.0]], dtype)))
        - float(F.binary_cross_entropy(p[:, i : i + 1], np.array([[0.0]], dtype)))
        for i in range(2)
    ]  # the loss is linear in the target
    np.testing.assert_allclose(gradient_of(t), [step], rtol=1e-3)


def test_losses_from_logits_and_from_probabilities_agree() -> None:
    logits, target = draw(3, 4) * 5, probabilities(3, 4)
    x, y = leaf(logits), leaf(logits)
    first = F.binary_cross_entropy_with_logits(x, target)
    second = F.binary_cross_entropy(y.sigmoid(), target)
    assert first.item() == pytest.approx(second.item(), rel=1e-10)
    first.backward()
    second.backward()
    np.testing.assert_allclose(gradient_of(x), gradient_of(y), rtol=1e-7)


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


# --- divergences ----------------------------------------------------------------------------------


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


# --- where gradients go ---------------------------------------------------------------------------


def test_constant_targets_get_no_gradient_and_others_do() -> None:
    x, fixed, learnt = leaf(A), minigen.tensor(B), leaf(B)
    F.mse_loss(x, fixed).backward()
    assert fixed.grad is None
    F.mse_loss(x, learnt).backward()
    np.testing.assert_allclose(gradient_of(learnt), 2 * (B - A) / len(A))


def test_losses_change_no_input() -> None:
    for loss, arrays, _ in ELEMENTWISE.values():
        before = [a.copy() for a in arrays]
        out: Tensor = loss(*[leaf(a) for a in arrays])
        out.backward()
        loss(*arrays)
        for a, b in zip(arrays, before, strict=True):
            np.testing.assert_array_equal(a, b)


@pytest.mark.parametrize(
    "loss",
    [F.mse_loss, F.binary_cross_entropy, F.binary_cross_entropy_with_logits, F.cross_entropy],
)
@pytest.mark.parametrize("target", [[[1, 0]], 1.0, memoryview(b"\0")])
def test_a_target_that_is_no_array_is_refused_by_its_type(loss: Any, target: Any) -> None:
    name = type(target).__name__
    with pytest.raises(TypeError, match=f"a tensor or an array is expected as target, got {name}"):
        loss(minigen.zeros(1, 2), target)


@pytest.mark.derivation("kl.standard_normal")
@pytest.mark.parametrize("logvar", [0.0, 1e-6, -1e-4, 1e-4, 1e-2, -1.0, 3.0, -30.0])
def test_the_divergence_keeps_its_digits_near_a_variance_of_one(logvar: float) -> None:
    rounded = float(np.float32(logvar))
    exact = 0.5 * (math.expm1(rounded) - rounded)  # in float64
    if abs(rounded) < 1e-3:
        exact = 0.5 * (rounded**2 / 2 + rounded**3 / 6)
    found = F.kl_standard_normal(minigen.zeros(1, 1), minigen.full((1, 1), logvar)).item()
    assert found == pytest.approx(exact, rel=1e-3 if 0 < abs(rounded) < 1e-5 else 2e-6, abs=1e-38)


def test_hubers_error_is_squared_when_near_and_absolute_when_far() -> None:
    x, zero = np.array([[-3.0, -0.5, 0.0, 0.5, 2.0]]), np.zeros((1, 5))
    by_two = F.huber_loss(x, zero, reduction="none", delta=2.0)
    np.testing.assert_allclose(by_two, [[4.0, 0.125, 0.0, 0.125, 2.0]])
    by_one = F.huber_loss(x, zero, reduction="none")
    np.testing.assert_allclose(by_one, F.smooth_l1_loss(x, zero, reduction="none"))
    assert F.huber_loss(x, zero) == by_one.sum()
    np.testing.assert_allclose(
        F.smooth_l1_loss(x, zero, reduction="none", beta=2.0), np.asarray(by_two) / 2
    )
    np.testing.assert_array_equal(F.smooth_l1_loss(x, zero, reduction="none", beta=0.0), np.abs(x))


@pytest.mark.parametrize(
    ("call", "told"),
    [
        (lambda x: F.huber_loss(x, x, delta=0.0), "huber_loss: a positive delta .* got 0.0"),
        (lambda x: F.smooth_l1_loss(x, x, beta=-1.0), "smooth_l1_loss: a beta of 0 .* got -1.0"),
        (lambda x: F.huber_loss(x, x[:1]), r"huber_loss: .*\(2, 3\)"),
        (lambda x: F.smooth_l1_loss(x, x[:1]), r"smooth_l1_loss: .*\(2, 3\)"),
    ],
)
def test_hubers_error_refuses_distances_that_are_none_and_other_shapes(
    call: Any, told: str
) -> None:
    with pytest.raises(ValueError, match=told):
        call(draw(2, 3))


@pytest.mark.derivation("cross_entropy.padded")
@pytest.mark.parametrize("reduction", ["batchmean", "sum", "mean", "none"])
@pytest.mark.parametrize("loss", [F.cross_entropy, F.nll_loss])
def test_a_class_that_is_ignored_costs_nothing_and_counts_for_nothing(
    loss: Any, reduction: str
) -> None:
    logits, target = draw(3, 4, 5), np.arange(15).reshape(3, 5) % 4
    target[0, 3:] = target[2, 1:] = 9
    kept = target != 9
    each = np.where(kept, loss(logits, np.where(kept, target, 0), "none"), 0)
    expected = {
        "batchmean": each.sum() / 3,
        "sum": each.sum(),
        "mean": each.sum() / kept.sum(),
        "none": each,
    }[reduction]
    found = loss(logits, target, reduction, ignore_index=9)
    np.testing.assert_allclose(found, expected, rtol=1e-12)
    assert_gradients(
        lambda x: loss(x, target, reduction, ignore_index=9),
        logits,
        order=2 if loss is F.cross_entropy else 1,
    )
