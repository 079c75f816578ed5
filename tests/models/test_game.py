"""The rules of the game: turns, penalties, clipping, and what does not go together."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import minigen
from minigen import nn
from minigen.engine.random import Generator
from minigen.models import OBJECTIVES, Game
from minigen.models.game import ConvGame, DenseGame, ImageGame
from minigen.models.penalties import gradient_penalty, r1_penalty


@pytest.mark.parametrize("name", OBJECTIVES)
def test_the_critic_runs_ahead_in_the_wasserstein_games_and_only_there(name: str) -> None:
    turns = [Game(name).turns(step) for step in range(10)]
    both, alone = ("discriminator", "generator"), ("discriminator",)
    ahead = ([alone] * 4 + [both]) * 2
    assert turns == (ahead if name.startswith("wasserstein") else [both] * 10)


def test_the_lead_of_the_critic_can_be_chosen() -> None:
    turns = [len(Game("hinge", critic_steps=3).turns(step)) for step in range(6)]
    assert turns == [1, 1, 2, 1, 1, 2]
    assert len(Game("wasserstein", critic_steps=1).turns(0)) == 2


def test_penalties_are_weighted_and_added_up() -> None:
    critic = nn.Sequential(nn.Dense(3, 4, generator=Generator(0)), nn.Tanh(), nn.Dense(4, 1))
    real, fake = (minigen.tensor(Generator(seed).normal((5, 3))) for seed in (1, 2))
    mix = minigen.tensor(Generator(3).uniform(5))
    game = Game("hinge", penalty=3.0, r1=0.5)
    found = game.penalise(critic, real, fake, mix=mix)
    expected = 3 * gradient_penalty(critic, real, fake, mix) + 0.5 * r1_penalty(critic, real)
    assert found is not None
    assert found.item() == pytest.approx(expected.item(), rel=1e-6)
    assert Game("hinge").penalise(critic, real, fake) is None


@pytest.mark.derivation("gan.lazy_r1")
def test_lazy_r1_is_taken_in_every_nth_step_with_n_times_the_weight() -> None:
    critic = nn.Sequential(nn.Dense(3, 4, generator=Generator(0)), nn.Tanh(), nn.Dense(4, 1))
    real = minigen.tensor(Generator(1).normal((5, 3)))
    game = Game(r1=0.5, r1_interval=3)
    found = [game.penalise(critic, real, real, step=step) for step in range(7)]
    once = 0.5 * r1_penalty(critic, real).item()
    expected = [3 * once, 0, 0, 3 * once, 0, 0, 3 * once]
    assert [p.item() for p in found if p is not None] == pytest.approx(expected, rel=1e-6)
    assert {p.dtype for p in found if p is not None} == {np.dtype("float32")}
    in_evaluation = game.penalise(critic, real, real)
    assert in_evaluation is not None
    assert in_evaluation.item() == pytest.approx(once, rel=1e-6)


def test_the_gradient_penalty_is_taken_in_every_step_beside_lazy_r1() -> None:
    critic = nn.Sequential(nn.Dense(3, 4, generator=Generator(0)), nn.Tanh(), nn.Dense(4, 1))
    real, fake = (minigen.tensor(Generator(seed).normal((5, 3))) for seed in (1, 2))
    mix = minigen.tensor(Generator(3).uniform(5))
    game = Game("hinge", penalty=3.0, r1=0.5, r1_interval=2)
    found = game.penalise(critic, real, fake, mix=mix, step=1)
    assert found is not None
    assert found.item() == pytest.approx(
        3 * gradient_penalty(critic, real, fake, mix).item(), rel=1e-6
    )


@pytest.mark.parametrize("name", OBJECTIVES)
def test_the_game_of_convolutions_has_r1_where_nothing_else_bounds_the_slope(name: str) -> None:
    game = ConvGame(name)
    bounded = name.startswith("wasserstein")
    assert game.r1 == (0 if bounded else 1)
    assert (game.r1_interval, game.average) == (8, 0.999)
    assert ConvGame(name, r1=0.5).r1 == 0.5
    assert Game(name).r1 == 0


@pytest.mark.parametrize("name", OBJECTIVES)
def test_on_images_a_critic_runs_ahead_only_where_its_weights_are_clipped(name: str) -> None:
    game = ImageGame(name)
    assert game.critic_steps == (5 if name == "wasserstein" else 1)
    assert ImageGame(name, critic_steps=3).critic_steps == 3
    assert (game.r1, game.r1_interval, game.average) == (ConvGame(name).r1, 8, 0.999)


@pytest.mark.parametrize("name", OBJECTIVES)
def test_dense_layers_play_the_game_of_convolutions_where_it_has_been_found_better(
    name: str,
) -> None:
    expected = {
        "least-squares": ConvGame(name, r1=0.0),
        "wasserstein": Game(name),
        "wasserstein-gp": ConvGame(name, critic_steps=1),
    }.get(name, ConvGame(name))
    assert DenseGame(name).suited_to((1, 4, 4)).config() == expected.config()
    assert DenseGame(name).suited_to((2,)) == Game(name)


def test_what_is_chosen_stays_whatever_the_samples_shape() -> None:
    chosen = DenseGame("hinge", r1=0.0, r1_interval=3, average=0.0, packing=2)
    led = DenseGame("wasserstein-gp", critic_steps=5)
    slowed = DenseGame("least-squares", r1=2.0)
    for shape in ((1, 4, 4), (2,)):
        game = chosen.suited_to(shape)
        assert (game.r1, game.r1_interval, game.average, game.packing) == (0, 3, 0, 2)
        assert led.suited_to(shape).critic_steps == 5
        assert slowed.suited_to(shape).r1 == 2


def test_the_penalty_is_part_of_the_loss_and_shown_beside_it() -> None:
    real, fake = minigen.tensor([1.0, 2.0]), minigen.tensor([0.5, -0.5])
    terms = Game("wasserstein-gp").discriminator_terms(real, fake, minigen.tensor(0.25))
    assert {name: term.item() for name, term in terms.items()} == {
        "discriminator_loss": -1.25,
        "penalty": 0.25,
        "real_score": 1.5,
        "fake_score": 0.0,
    }
    plain = Game("wasserstein").discriminator_terms(real, fake, None)
    assert list(plain) == ["discriminator_loss", "real_score", "fake_score"]


def test_the_mean_scores_carry_no_graph() -> None:
    scores = minigen.tensor([1.0, 2.0], requires_grad=True)
    terms = Game().discriminator_terms(scores, scores * 2, None)
    assert [name for name, term in terms.items() if term.requires_grad] == ["discriminator_loss"]


@pytest.mark.derivation("gan.weight_clipping")
def test_weights_are_clipped_where_the_objective_wants_it() -> None:
    critic = nn.Sequential(nn.Dense(3, 4), nn.BatchNorm1d(4), nn.Dense(4, 1))
    before = [p.numpy() for p in critic.parameters()]
    Game("wasserstein-gp").clip_weights(critic)
    assert all((p.numpy() == b).all() for p, b in zip(critic.parameters(), before, strict=True))
    Game("wasserstein", clip=0.05).clip_weights(critic)
    for parameter, start in zip(critic.parameters(), before, strict=True):
        np.testing.assert_array_equal(parameter.numpy(), np.clip(start, -0.05, 0.05))
        assert parameter.requires_grad


@pytest.mark.parametrize("name", OBJECTIVES)
def test_the_configuration_makes_the_same_game_again(name: str) -> None:
    game = Game(name, r1=0.3, critic_steps=2)
    again = Game(**game.config())
    assert again.config() == game.config()
    assert type(again.objective) is type(game.objective)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"objective": "zero-sum"}, "unknown objective 'zero-sum'"),
        ({"penalty": -1.0}, "penalty must not be negative, got -1.0"),
        ({"r1": float("nan")}, "r1 must not be negative, got nan"),
        ({"r1_interval": 0}, "r1_interval must be at least 1, got 0"),
        ({"critic_steps": 0}, "critic_steps must be at least 1, got 0"),
        ({"clip": 0.1}, "non-saturating clips no weights: leave clip out, or use wasserstein"),
        ({"objective": "wasserstein-gp", "clip": 0.1}, "wasserstein-gp clips no weights"),
        ({"objective": "wasserstein-gp", "penalty": 0.0}, "without its penalty nothing bounds"),
        ({"objective": "wasserstein", "clip": 0.0}, "clip must be positive, got 0.0"),
        ({"objective": "wasserstein", "penalty": 1.0}, "for a gradient penalty use wasserstein-gp"),
        ({"objective": "hinge", "label_smoothing": 0.1}, "hinge has no labels to smooth"),
    ],
)
def test_what_does_not_go_together_is_refused(options: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        Game(**options)


@pytest.mark.derivation("gan.weight_clipping")
def test_a_critic_with_clipped_weights_has_a_bounded_slope() -> None:
    sizes = [(3, 5), (5, 1)]
    critic = nn.Sequential(nn.Dense(3, 5), nn.Tanh(), nn.Dense(5, 1)).to("float64")
    for parameter in critic.parameters():
        nn.init.uniform_(parameter, -9, 9, Generator(0))
    Game("wasserstein", clip=0.1).clip_weights(critic)
    bound = np.prod([0.1 * np.sqrt(i * o) for i, o in sizes])
    x, y = (Generator(seed).normal((200, 3), "float64") for seed in (1, 2))
    rise = abs(critic(x).numpy() - critic(y).numpy())[:, 0]
    assert (rise <= bound * np.linalg.norm(x - y, axis=1)).all()
