"""Penalties on a critic's slope: over whole examples, between samples, and differentiable again."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

import minigen
import minigen.functional as F
from minigen import Tensor, nn
from minigen.checker import gradcheck_parameters
from minigen.engine.random import Generator
from minigen.models import NonSaturating, gradient_penalty, r1_penalty

WEIGHTS = Generator(0).normal((2, 3, 3), "float64")


def quadratic(x: Tensor) -> Any:
    r"""Score images so that the gradient at x is the weights times x."""
    return F.sum(F.flatten(x * x * WEIGHTS, 1), axis=1) * 0.5


def images(seed: int, count: int = 4) -> npt.NDArray[np.float64]:
    drawn: npt.NDArray[np.float64] = Generator(seed).normal((count, 2, 3, 3), "float64")
    return drawn


@pytest.mark.derivation("gan.gradient_penalty")
def test_the_norm_is_over_all_axes_of_an_example() -> None:
    """A norm over the channels alone, per pixel, is another number: mistake 17."""
    real, fake, mix = images(1), images(2), Generator(3).uniform(4, "float64")
    shares = mix[:, None, None, None]
    gradient = WEIGHTS * (shares * real + (1 - shares) * fake)
    norms = np.sqrt((gradient**2).reshape(4, -1).sum(1))
    found = gradient_penalty(quadratic, real, fake, mix)
    assert found.item() == pytest.approx(((norms - 1) ** 2).mean(), rel=1e-12)
    pixelwise = ((np.sqrt((gradient**2).sum(1)) - 1) ** 2).mean()
    assert found.item() != pytest.approx(pixelwise, rel=0.1)


def test_one_mixing_weight_is_drawn_for_each_example() -> None:
    """With a weight a pixel, points leave the lines between samples: mistake 17."""
    seen: list[npt.NDArray[np.float64]] = []

    def spy(x: Tensor) -> Any:
        seen.append(x.detach().numpy())
        return quadratic(x)

    real, fake = np.ones((5, 2, 3, 3)), np.zeros((5, 2, 3, 3))
    gradient_penalty(spy, real, fake, generator=Generator(7))
    (points,) = seen
    shares = points.reshape(5, -1)
    np.testing.assert_array_equal(shares, np.repeat(shares[:, :1], 18, axis=1))
    np.testing.assert_array_equal(shares[:, 0], Generator(7).uniform(5, "float64"))
    assert len(set(shares[:, 0])) == 5


def test_the_weight_is_that_of_the_real_sample() -> None:
    real, fake = images(1), images(2)
    squares = (((WEIGHTS * real) ** 2).reshape(4, -1)).sum(1)
    found = gradient_penalty(quadratic, real, fake, np.ones(4))
    assert found.item() == pytest.approx(((np.sqrt(squares) - 1) ** 2).mean(), rel=1e-12)


@pytest.mark.derivation("gan.r1")
def test_r1_is_half_the_mean_squared_slope_at_real_samples() -> None:
    real = images(1)
    squares = ((WEIGHTS * real) ** 2).reshape(4, -1).sum(1)
    assert r1_penalty(quadratic, real).item() == pytest.approx(squares.mean() / 2, rel=1e-12)


def small_critic() -> nn.Sequential:
    generator = Generator(0)
    return nn.Sequential(
        nn.Flatten(),
        nn.Dense(18, 5, generator=generator),
        nn.Tanh(),
        nn.Dense(5, 1, bias=False, generator=generator),
    ).to("float64")


@pytest.mark.derivation("gan.gradient_penalty_gradient")
def test_both_penalties_can_be_differentiated_with_respect_to_the_weights() -> None:
    critic, real, fake, mix = small_critic(), images(1), images(2), np.array([0.1, 0.9, 0.4, 0.6])
    parameters = dict(critic.named_parameters())

    def losses() -> tuple[Tensor, Tensor]:
        return gradient_penalty(critic, real, fake, mix), r1_penalty(critic, real)

    gradcheck_parameters(losses, parameters, order=2, mode="full").raise_if_failed()
    penalty, _ = losses()
    penalty.backward()
    assert all(p.grad is not None and np.abs(p.grad.numpy()).max() > 0 for p in parameters.values())


def test_samples_are_constants() -> None:
    real, fake = minigen.tensor(images(1)), minigen.tensor(images(2), requires_grad=True)
    (gradient_penalty(small_critic(), real, fake) + r1_penalty(small_critic(), fake)).backward()
    assert fake.grad is None


def test_inside_no_grad_the_values_are_the_same_and_no_graph_is_kept() -> None:
    critic, real, fake, mix = small_critic(), images(1), images(2), np.array([0.1, 0.9, 0.4, 0.6])
    recorded = gradient_penalty(critic, real, fake, mix), r1_penalty(critic, real)
    with minigen.no_grad():
        plain = gradient_penalty(critic, real, fake, mix), r1_penalty(critic, real)
    for with_graph, without in zip(recorded, plain, strict=True):
        assert with_graph.requires_grad
        assert not without.requires_grad
        assert without.item() == pytest.approx(with_graph.item(), rel=1e-14)


def test_a_slope_of_zero_has_a_finite_gradient() -> None:
    """The square root has none at 0, and dead ReLUs take a critic there."""
    critic = nn.Sequential(nn.Dense(2, 3), nn.ReLU(), nn.Dense(3, 1))
    assert critic[0].bias is not None
    nn.init.constant_(critic[0].bias, -1e3)
    penalty = gradient_penalty(critic, minigen.ones(4, 2), minigen.zeros(4, 2))
    assert penalty.item() == 1
    penalty.backward()
    for parameter in critic.parameters():
        assert parameter.grad is None or not parameter.grad.numpy().any()


def test_float32_stays_float32() -> None:
    critic = small_critic().to("float32")
    real, fake = minigen.randn(4, 2, 3, 3), minigen.randn(4, 2, 3, 3)
    assert gradient_penalty(critic, real, fake).dtype == np.float32
    assert r1_penalty(critic, real).dtype == np.float32


def test_shapes_that_do_not_fit_are_refused() -> None:
    with pytest.raises(ValueError, match=r"of one shape .*got \(4, 2, 3, 3\) and \(5, 2, 3, 3\)"):
        gradient_penalty(quadratic, images(1), images(2, count=5))
    with pytest.raises(ValueError, match=r"mix of shape \(4,\) is expected.*got \(4, 2, 3, 3\)"):
        gradient_penalty(quadratic, images(1), images(2), images(3))


@pytest.mark.derivation("gan.r1_convergence")
@pytest.mark.parametrize("gamma", [0.0, 0.3, 1.0, 2.5])
def test_r1_turns_the_circles_around_the_balance_into_spirals(gamma: float) -> None:
    """Data at 0, a generator at theta, a critic psi x: the simplest game of all."""

    def field(theta: float, psi: float) -> list[float]:
        weights = [minigen.tensor(np.array([[v]]), requires_grad=True) for v in (theta, psi)]
        place, slope = weights
        objective = NonSaturating()
        real = np.zeros((1, 1))
        discriminator = objective.discriminator_loss(slope * real, slope * place.array)
        discriminator = discriminator + gamma * r1_penalty(lambda x: F.sum(x * slope, axis=1), real)
        generator = objective.generator_loss(slope.array * place)
        down, up = minigen.grad([generator, discriminator], [place, slope])
        assert down is not None
        assert up is not None
        return [-down.item(), -up.item()]

    h = 1e-5
    columns = [np.subtract(field(*(h * e)), field(*(-h * e))) / (2 * h) for e in np.eye(2)]
    found = np.sort_complex(np.linalg.eigvals(np.column_stack(columns)))
    root = np.emath.sqrt(gamma**2 - 1)
    expected = np.sort_complex([(-gamma - root) / 2, (-gamma + root) / 2])
    # Where both are equal, they depend on the matrix like a square root.
    np.testing.assert_allclose(found, expected, atol=1e-4 if gamma == 1 else 1e-8)


@pytest.mark.derivation("gan.turns")
@pytest.mark.parametrize("eta", [0.2, 0.4, 1.0])
def test_in_turns_the_circles_around_the_balance_stay_closed_and_at_once_they_grow(
    eta: float,
) -> None:
    """The simplest game of all, without a penalty: the two moves are shears."""

    def step(theta: float, psi: float, in_turns: bool) -> tuple[float, float]:
        moved = psi - eta * slopes_of_the_simplest_game(theta, psi)[1]
        seen = moved if in_turns else psi
        return theta - eta * slopes_of_the_simplest_game(theta, seen)[0], moved

    start = 1e-3
    a, ways = eta / 2, {}
    for in_turns in (True, False):
        pair = (start, 0.0)
        for _ in range(40):
            pair = step(*pair, in_turns)
        ways[in_turns] = pair
    theta, psi = ways[True]
    assert theta**2 - a * theta * psi + psi**2 == pytest.approx(start**2, rel=1e-4)
    assert np.hypot(*ways[False]) == pytest.approx(start * (1 + a * a) ** 20, rel=1e-2)


def slopes_of_the_simplest_game(theta: float, psi: float) -> tuple[float, float]:
    """Return the slopes of the generator's loss by theta, and of the discriminator's by psi."""
    place, slope = (minigen.tensor(np.array([v]), requires_grad=True) for v in (theta, psi))
    objective = NonSaturating()
    discriminator = objective.discriminator_loss(0 * slope, slope * place.array)
    generator = objective.generator_loss(slope.array * place)
    down, up = minigen.grad([generator, discriminator], [place, slope])
    assert down is not None
    assert up is not None
    return down.item(), up.item()
