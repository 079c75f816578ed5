"""The VAE-GAN: three sides, each with a loss of its own."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import minigen
from minigen import metrics
from minigen.engine.random import Generator
from minigen.models import VAEGAN, AbilityError, NonSaturating, ability, build, can

SIDES = {
    "discriminator": ("discriminator.",),
    "encoder": ("encoder.", "to_mu.", "to_logvar."),
    "decoder": ("decoder.", "to_pixels."),
}
"""How the names of each side's parameters begin."""


def model_of(**options: Any) -> VAEGAN:
    options = {"channels": (3, 4), "hidden": (6,), "latent": 2, "r1": 0.0, **options}
    return VAEGAN((1, 8, 8), **options, generator=Generator(1))


def images(*shape: int) -> Any:
    return Generator(2).uniform(shape or (5, 1, 8, 8))


def held(count: int = 5) -> dict[str, Any]:
    """Return all that is drawn in a turn."""
    return {name: Generator(seed).normal((count, 2)) for name, seed in (("noise", 3), ("drawn", 4))}


@pytest.mark.derivation("vae_gan.objective")
def test_each_side_minimises_its_own_loss() -> None:
    model, x, drawn = model_of(gamma=0.3, beta=0.7), images(), held()
    mu, logvar = (each.numpy() for each in model.encode(x))
    z = mu + np.exp(logvar / 2) * drawn["noise"]
    below, above = model.discriminator.children()
    made = [model.decode_images(latents).numpy() for latents in (z, drawn["drawn"])]
    features = [below(each * 2 - 1) for each in (x, *made)]
    real, of_reconstructions, of_samples = (above(each).reshape(-1) for each in features)
    error = ((features[0].numpy() - features[1].numpy()) ** 2).sum() / 2 / 5
    kl = (mu**2 + np.exp(logvar) - logvar - 1).sum() / 2 / 5
    fake, game = minigen.cat([of_reconstructions, of_samples]), NonSaturating()
    expected = {
        "discriminator_loss": game.discriminator_loss(real, fake).item(),
        "encoder_loss": error + 0.7 * kl,
        "decoder_loss": 0.3 * error + game.generator_loss(fake).item(),
    }
    terms = {name: term.item() for name, term in model.terms(x, **drawn).items()}
    for name, value in expected.items():
        assert terms[name] == pytest.approx(value, rel=1e-4), name
    assert terms["feature_error"] == pytest.approx(error, rel=1e-4)
    assert terms["kl"] == pytest.approx(kl, rel=1e-4)
    assert 0 < terms["fake_score"] < 1


@pytest.mark.parametrize("side", SIDES)
def test_in_a_turn_one_side_alone_gets_gradients_and_no_statistics_of_others_move(
    side: str,
) -> None:
    model = model_of(batch_norm=True)
    before = {name: buffer.numpy().copy() for name, buffer in model.named_buffers()}
    next(iter(model.side_terms(side, images(), **held()).values())).backward()
    for name, parameter in model.named_parameters():
        assert (parameter.grad is not None) == name.startswith(SIDES[side]), name
    moved = {
        name for name, buffer in model.named_buffers() if (buffer.numpy() != before[name]).any()
    }
    assert all(name.startswith(SIDES[side]) for name in moved)
    assert bool(moved) == (side != "discriminator")


def test_the_sides_hold_every_parameter_once() -> None:
    model = model_of()
    held_by_sides = [id(p) for side in model.sides().values() for p in side.parameters()]
    assert sorted(held_by_sides) == sorted(id(p) for p in model.parameters())


def test_the_encoder_does_not_learn_from_the_verdict() -> None:
    """Another last layer of the discriminator, and nothing changes for the encoder."""
    model, x, drawn = model_of(), images(), held()
    gradients = []
    for factor in (1.0, -3.0):
        with minigen.no_grad():
            last = model.discriminator[1][-1].weight
            last.copy_(last * factor)
        model.zero_grad()
        model.side_terms("encoder", x, **drawn)["encoder_loss"].backward()
        gradients.append([p.grad.numpy() for p in model.encoder.parameters() if p.grad is not None])
    for first, second in zip(*gradients, strict=True):
        np.testing.assert_array_equal(first, second)


@pytest.mark.derivation("gan.lazy_r1")
def test_r1_is_taken_in_every_eighth_step_with_eight_times_the_weight() -> None:
    model, x, drawn = model_of(r1=0.5), images(), held()
    penalties = []
    for step in (8, 9):
        model.turns(step)
        penalties.append(model.side_terms("discriminator", x, **drawn)["penalty"].item())
    model.eval()
    plain = model.side_terms("discriminator", x, **drawn)["penalty"].item()
    assert penalties == [pytest.approx(8 * plain, rel=1e-5), 0.0]
    assert plain > 0


def test_pixels_are_judged_as_those_of_a_vae() -> None:
    model, x = model_of(), images(20, 1, 8, 8)
    figures = metrics.evaluate(model, x, generator=Generator(0))
    assert list(figures) == ["negative_elbo", "reconstruction", "kl"]
    weights = model.log_weights(x, 50, generator=Generator(0)).numpy()
    tighter = -np.log(np.exp(weights).mean(axis=0)).mean()
    assert tighter < figures["negative_elbo"] == pytest.approx(-weights.mean(), rel=0.05)


def test_it_samples_and_reconstructs_in_the_unit_interval() -> None:
    model, x = model_of(batch_norm=True).eval(), images()
    for made in (model.sample(5, generator=Generator(0)), model.reconstruct(x)):
        assert made.shape == (5, 1, 8, 8)
        assert 0 <= made.min().item() <= made.max().item() <= 1
    assert model.discriminate(x).shape == (5,)


def test_it_has_no_loss_of_its_own_and_says_why() -> None:
    assert not can(VAEGAN, "loss")
    with pytest.raises(AbilityError, match="three losses, one a side"):
        ability(model_of(), "loss")


def test_the_configuration_rebuilds_the_same_architecture() -> None:
    model = model_of(batch_norm=True, discriminator_hidden=(), gamma=0.5)
    again = build(model.name, **model.config())
    assert again.config() == model.config()
    shapes = [{name: p.shape for name, p in each.named_parameters()} for each in (model, again)]
    assert shapes[0] == shapes[1]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"channels": (3, 4, 5, 6)}, "need a height and width divisible by 16, got 8 and 8"),
        ({"gamma": -1.0}, "gamma must not be negative, got -1.0"),
        ({"r1_interval": 0}, "r1_interval must be at least 1, got 0"),
    ],
)
def test_impossible_options_are_refused(options: Any, message: str) -> None:
    with pytest.raises(ValueError, match=f"VAEGAN: .*{message}"):
        model_of(**options)


def test_an_unknown_side_and_labels_are_refused() -> None:
    with pytest.raises(ValueError, match="unknown side 'generator': use one of discriminator, enc"):
        model_of().side_terms("generator", images())
    with pytest.raises(TypeError, match="takes no labels"):
        model_of().terms(images(), np.zeros(5, int))


@pytest.mark.host_only("on a device the check would have to wait, and is left out")
def test_images_outside_the_range_are_refused() -> None:
    for act in (model_of().terms, model_of().discriminate):
        with pytest.raises(ValueError, match="images must lie in"):
            act(images() * 255)
