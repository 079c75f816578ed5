"""Augmentation of what a discriminator sees: what is changed, for whom, and that gradients pass."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import minigen
from minigen import Tensor
from minigen.checker import gradcheck
from minigen.engine.random import Generator
from minigen.models import DCGAN
from minigen.models.augmentation import Augmentation

KINDS: dict[str, dict[str, Any]] = {
    "shift": {"augment_shift": 2},
    "colour": {"augment_colour": True},
    "flip": {"augment_flip": True},
    "all": {"augment_shift": 1, "augment_colour": True, "augment_flip": True},
}


def images(count: int = 6, channels: int = 3) -> Any:
    return Generator(0).normal((count, channels, 4, 6), "float64")


def test_without_options_images_are_what_they_were() -> None:
    x = images()
    assert Augmentation().change(x) is x


def test_a_shift_moves_each_image_by_whole_pixels_and_fills_with_mid_grey() -> None:
    x = images(count=200)
    changed: Any = Augmentation(augment_shift=2).change(x, Generator(1))
    padded = np.pad(x, [(0, 0), (0, 0), (2, 2), (2, 2)])
    found = set()
    for n in range(len(x)):
        places = [
            (row, column)
            for row in range(5)
            for column in range(5)
            if np.array_equal(padded[n, :, row : row + 4, column : column + 6], changed[n])
        ]
        assert len(places) == 1
        found.update(places)
    assert len(found) == 25


def test_half_of_the_images_are_mirrored() -> None:
    x = images(count=400)
    changed: Any = Augmentation(augment_flip=True).change(x, Generator(1))
    mirrored = [np.array_equal(changed[n], x[n, :, :, ::-1]) for n in range(len(x))]
    kept = [np.array_equal(changed[n], x[n]) for n in range(len(x))]
    assert all(a != b for a, b in zip(mirrored, kept, strict=True))
    assert np.mean(mirrored) == pytest.approx(0.5, abs=0.1)


def test_colours_change_in_brightness_saturation_and_contrast() -> None:
    x = images(count=300)
    changed: Any = Augmentation(augment_colour=True).change(x, Generator(1))
    brightness = changed.mean((1, 2, 3)) - x.mean((1, 2, 3))
    assert brightness.min() == pytest.approx(-0.5, abs=0.02)
    assert brightness.max() == pytest.approx(0.5, abs=0.02)

    def grey_contrast(images: Any) -> Any:
        return images.mean(1).std((1, 2))

    contrast = grey_contrast(changed) / grey_contrast(x)
    assert contrast.min() == pytest.approx(0.5, abs=0.02)
    assert contrast.max() == pytest.approx(1.5, abs=0.02)

    def saturation(images: Any) -> Any:
        return (images - images.mean(1, keepdims=True)).std((1, 2, 3))

    ratio = saturation(changed) / saturation(x) / contrast
    assert ratio.min() == pytest.approx(0, abs=0.03)
    assert ratio.max() == pytest.approx(2, abs=0.03)


def test_grey_images_have_no_saturation_to_change() -> None:
    x = images(channels=1)
    changed: Any = Augmentation(augment_colour=True).change(x, Generator(1))
    centred = x - x.mean((1, 2, 3), keepdims=True)
    ratio = (changed - changed.mean((1, 2, 3), keepdims=True)) / centred
    np.testing.assert_allclose(ratio, np.broadcast_to(ratio[:, :, :1, :1], x.shape), rtol=1e-10)


@pytest.mark.derivation("gan.augmentation")
@pytest.mark.parametrize("options", KINDS.values(), ids=KINDS)
def test_gradients_pass_through_every_change(options: dict[str, Any]) -> None:
    augmentation = Augmentation(**options)

    def change(x: Tensor) -> Any:
        return augmentation.change(x, Generator(3))

    gradcheck(change, images(count=3), order=2).raise_if_failed()


@pytest.mark.parametrize("options", KINDS.values(), ids=KINDS)
def test_arrays_and_tensors_are_changed_alike_and_keep_their_dtype(options: dict[str, Any]) -> None:
    x = images().astype(np.float32)
    changed = Augmentation(**options).change(x, Generator(1))
    as_tensor: Any = Augmentation(**options).change(minigen.tensor(x), Generator(1))
    assert changed.dtype == as_tensor.dtype == np.float32
    np.testing.assert_array_equal(as_tensor.numpy(), np.asarray(changed))


def small(**options: Any) -> DCGAN:
    return DCGAN((2, 8, 8), (3,), 3, generator=Generator(1), **options)


def test_in_training_both_sides_see_changed_images_and_in_evaluation_none_does() -> None:
    x, noise = Generator(2).uniform((8, 2, 8, 8)), Generator(4).normal((8, 3))
    plain, augmented = small(), small(augment_shift=2, augment_colour=True, augment_flip=True)

    def losses(model: DCGAN) -> list[float]:
        terms = [
            model.side_terms(side, x, noise=noise, generator=Generator(5)) for side in model.sides()
        ]
        return [next(iter(side.values())).item() for side in terms]

    assert all(a != b for a, b in zip(losses(plain), losses(augmented), strict=True))
    np.testing.assert_array_equal(plain.discriminate(x).numpy(), augmented.discriminate(x).numpy())
    assert losses(plain.eval()) == losses(augmented.eval())


def test_the_generator_learns_through_the_changes() -> None:
    model = small(augment_shift=2, augment_colour=True)
    x = Generator(2).uniform((8, 2, 8, 8))
    model.side_terms("generator", x, generator=Generator(5))["generator_loss"].backward()
    for parameter in model.generator.parameters():
        assert parameter.grad is not None
        assert np.abs(parameter.grad.numpy()).max() > 0


def test_a_shift_is_not_negative() -> None:
    with pytest.raises(ValueError, match="augment_shift must not be negative, got -1"):
        small(augment_shift=-1)
