"""Holes, and what fills them."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from minigen.engine.random import Generator
from minigen.models import Inpainting, ability, build, can
from minigen.models.inpainting import with_holes


def images(*shape: int) -> Any:
    return Generator(2).uniform(shape or (50, 1, 8, 8))


def model_of(**options: Any) -> Inpainting:
    options = {"channels": (8, 8), "code": 4, "hole": 3, **options}
    return Inpainting((1, 8, 8), generator=Generator(1), **options)


def test_each_image_has_a_square_hole_at_a_place_of_its_own() -> None:
    seen: Any = model_of().corrupt(images(200, 1, 8, 8), generator=Generator(0))
    holes = seen[:, -1] == 0
    assert (holes.sum(axis=(1, 2)) == 9).all()
    assert (holes.any(axis=1).sum(axis=1) == 3).all()
    places = {(int(hole.any(1).argmax()), int(hole.any(0).argmax())) for hole in holes}
    assert places == {(top, left) for top in range(6) for left in range(6)}


def test_a_hole_takes_three_sevenths_of_the_side_unless_its_size_is_given() -> None:
    for side, hole in ((28, 12), (32, 14), (8, 3), (4, 2)):
        model = Inpainting((1, side, side), channels=(8, 8), code=4)
        assert model.config()["hole"] == hole


def test_what_is_known_stays_and_what_was_in_the_hole_is_not_seen() -> None:
    model, x = model_of(), images()
    seen: Any = model.corrupt(x, generator=Generator(0))
    known = np.broadcast_to(seen[:, -1:] == 1, x.shape)
    np.testing.assert_array_equal(model.fill(seen).numpy()[known], x[known])
    assert (seen[:, :-1][~known] == 0).all()
    changed = np.where(known, x, 1 - x)
    np.testing.assert_array_equal(with_holes(changed, ~known), seen)


@pytest.mark.derivation("restoration.mean")
def test_the_loss_is_the_squared_error_of_the_holes() -> None:
    model, x = model_of(), images()
    filled = model.fill(model.corrupt(x, generator=Generator(4))).numpy()
    expected = ((filled - x) ** 2).sum() / 50
    assert expected > 0
    assert model.terms(x, generator=Generator(4))["mse_loss"].item() == pytest.approx(expected)
    assert model.loss(x, generator=Generator(4)).item() == pytest.approx(expected)


def test_absolute_errors_may_be_minimised_instead() -> None:
    model, x = model_of(criterion="l1"), images()
    filled = model.fill(model.corrupt(x, generator=Generator(4))).numpy()
    terms = model.terms(x, generator=Generator(4))
    assert list(terms) == ["l1_loss"]
    assert terms["l1_loss"].item() == pytest.approx(np.abs(filled - x).sum() / 50, rel=1e-5)


def test_every_parameter_gets_a_gradient() -> None:
    model = model_of()
    model.loss(images()).backward()
    for name, parameter in model.named_parameters():
        assert parameter.grad is not None, name
        assert np.abs(parameter.grad.numpy()).max() > 0, name


def test_black_pixels_are_told_from_missing_ones() -> None:
    model = model_of()
    black = np.zeros((1, 1, 8, 8), np.float32)
    holes = np.zeros((1, 1, 8, 8), bool)
    holes[..., :4, :4] = True
    assert (model.fill(with_holes(black, holes)).numpy()[holes] != 0).all()
    assert (model.fill(with_holes(black, ~holes)).numpy()[holes] == 0).all()


def test_without_dense_layers_images_of_other_sizes_are_filled() -> None:
    seen = with_holes(images(2, 1, 6, 10), np.ones((2, 1, 6, 10), bool))
    assert model_of(code=0).fill(seen).shape == (2, 1, 6, 10)
    with pytest.raises(ValueError, match=r"UNet: images of 8x8 are expected.*got 6x10"):
        model_of().fill(seen)
    odd = with_holes(images(2, 1, 6, 9), np.ones((2, 1, 6, 9), bool))
    with pytest.raises(ValueError, match=r"divisible by 2 are expected, got 6x9"):
        model_of(code=0).fill(odd)


def test_holes_are_shown_in_grey() -> None:
    model, x = model_of(), images()
    seen: Any = model.corrupt(x)
    shown = model.shown(seen)
    hole = seen[:, -1:] == 0
    assert (shown[hole] == 0.5).all()
    np.testing.assert_array_equal(shown[~hole], x[~hole])


def test_it_makes_nothing_of_noise_and_says_why() -> None:
    assert not can(Inpainting, "sample")
    with pytest.raises(TypeError, match="fills holes in the images that it is given"):
        ability(model_of(), "sample")(3)


def test_the_configuration_rebuilds_the_same_architecture() -> None:
    model = model_of()
    assert build(model.name, **model.config()).config() == model.config()


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"hole": 8}, "fewer than the image's 8 pixels are expected, got 8"),
        ({"channels": (8, 12)}, r"multiples of 8 are expected, got \(8, 12\)"),
        ({"channels": (8,) * 5}, "height and width divisible by 16 are expected, got 8x8"),
        ({"code": -1}, "code must not be negative, got -1"),
    ],
)
def test_impossible_options_are_refused(options: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        model_of(**options)
