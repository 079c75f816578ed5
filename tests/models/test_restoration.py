"""Super-resolution, deblurring and denoising."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import minigen.functional as F
from minigen import nn
from minigen.engine.random import Generator
from minigen.models import (
    Deblurring,
    Denoising,
    NonSaturating,
    SuperResolution,
    ability,
    build,
    can,
    find,
)
from minigen.models.restoration import restore_in_tiles

NAMES = ("super-resolution", "denoising", "deblurring")


def images(*shape: int) -> Any:
    return Generator(2).uniform(shape or (5, 1, 8, 8))


def restorer(name: str, **options: Any) -> Any:
    """Return a small model whose network does something already."""
    options = {"image_shape": (1, 8, 8), "channels": (4, 4), **options}
    model: Any = find(name)(**options, generator=Generator(1))
    nn.init.normal_(model.network[-1].weight, 0.0, 0.1, Generator(3))
    return model


@pytest.mark.parametrize("name", NAMES)
def test_training_begins_with_what_needs_no_network(name: str) -> None:
    model: Any = find(name)(image_shape=(3, 8, 8), channels=(4,), generator=Generator(1))
    seen = model.corrupt(images(2, 3, 8, 8), generator=Generator(4))
    _, simplest = model.without_a_network(seen)
    np.testing.assert_array_equal(model.restore(seen).numpy(), simplest)


@pytest.mark.derivation("restoration.mean")
@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("criterion", ["mse", "l1"])
def test_the_loss_is_summed_over_an_image_and_averaged_over_the_batch(
    name: str, criterion: str
) -> None:
    model, x = restorer(name, criterion=criterion), images()
    terms = model.terms(x, generator=Generator(4))
    difference = model.restore(model.corrupt(x, generator=Generator(4))).numpy() - x
    errors = difference**2 if criterion == "mse" else np.abs(difference)
    assert list(terms) == [f"{criterion}_loss"]
    assert terms[f"{criterion}_loss"].item() == pytest.approx(errors.sum() / 5, rel=1e-5)
    assert model.loss(x, generator=Generator(4)).item() == terms[f"{criterion}_loss"].item()


@pytest.mark.parametrize("name", NAMES)
def test_every_parameter_gets_a_gradient(name: str) -> None:
    model = restorer(name)
    model.loss(images(), generator=Generator(4)).backward()
    for parameter_name, parameter in model.named_parameters():
        assert np.abs(parameter.grad.numpy()).max() > 0, parameter_name


@pytest.mark.derivation("gan.non_saturating")
def test_a_discriminator_judges_patches_of_originals_and_of_what_is_restored() -> None:
    model, x = restorer("super-resolution", adversarial=3.0, patch_channels=(4,)), images()
    assert list(model.sides()) == ["discriminator", "generator"]
    restored = model.restore(model.corrupt(x)).numpy()
    real, fake = (model.discriminator(image * 2 - 1) for image in (x, restored))
    assert real.shape == (5, 1, 4, 4)
    errors, game = ((restored - x) ** 2).sum() / 5, NonSaturating()
    verdict = game.generator_loss(fake).item()
    terms = {name: term.item() for name, term in model.terms(x).items()}
    assert terms["mse"] == pytest.approx(errors, rel=1e-5)
    assert terms["generator_loss"] == pytest.approx(errors + 3 * verdict, rel=1e-5)
    expected = game.discriminator_loss(real, fake).item()
    assert terms["discriminator_loss"] == pytest.approx(expected, rel=1e-5)


@pytest.mark.parametrize(("side", "network"), [("discriminator", ""), ("generator", "network")])
def test_in_a_turn_one_side_alone_gets_gradients(side: str, network: str) -> None:
    model = restorer("denoising", adversarial=3.0, patch_channels=(4,))
    next(iter(model.side_terms(side, images(), generator=Generator(4)).values())).backward()
    for name, parameter in model.named_parameters():
        assert (parameter.grad is not None) == name.startswith(network or side), name


def test_the_game_remembers_less_of_gradients() -> None:
    plain, game = (restorer("deblurring", adversarial=w).training_defaults() for w in (0.0, 1.0))
    assert game == {**plain, "betas": (0.5, 0.999)}


@pytest.mark.derivation("perceptual_loss")
def test_features_count_beside_pixels() -> None:
    model, x = restorer("super-resolution", perceptual=2.0), images()
    network = nn.Sequential(nn.Conv2d(1, 2, 3, generator=Generator(5)), nn.ReLU())
    model.perceive(nn.PerceptualLoss(network, [1]))
    restored = model.restore(model.corrupt(x)).numpy()
    perceived = ((network(restored) - network(x)) ** 2).mean().item()
    errors = ((restored - x) ** 2).sum() / 5
    terms = {name: term.item() for name, term in model.terms(x).items()}
    assert list(terms) == ["restoration_loss", "mse", "perceptual"]
    assert terms["perceptual"] == pytest.approx(perceived, rel=1e-5)
    assert terms["restoration_loss"] == pytest.approx(errors + 2 * perceived, rel=1e-5)
    assert not any("perceptual" in name for name in model.state_dict())
    assert len(list(model.parameters())) == len(list(restorer("super-resolution").parameters()))


def test_features_of_no_network_are_refused() -> None:
    with pytest.raises(ValueError, match="perceptual is 2: give it one by perceive"):
        restorer("super-resolution", perceptual=2.0).terms(images())


def test_pixels_of_a_small_image_are_means_of_those_that_were_there() -> None:
    x = images()
    small: Any = restorer("super-resolution", factor=4).corrupt(x)
    np.testing.assert_allclose(small[..., 0, 1], x[..., :4, 4:].mean(axis=(2, 3)), rtol=1e-6)


def test_noise_has_the_deviation_asked_for_and_stays_within_the_range() -> None:
    grey = np.full((50, 1, 8, 8), 0.5, np.float32)
    noisy: Any = restorer("denoising", noise=0.1).corrupt(grey, generator=Generator(0))
    assert (noisy - grey).std() == pytest.approx(0.1, rel=0.05)
    loud: Any = restorer("denoising", noise=9.0).corrupt(grey, generator=Generator(0))
    assert (loud.min(), loud.max()) == (0, 1)


def test_a_blur_without_noise_is_the_functions() -> None:
    x = images()
    blurred: Any = restorer("deblurring", blur=1.1, noise=0.0).corrupt(x)
    np.testing.assert_array_equal(blurred, F.gaussian_blur(x, 1.1))


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("size", [(10, 9), (3, 13), (1, 1)])
def test_images_of_any_size_are_restored_whole_or_in_tiles(
    name: str, size: tuple[int, int]
) -> None:
    model, x = restorer(name), images(2, 1, *size)
    whole = model.restore(x)
    factor = 2 if name == "super-resolution" else 1
    assert whole.shape == (2, 1, factor * size[0], factor * size[1])
    tiled = restore_in_tiles(model, x, side=4).numpy()
    np.testing.assert_allclose(tiled, whole.numpy(), atol=1e-6)


def test_a_tile_needs_the_pixels_around_it() -> None:
    model, x = restorer("denoising"), images(1, 1, 12, 12)
    alone = np.concatenate(
        [model.restore(x[..., :6]).numpy(), model.restore(x[..., 6:]).numpy()], 3
    )
    assert np.abs(alone - model.restore(x).numpy()).max() > 1e-3


def test_reconstructions_lie_between_black_and_white() -> None:
    made = restorer("super-resolution").reconstruct(images(3, 1, 4, 4) * 20 - 10).numpy()
    assert made.min() == 0
    assert made.max() == 1


def test_small_images_are_shown_in_blocks() -> None:
    model = restorer("super-resolution")
    small = model.corrupt(images())
    np.testing.assert_array_equal(model.shown(small)[..., ::2, 1::2], small)


def test_it_makes_nothing_of_noise_and_says_why() -> None:
    assert not can(SuperResolution, "sample")
    with pytest.raises(TypeError, match="restores the images that it is given"):
        ability(restorer("super-resolution"), "sample")(3)


@pytest.mark.parametrize("name", NAMES)
def test_the_configuration_rebuilds_the_same_architecture(name: str) -> None:
    model = restorer(name, criterion="l1")
    assert build(name, **model.config()).config() == model.config()
    assert find(name) in {SuperResolution, Denoising, Deblurring}


@pytest.mark.parametrize(
    ("name", "options", "message"),
    [
        ("super-resolution", {"factor": 3}, "divisible by 3 are expected, got 8 and 8"),
        ("super-resolution", {"factor": 5}, r"factor must lie in \[2, 4\], got 5"),
        ("super-resolution", {"criterion": "ssim"}, "unknown criterion 'ssim': use one of mse, l1"),
        ("denoising", {"perceptual": -1.0}, "perceptual must not be negative, got -1.0"),
        ("denoising", {"noise": 0.0}, "noise must be positive, got 0.0"),
        ("deblurring", {"blur": -1.0}, "blur must be positive, got -1.0"),
        ("deblurring", {"channels": (0,)}, r"channels must be positive, got channels=\(0,\)"),
    ],
)
def test_impossible_options_are_refused(name: str, options: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        restorer(name, **options)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.host_only("on a device the check would have to wait, and is left out")
def test_images_outside_the_range_are_refused(name: str) -> None:
    with pytest.raises(ValueError, match="images must lie in"):
        restorer(name).terms(images() * 255)


@pytest.mark.parametrize("name", NAMES)
def test_labels_and_images_of_another_shape_are_refused(name: str) -> None:
    model = restorer(name)
    with pytest.raises(TypeError, match="takes no labels"):
        model.terms(images(), np.zeros(5, int))
    with pytest.raises(ValueError, match=r"images of shape \(N, 1, 8, 8\)"):
        model.terms(images(5, 1, 9, 9))
