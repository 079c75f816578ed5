"""Super-resolution, deblurring and denoising."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import minigen.functional as F
from minigen import nn
from minigen.engine.random import Generator
from minigen.models import Deblurring, Denoising, SuperResolution, ability, build, can, find
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
