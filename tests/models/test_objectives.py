"""The objectives of GANs: their equations, their slopes, and what is not for them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given
from hypothesis import strategies as st

import minigen
from minigen.models import (
    OBJECTIVES,
    Minimax,
    NonSaturating,
    adversarial_objective,
)

Floats = npt.NDArray[np.float64]
REAL, FAKE = np.array([2.0, -0.3, 0.4, -1.7]), np.array([0.7, -2.5, 1.2, 0.1])


def sigmoid(s: Floats) -> Any:
    return 1 / (1 + np.exp(-s))


# As the papers write them, from probabilities where they have probabilities.
EQUATIONS: dict[str, tuple[Callable[[Floats, Floats], Any], Callable[[Floats], Any]]] = {
    "minimax": (
        lambda r, f: -np.log(sigmoid(r)).mean() - np.log(1 - sigmoid(f)).mean(),
        lambda f: np.log(1 - sigmoid(f)).mean(),
    ),
    "non-saturating": (
        lambda r, f: -np.log(sigmoid(r)).mean() - np.log(1 - sigmoid(f)).mean(),
        lambda f: -np.log(sigmoid(f)).mean(),
    ),
    "least-squares": (
        lambda r, f: ((r - 1) ** 2).mean() / 2 + (f**2).mean() / 2,
        lambda f: ((f - 1) ** 2).mean() / 2,
    ),
    "hinge": (
        lambda r, f: -np.minimum(0, -1 + r).mean() - np.minimum(0, -1 - f).mean(),
        lambda f: -f.mean(),
    ),
    "wasserstein": (lambda r, f: f.mean() - r.mean(), lambda f: -f.mean()),
    "wasserstein-gp": (lambda r, f: f.mean() - r.mean(), lambda f: -f.mean()),
}


def slopes(loss: Callable[..., minigen.Tensor], *scores: Floats) -> list[Floats]:
    """Return the gradient of a loss for each of the scores."""
    tensors = [minigen.tensor(s, requires_grad=True) for s in scores]
    return [g.numpy() for g in minigen.grad(loss(*tensors), tensors) if g is not None]


RESULTS = {name: f"gan.{name.replace('-', '_')}" for name in OBJECTIVES} | {
    "wasserstein-gp": "gan.wasserstein"
}


@pytest.mark.parametrize(
    "name", [pytest.param(name, marks=pytest.mark.derivation(RESULTS[name])) for name in OBJECTIVES]
)
def test_the_losses_are_those_of_the_papers(name: str) -> None:
    objective, (discriminator, generator) = adversarial_objective(name), EQUATIONS[name]
    real, fake = minigen.tensor(REAL), minigen.tensor(FAKE)
    assert objective.discriminator_loss(real, fake).item() == pytest.approx(
        discriminator(REAL, FAKE), rel=1e-12
    )
    assert objective.generator_loss(fake).item() == pytest.approx(generator(FAKE), rel=1e-12)


@pytest.mark.parametrize("name", OBJECTIVES)
def test_descending_separates_the_scores_and_the_generator_raises_its_own(name: str) -> None:
    """A wrong sign pulls the wrong way."""
    objective = adversarial_objective(name)
    start = np.array([0.5, 0.3])
    real, fake = slopes(objective.discriminator_loss, start, start)
    assert (real < 0).all()
    assert (fake > 0).all()
    (own,) = slopes(objective.generator_loss, start)
    assert (own < 0).all()


@pytest.mark.parametrize("name", OBJECTIVES)
@given(magnitude=st.floats(1, 1e4))
def test_losses_and_slopes_are_finite_for_every_score(name: str, magnitude: float) -> None:
    objective = adversarial_objective(name)
    scores = np.array([-magnitude, magnitude])
    real, fake = minigen.tensor(scores), minigen.tensor(scores[::-1].copy())
    losses = objective.discriminator_loss(real, fake), objective.generator_loss(fake)
    assert all(np.isfinite(loss.item()) for loss in losses)
    for slope in slopes(objective.discriminator_loss, scores, scores):
        assert np.isfinite(slope).all()


@pytest.mark.derivation("gan.saturation")
def test_the_saturating_loss_is_flat_where_the_non_saturating_one_is_steepest() -> None:
    """Taking the one for the other: mistake 14."""
    seen_through = np.array([-30.0])
    (saturating,) = slopes(Minimax().generator_loss, seen_through)
    (non_saturating,) = slopes(NonSaturating().generator_loss, seen_through)
    np.testing.assert_allclose(saturating, -sigmoid(seen_through), rtol=1e-9)
    np.testing.assert_allclose(non_saturating, [-1.0], rtol=1e-9)
    assert abs(saturating[0]) < 1e-12


def test_the_minimax_game_is_a_zero_sum_in_what_is_generated() -> None:
    (discriminators,) = slopes(
        lambda f: Minimax().discriminator_loss(minigen.tensor(REAL), f), FAKE
    )
    (generators,) = slopes(Minimax().generator_loss, FAKE)
    np.testing.assert_allclose(generators, -discriminators, rtol=1e-12)


@pytest.mark.derivation("gan.label_smoothing")
@pytest.mark.parametrize("name", ["minimax", "non-saturating"])
def test_label_smoothing_is_one_sided(name: str) -> None:
    objective = adversarial_objective(name, label_smoothing=0.1)
    p, q = sigmoid(REAL), sigmoid(FAKE)
    expected = -(0.9 * np.log(p) + 0.1 * np.log(1 - p)).mean() - np.log(1 - q).mean()
    found = objective.discriminator_loss(minigen.tensor(REAL), minigen.tensor(FAKE))
    assert found.item() == pytest.approx(expected, rel=1e-12)
    plain = adversarial_objective(name)
    fake = minigen.tensor(FAKE)
    assert objective.generator_loss(fake).item() == plain.generator_loss(fake).item()


@pytest.mark.derivation("gan.label_smoothing")
def test_smoothed_scores_are_best_at_the_logit_of_the_target() -> None:
    best = np.array([np.log(0.9 / 0.1)])
    objective = adversarial_objective("non-saturating", label_smoothing=0.1)
    real, _ = slopes(objective.discriminator_loss, best, best)
    assert real == pytest.approx(0, abs=1e-12)


@pytest.mark.parametrize("name", OBJECTIVES)
def test_scores_are_read_as_probabilities_where_they_are_logits_and_raw_elsewhere(
    name: str,
) -> None:
    found = adversarial_objective(name).readable(minigen.tensor(FAKE)).item()
    cross_entropy = name in {"minimax", "non-saturating"}
    assert found == pytest.approx((sigmoid(FAKE) if cross_entropy else FAKE).mean(), rel=1e-12)


def test_float32_scores_give_float32_losses() -> None:
    scores = minigen.tensor([0.5, -1.0])
    for name in OBJECTIVES:
        objective = adversarial_objective(name)
        assert objective.discriminator_loss(scores, scores).dtype == np.float32
        assert objective.generator_loss(scores).dtype == np.float32
    smooth = adversarial_objective("minimax", 0.1)
    assert smooth.discriminator_loss(scores, scores).dtype == np.float32


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("maximin",), "unknown objective 'maximin': use one of minimax, non-saturating, least-s"),
        (("hinge", 0.1), "hinge has no labels to smooth.* got 0.1, or use minimax or non-satur"),
        (("wasserstein", 0.1), "wasserstein has no labels to smooth"),
        (("minimax", -0.1), r"minimax: label_smoothing must lie in \[0, 0.5\), got -0.1"),
        (("non-saturating", 0.5), r"non-saturating: label_smoothing must lie in \[0, 0.5\)"),
    ],
)
def test_impossible_objectives_are_refused(arguments: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        adversarial_objective(*arguments)


# --- best discriminators, and what the generator then minimises -----------------------------------

# Two distributions over five samples, and batches that hold each sample as often as they say.
TIMES_REAL, TIMES_FAKE = np.array([8, 6, 5, 4, 1]), np.array([2, 7, 3, 6, 6])
P, Q = TIMES_REAL / 24, TIMES_FAKE / 24


def table_loss(name: str, scores: Any) -> Any:
    """Return the discriminator's loss where a table gives each sample's score."""
    index = np.arange(5)
    real, fake = (scores[np.repeat(index, times)] for times in (TIMES_REAL, TIMES_FAKE))
    return adversarial_objective(name).discriminator_loss(real, fake)


def kl(a: Floats, b: Floats) -> float:
    return float((a * np.log(a / b)).sum())


def js(a: Floats, b: Floats) -> float:
    return (kl(a, (a + b) / 2) + kl(b, (a + b) / 2)) / 2


def ratio_divergence(p: Floats, q: Floats) -> float:
    """Return the sum of p f(q/p), with the f that least squares stand for."""
    t = q / p
    return float((p * (t / 2 - np.log((1 + t) / 2) - 1 / (2 * (1 + t)) - 1 / 4)).sum())


def total_variation(p: Floats, q: Floats) -> float:
    return float(abs(p - q).sum()) / 2


BEST = {
    "minimax": np.log(P / Q),
    "non-saturating": np.log(P / Q),
    "least-squares": P / (P + Q),
    "hinge": np.sign(P - Q),
}

LEAST = {
    "minimax": 2 * np.log(2) - 2 * js(P, Q),
    "non-saturating": 2 * np.log(2) - 2 * js(P, Q),
    "least-squares": float((P * Q**2 + Q * P**2) @ (1 / (P + Q) ** 2)) / 2,
    "hinge": 2 - 2 * total_variation(P, Q),
}


@pytest.mark.derivation(
    "gan.optimal_discriminator",
    "gan.jensen_shannon",
    "gan.least_squares_optimum",
    "gan.hinge_optimum",
)
@pytest.mark.parametrize("name", BEST)
def test_no_scores_are_better_than_the_best_discriminators(name: str) -> None:
    assert table_loss(name, BEST[name]).item() == pytest.approx(LEAST[name], rel=1e-12)
    rng = np.random.default_rng(0)
    for size in (1e-3, 0.1, 1.0):
        for _ in range(20):
            other = BEST[name] + size * rng.normal(size=5)
            assert table_loss(name, other).item() > LEAST[name]


@pytest.mark.derivation("gan.optimal_discriminator", "gan.least_squares_optimum")
@pytest.mark.parametrize("name", ["minimax", "non-saturating", "least-squares"])
def test_the_best_discriminators_loss_has_no_slope(name: str) -> None:
    (slope,) = slopes(lambda scores: table_loss(name, scores), BEST[name])
    np.testing.assert_allclose(slope, 0, atol=1e-14)


def softmax(theta: Floats) -> Any:
    return np.exp(theta) / np.exp(theta).sum()


MINIMISED: dict[str, Callable[[Floats], float]] = {
    "minimax": lambda q: 2 * js(P, q),
    "non-saturating": lambda q: 2 * kl((P + q) / 2, P),
    "least-squares": lambda q: ratio_divergence(P, q),
    "hinge": lambda q: 2 * total_variation(P, q),
}


@pytest.mark.derivation(
    "gan.frozen_discriminator", "gan.least_squares_optimum", "gan.hinge_optimum"
)
@pytest.mark.parametrize("name", MINIMISED)
def test_against_the_best_discriminator_a_generator_descends_a_divergence(name: str) -> None:
    """The discriminator is held: its score of each sample is a constant of the generator's step."""
    objective = adversarial_objective(name)
    each = np.array(
        [objective.generator_loss(minigen.tensor(BEST[name][[x]])).item() for x in range(5)]
    )
    theta = np.log(Q)
    found = Q * (each - Q @ each)  # the gradient of E_q[loss] with respect to theta
    steps = 1e-5 * np.eye(5)
    divergence = MINIMISED[name]
    expected = [
        (divergence(softmax(theta + h)) - divergence(softmax(theta - h))) / 2e-5 for h in steps
    ]
    np.testing.assert_allclose(found, expected, rtol=1e-6, atol=1e-10)
