"""Translation of images: pix2pix."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from minigen import nn
from minigen.engine.random import Generator
from minigen.models import NonSaturating, Pix2Pix, ability, build, can
from minigen.models.translation import CutMix

SIDES = ("discriminator", "generator")


def pairs(*shape: int) -> Any:
    return Generator(2).uniform(shape or (5, 2, 8, 8))


def model_of(**options: Any) -> Pix2Pix:
    """Return a small model whose network does something already."""
    options = {"image_shape": (1, 8, 8), "channels": (8, 8), "cut": 0.0, **options}
    model = Pix2Pix(**options, generator=Generator(1))
    nn.init.normal_(model.generator.last.weight, 0.0, 0.1, Generator(3))
    return model


def test_training_begins_with_the_image_as_it_is() -> None:
    x = np.array([0.0, 0.5, 1.0], np.float32).reshape(1, 1, 1, 3).repeat(4, axis=2)
    made = Pix2Pix((1, 4, 3), channels=(8,)).translate(x).numpy()
    np.testing.assert_allclose(made[0, 0, 0], [0.018, 0.5, 0.982], atol=1e-3)


@pytest.mark.derivation("restoration.mean")
def test_the_loss_is_summed_over_an_image_and_averaged_over_the_batch() -> None:
    model, x = model_of(), pairs()
    made = model.translate(x[:, :1]).numpy()
    expected = np.abs(made - x[:, 1:]).sum() / 5
    assert {name: term.item() for name, term in model.terms(x).items()} == {
        "l1_loss": pytest.approx(expected, rel=1e-5)
    }
    assert model.loss(x).item() == pytest.approx(expected, rel=1e-5)


@pytest.mark.derivation("gan.non_saturating")
def test_with_a_discriminator_both_sides_have_their_loss() -> None:
    model, x = model_of(adversarial=3.0, patch_channels=(4,)), pairs()
    assert tuple(model.sides()) == SIDES
    made = model.translate(x[:, :1]).numpy()
    assert model.discriminator is not None
    real, fake = (
        model.discriminator(np.concatenate([x[:, :1], image], axis=1) * 2 - 1)
        for image in (x[:, 1:], made)
    )
    assert real.shape == (5, 1, 4, 4)
    terms = model.terms(x)
    errors, game = np.abs(made - x[:, 1:]).sum() / 5, NonSaturating()
    verdict = game.generator_loss(fake).item()
    assert terms["generator_loss"].item() == pytest.approx(errors + 3 * verdict, rel=1e-5)
    expected = game.discriminator_loss(real, fake).item()
    assert terms["discriminator_loss"].item() == pytest.approx(expected, rel=1e-5)
    assert model.loss(x).item() == terms["generator_loss"].item()
    assert 0 < terms["fake_score"].item() < 1


@pytest.mark.parametrize("side", SIDES)
def test_in_a_turn_one_side_alone_gets_gradients(side: str) -> None:
    model = model_of(adversarial=3.0, patch_channels=(4,))
    next(iter(model.side_terms(side, pairs()).values())).backward()
    for name, parameter in model.named_parameters():
        assert (parameter.grad is not None) == name.startswith(side), name


def test_every_parameter_gets_a_gradient() -> None:
    model = model_of()
    model.loss(pairs()).backward()
    for name, parameter in model.named_parameters():
        assert parameter.grad is not None, name
        assert np.abs(parameter.grad.numpy()).max() > 0, name


@pytest.mark.parametrize("size", [(5, 7), (1, 1), (8, 12)])
def test_images_of_any_size_are_translated(size: tuple[int, int]) -> None:
    x = pairs(2, 1, *size)
    assert model_of().translate(x).shape == (2, 1, *size)


def test_an_image_is_continued_by_its_last_pixels() -> None:
    model, x = model_of(), pairs(2, 1, 7, 8)
    longer = np.concatenate([x, x[:, :, -1:]], axis=2)
    np.testing.assert_array_equal(
        model.translate(x).numpy(), model.translate(longer).numpy()[:, :, :7]
    )


def test_it_is_shown_the_inputs_of_pairs() -> None:
    model, x = model_of(), pairs()
    seen: Any = model.corrupt(x)
    np.testing.assert_array_equal(seen, x[:, :1])
    np.testing.assert_array_equal(model.reconstruct(seen).numpy(), model.translate(seen).numpy())


def test_cut_pairs_are_composed_of_two_alike_in_input_and_target() -> None:
    shades = np.arange(1, 201, dtype=np.float32).reshape(-1, 1, 1, 1) / 200
    x = np.broadcast_to(shades, (200, 2, 8, 6))
    mixed: Any = CutMix(0.5).mix(x, Generator(0))
    np.testing.assert_array_equal(mixed[:, 0], mixed[:, 1])
    whole = (mixed == x).all(axis=(1, 2, 3))
    assert 0.4 < whole.mean() < 0.65
    for number in np.flatnonzero(~whole):
        image = mixed[number, 0]
        assert len(np.unique(image)) <= 2
        assert (image == image[:1]).all() or (image == image[:, :1]).all()
        assert image[-1, -1] == x[number, 0, 0, 0] or (image != x[number, 0, 0, 0]).all()
    assert CutMix(0.0).mix(x, Generator(0)) is x


def test_pairs_are_cut_in_training_alone() -> None:
    model, x = model_of(cut=1.0), pairs()
    first, second = (model.loss(x, generator=Generator(seed)).item() for seed in (1, 2))
    assert first != second
    model.eval()
    assert model.loss(x).item() == model_of().loss(x).item()


def test_the_game_has_a_lower_rate() -> None:
    plain, game = model_of().training_defaults(), model_of(adversarial=1.0).training_defaults()
    assert (plain["lr"], plain["batch_size"]) == (2e-3, 16)
    assert (game["lr"], game["betas"]) == (1e-3, (0.5, 0.999))


def test_it_makes_nothing_of_noise_and_says_why() -> None:
    assert not can(Pix2Pix, "sample")
    with pytest.raises(TypeError, match="translates the images that it is given"):
        ability(model_of(), "sample")(3)


def test_the_configuration_rebuilds_the_same_architecture() -> None:
    model = model_of(adversarial=2.0)
    again = build(model.name, **model.config())
    assert again.config() == model.config()
    shapes = [{name: p.shape for name, p in each.named_parameters()} for each in (model, again)]
    assert shapes[0] == shapes[1]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"channels": (8, 12)}, r"multiples of 8 are expected, got \(8, 12\)"),
        ({"cut": 1.5}, r"cut must lie in \[0, 1\], got 1.5"),
        ({"depth": 0}, "depth must be at least 1, got 0"),
        ({"adversarial": -1.0}, "adversarial must not be negative, got -1.0"),
        ({"patch_channels": (0,)}, r"patch_channels must be positive, got patch_channels=\(0,\)"),
    ],
)
def test_impossible_options_are_refused(options: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        model_of(**options)


def test_what_is_no_pair_of_its_shape_is_refused() -> None:
    model = model_of()
    with pytest.raises(
        ValueError, match=r"pairs of shape \(N, 2, 8, 8\) are expected, .* 1, 8, 8\)"
    ):
        model.terms(pairs(5, 1, 8, 8))
    with pytest.raises(TypeError, match="takes no labels"):
        model.terms(pairs(), np.zeros(5, int))
    with pytest.raises(ValueError, match="unknown side 'critic': use one of model"):
        model.side_terms("critic", pairs())


@pytest.mark.host_only("on a device the check would have to wait, and is left out")
def test_values_outside_the_range_are_refused() -> None:
    with pytest.raises(ValueError, match="images must lie in"):
        model_of().terms(pairs() * 255)
