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
from minigen.models.adversarial import (
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


@pytest.mark.parametrize("name", OBJECTIVES)
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
