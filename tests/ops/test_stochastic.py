"""Samples have the distribution they claim, and gradients flow to its parameters."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

import minigen
import minigen.functional as F
from minigen import Generator
from minigen.ops.stochastic import draw_noise
from tests.numeric import assert_gradients, draw, gradient_of, leaf

N = 200_000

# --- reparameterize -----------------------------------------------------------------------------


@pytest.mark.parametrize(("mu", "logvar"), [(0.0, 0.0), (1.5, 1.0), (-2.0, -1.5), (0.3, 2.0)])
def test_samples_have_the_mean_and_the_variance_asked_for(mu: float, logvar: float) -> None:
    samples: Any = F.reparameterize(np.full(N, mu), np.full(N, logvar), generator=Generator(0))
    variance = math.exp(logvar)  # with exp(logvar) as the deviation it would be exp(2 logvar)
    assert abs(samples.mean() - mu) < 5 * math.sqrt(variance / N)
    assert abs(samples.var(ddof=1) - variance) < 5 * variance * math.sqrt(2 / N)


def test_samples_are_the_mean_plus_the_deviation_times_the_noise() -> None:
    mu, logvar, noise = draw(3, 2), draw(3, 2, seed=1), draw(3, 2, seed=2)
    for given in (noise, minigen.tensor(noise)):
        z = F.reparameterize(minigen.tensor(mu), minigen.tensor(logvar), noise=given)
        np.testing.assert_allclose(z.numpy(), mu + np.sqrt(np.exp(logvar)) * noise, rtol=1e-14)


def test_gradients_flow_to_both_parameters_and_to_the_noise() -> None:
    assert_gradients(
        lambda mu, logvar, noise: F.reparameterize(mu, logvar, noise=noise),
        draw(2, 3),
        draw(2, 3, seed=1),
        draw(2, 3, seed=2),
    )


def test_gradients_are_those_of_the_definition_and_not_of_the_drawing() -> None:
    mu, logvar = leaf(np.zeros(5)), leaf(np.full(5, 0.6))
    z = F.reparameterize(mu, logvar)
    z.sum().backward()
    np.testing.assert_array_equal(gradient_of(mu), np.ones(5))
    np.testing.assert_allclose(gradient_of(logvar), 0.5 * (z.numpy() - mu.numpy()), rtol=1e-12)


@pytest.mark.derivation("reparameterize.estimator")
def test_the_gradient_of_an_expectation_is_the_expectation_of_the_gradient() -> None:
    mu, logvar = leaf(np.full(N, 0.5)), leaf(np.full(N, 0.2))
    z = F.reparameterize(mu, logvar, generator=Generator(0))
    (z * z).mean().backward()  # E z^2 = mu^2 + sigma^2
    slopes = gradient_of(mu) * N, gradient_of(logvar) * N
    for slope, exact in zip(slopes, (2 * 0.5, math.exp(0.2)), strict=True):
        assert abs(slope.mean() - exact) < 5 * slope.std() / math.sqrt(N)


def test_leading_axes_of_the_noise_give_several_samples() -> None:
    mu, logvar = leaf(draw(4, 2)), leaf(draw(4, 2, seed=1))
    z = F.reparameterize(mu, logvar, noise=draw(7, 4, 2))
    assert z.shape == (7, 4, 2)
    z.sum().backward()
    np.testing.assert_array_equal(gradient_of(mu), np.full((4, 2), 7))


def test_the_generator_decides_the_noise() -> None:
    mu = minigen.zeros(100)
    first = F.reparameterize(mu, mu, generator=Generator(1))
    assert (F.reparameterize(mu, mu, generator=Generator(1)) == first).all()
    assert (F.reparameterize(mu, mu, generator=Generator(2)) != first).any()
    minigen.manual_seed(1)
    assert (F.reparameterize(mu, mu) == first).all()
    assert (F.reparameterize(mu, mu) != first).any()


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_noise_has_the_dtype_of_the_parameters(dtype: str) -> None:
    mu = minigen.zeros(3, dtype=dtype)
    assert F.reparameterize(mu, mu).dtype == np.dtype(dtype)


def test_integer_parameters_do_not_round_the_noise() -> None:
    zero = minigen.tensor([0] * 100)
    samples = F.reparameterize(zero, zero, generator=Generator(0)).numpy()
    assert samples.dtype == np.float32
    assert (samples != np.round(samples)).any()


def test_parameters_of_different_shapes_are_refused() -> None:
    with pytest.raises(ValueError, match=r"mu and logvar of one shape .* got \(2, 3\) and \(3,\)"):
        F.reparameterize(minigen.zeros(2, 3), minigen.zeros(3))


def test_draw_noise_takes_shape_dtype_and_count() -> None:
    for like in (np.zeros((2, 3)), minigen.zeros(2, 3, dtype="float64")):
        noise = draw_noise(like, Generator(0))
        assert noise.shape == (2, 3)
        assert noise.dtype == np.float64
        assert draw_noise(like, Generator(0), samples=5).shape == (5, 2, 3)
    several = draw_noise(np.zeros(2), Generator(0), samples=2)
    assert (several[0] != several[1]).all()


# --- dropout --------------------------------------------------------------------------------------


@pytest.mark.parametrize("p", [0.1, 0.5, 0.9])
def test_dropout_keeps_the_expectation(p: float) -> None:
    y: Any = F.dropout(np.ones(N), p, generator=Generator(0))
    assert set(np.round(np.unique(y), 12)) == {0.0, round(1 / (1 - p), 12)}
    deviation = math.sqrt(p / (1 - p))
    assert abs(y.mean() - 1) < 5 * deviation / math.sqrt(N)
    assert abs((y == 0).mean() - p) < 5 * math.sqrt(p * (1 - p) / N)


def test_half_of_the_elements_are_dropped_by_default() -> None:
    y: Any = F.dropout(np.ones(N), generator=Generator(0))
    assert set(y.tolist()) == {0, 2}


@pytest.mark.derivation("dropout.moments")
@pytest.mark.parametrize("p", [0.25, 0.5])
def test_dropout_keeps_the_expectation_of_each_element_and_adds_a_variance(p: float) -> None:
    x = np.array([-1.0, 0.5, 3.0])
    y: Any = F.dropout(np.tile(x, (N, 1)), p, generator=Generator(1))
    variance = x**2 * p / (1 - p)
    assert (abs(y.mean(0) - x) < 5 * np.sqrt(variance / N)).all()
    np.testing.assert_allclose(y.var(0), variance, rtol=0.03)


def test_dropout_scales_what_it_keeps_and_its_gradient_the_same_way() -> None:
    x = leaf([1.0, 2.0, 3.0, 4.0])
    y = F.dropout(x, 0.75, generator=Generator(0))
    y.sum().backward()
    np.testing.assert_array_equal(gradient_of(x), y.numpy() / x.numpy())
    assert set(gradient_of(x)) <= {0, 4}


def test_integers_are_dropped_whole_and_scaled_as_floats() -> None:
    y: Any = F.dropout(np.ones(100, int), 0.2, generator=Generator(0))
    assert set(y.tolist()) == {0, 1.25}
    assert y.dtype == np.float32


def test_dropout_in_evaluation_or_with_p_0_returns_the_input() -> None:
    x = leaf([1.0, 2.0])
    assert F.dropout(x, 0.5, training=False) is x
    assert F.dropout(x, 0.0) is x
    assert F.dropout(x, 1.0, False) is x


def test_dropout_with_p_1_gives_zeros_and_a_gradient_of_zeros() -> None:
    x = leaf([1.0, 2.0])
    y = F.dropout(x, 1.0)
    assert y.tolist() == [0, 0]
    y.sum().backward()
    np.testing.assert_array_equal(gradient_of(x), [0, 0])


@pytest.mark.parametrize("kind", ["float32", "bool", "int64"])
def test_a_mask_can_be_passed_in_and_does_not_promote(kind: str) -> None:
    x = leaf([1.0, 2.0, 3.0])
    for mask in (np.array([1, 0, 1], kind), minigen.tensor(np.array([1, 0, 1], kind))):
        y = F.dropout(x, 0.5, mask=mask)
        assert y.tolist() == [2, 0, 6]
        assert y.dtype == np.float32


def test_dropout_with_a_mask_has_gradients_of_both_orders() -> None:
    mask = np.array([[1.0, 0.0, 1.0], [0.0, 1.0, 1.0]])
    assert_gradients(lambda x: F.dropout(x.sin(), 0.4, mask=mask), draw(2, 3))


@pytest.mark.parametrize("p", [-0.1, 1.1, float("nan")])
def test_a_probability_outside_0_to_1_is_refused(p: float) -> None:
    with pytest.raises(ValueError, match=r"dropout: p must lie in \[0, 1\]"):
        F.dropout(minigen.ones(2), p)


def test_dropout_draws_anew_each_time_from_its_generator() -> None:
    generator, x = Generator(0), minigen.ones(100)
    first, second = (F.dropout(x, 0.5, generator=generator) for _ in range(2))
    assert (first != second).any()
    assert (F.dropout(x, 0.5, generator=Generator(0)) == first).all()


# --- log-densities --------------------------------------------------------------------------------


@pytest.mark.derivation("gaussian.log_density")
@pytest.mark.parametrize(("mu", "logvar"), [(0.0, 0.0), (1.0, 0.5), (-1, -2), (0, 1)])
def test_a_density_integrates_to_1_and_has_its_moments(mu: float, logvar: float) -> None:
    deviation = math.exp(logvar / 2)
    z = np.linspace(mu - 12 * deviation, mu + 12 * deviation, 8001)
    density: Any = np.exp(F.log_normal(z, mu, logvar)) * (z[1] - z[0])
    assert density.sum() == pytest.approx(1, rel=1e-9)
    assert (density * z).sum() == pytest.approx(mu, abs=1e-9)
    assert (density * (z - mu) ** 2).sum() == pytest.approx(math.exp(logvar), rel=1e-9)


def test_the_log_density_mixes_numbers_arrays_and_tensors() -> None:
    z, mu, logvar = draw(2, 3), draw(3), draw(2, 1)
    expected = F.log_normal(z, mu, logvar)
    np.testing.assert_allclose(F.log_normal(leaf(z), mu, leaf(logvar)).numpy(), expected)
    number: Any = F.log_normal(z, 0.5, -0.3)
    np.testing.assert_allclose(F.log_normal(leaf(z), np.array(0.5), np.array(-0.3)).numpy(), number)


def test_the_density_is_the_standard_normals_by_default() -> None:
    z = draw(5)
    np.testing.assert_allclose(F.log_normal(z), -0.5 * (np.log(2 * np.pi) + z * z), rtol=1e-14)
    np.testing.assert_allclose(F.log_normal(z), F.log_normal(z, 0.0, 0.0), rtol=1e-14)


def test_gradients_of_the_log_density() -> None:
    assert_gradients(F.log_normal, draw(2, 3), draw(3), draw(2, 1))
    assert_gradients(lambda z: F.log_normal(z, 0.2, 0.4), draw(2, 3))


def test_noise_is_held_in_the_memory_order_of_what_it_is_for() -> None:
    rows = np.zeros((5, 3), np.float32)
    columns = np.asfortranarray(rows)
    drawn = [draw_noise(like, Generator(0)) for like in (rows, columns)]
    np.testing.assert_array_equal(*drawn)
    assert drawn[0].flags.c_contiguous
    assert drawn[1].flags.f_contiguous
    samples = draw_noise(columns, Generator(0), samples=2)
    assert samples.shape == (2, 5, 3)


TOKENS = np.arange(1000) % 7 + 1


def test_word_dropout_hides_tokens_as_often_as_asked_in_training_alone() -> None:
    found: Any = F.word_dropout(TOKENS, 0.3, generator=minigen.Generator(0))
    assert abs((found == 0).mean() - 0.3) < 0.05
    assert (found[found != 0] == TOKENS[found != 0]).all()
    assert found.dtype == TOKENS.dtype
    np.testing.assert_array_equal(F.word_dropout(TOKENS, 0.3, training=False), TOKENS)
    np.testing.assert_array_equal(F.word_dropout(TOKENS, 1.0, unknown=9), np.full(1000, 9))


@pytest.mark.derivation("sample_categorical")
@pytest.mark.parametrize("temperature", [0.5, 2.0])
def test_classes_are_drawn_as_often_as_the_softmax_says(temperature: float) -> None:
    logits = np.tile(np.array([1.0, 0.0, -1.0, 0.5]), (20_000, 1))
    found: Any = F.sample_categorical(logits, temperature, generator=minigen.Generator(0))
    expected: Any = F.softmax(logits[0] / temperature)
    np.testing.assert_allclose(np.bincount(found) / 20_000, expected, atol=0.012)


def test_few_classes_or_the_likeliest_alone_are_drawn_and_a_generator_decides() -> None:
    logits = np.tile(np.array([1.0, 0.0, -1.0, 0.5]), (200, 1))
    found, same = (
        F.sample_categorical(logits, 5.0, 2, generator=minigen.Generator(0)) for _ in range(2)
    )
    np.testing.assert_array_equal(found, same)
    assert set(np.asarray(found).tolist()) == {0, 3}
    assert set(np.asarray(F.sample_categorical(logits, 0)).tolist()) == {0}


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: F.word_dropout(TOKENS, 1.5), ValueError, "word_dropout: p must lie in"),
        (lambda: F.word_dropout(TOKENS * 1.0), TypeError, "integers are expected as tokens"),
        (lambda: F.sample_categorical(np.zeros(3), -1.0), ValueError, "temperature of 0 or more"),
        (lambda: F.sample_categorical(np.zeros(3), 1.0, 4), ValueError, "top_k from 1 to 3"),
    ],
)
def test_tokens_that_cannot_be_drawn_are_refused(call: Any, error: Any, message: str) -> None:
    with pytest.raises(error, match=message):
        call()


@pytest.mark.derivation("gumbel_softmax")
def test_the_largest_share_is_that_of_a_class_drawn_from_the_softmax() -> None:
    logits = np.tile(np.array([1.0, 0.0, -1.0, 0.5]), (20_000, 1))
    found: Any = F.gumbel_softmax(logits, 0.5, generator=minigen.Generator(0))
    np.testing.assert_allclose(found.sum(axis=1), 1)
    drawn: Any = F.sample_categorical(logits, generator=minigen.Generator(0))
    np.testing.assert_array_equal(found.argmax(axis=1), drawn)  # of the same noise
    expected: Any = F.softmax(logits[0])
    np.testing.assert_allclose(np.bincount(drawn) / 20_000, expected, atol=0.012)


@pytest.mark.derivation("gumbel_softmax")
@pytest.mark.parametrize("axis", [0, -1])
def test_a_class_drawn_hard_is_one_hot_and_has_the_gradient_of_the_soft_one(axis: int) -> None:
    noise, weight = draw(3, 4), draw(3, 4, seed=1)
    soft, hard = leaf(draw(3, 4, seed=2)), leaf(draw(3, 4, seed=2))
    (F.gumbel_softmax(soft, 0.7, dim=axis, noise=noise) * weight).sum().backward()
    found = F.gumbel_softmax(hard, 0.7, True, dim=axis, noise=noise)
    (found * weight).sum().backward()
    assert set(found.numpy().ravel().tolist()) == {0.0, 1.0}
    np.testing.assert_array_equal(found.sum(axis).numpy(), np.ones(4 if axis == 0 else 3))
    np.testing.assert_allclose(gradient_of(hard), gradient_of(soft), rtol=1e-12)


@pytest.mark.parametrize("tau", [0.0, -1.0, math.inf, math.nan])
def test_a_temperature_that_is_none_is_refused(tau: float) -> None:
    with pytest.raises(ValueError, match="gumbel_softmax: a positive temperature tau is expected"):
        F.gumbel_softmax(minigen.zeros(2, 3), tau)
