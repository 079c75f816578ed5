"""Images of another size: the nearest pixel, a mean of four, or a sum of sixteen."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import minigen
import minigen.functional as F
from tests.numeric import assert_gradients, draw, gradient_of, leaf

SIZES = st.integers(1, 9)


@pytest.mark.derivation("interpolate.nearest")
@given(SIZES, SIZES, st.integers(1, 30), st.integers(1, 30))
def test_the_nearest_pixel_is_that_at_or_before_the_place(
    height: int, width: int, rows: int, columns: int
) -> None:
    x = draw(1, 2, height, width)
    down = [i * height // rows for i in range(rows)]
    right = [j * width // columns for j in range(columns)]
    expected = x[:, :, down][:, :, :, right]
    np.testing.assert_array_equal(F.interpolate(x, (rows, columns)), expected)


@pytest.mark.derivation("interpolate.bilinear")
@pytest.mark.parametrize("align_corners", [False, True])
@given(SIZES, SIZES)
def test_bilinear_keeps_a_plane_but_for_the_border(
    align_corners: bool, size: int, new: int
) -> None:
    plane = np.arange(float(size))[:, None] + 10 * np.arange(float(size))
    found: Any = F.interpolate(plane[None, None], new, mode="bilinear", align_corners=align_corners)
    if align_corners:
        places = np.linspace(0, size - 1, new) if new > 1 else np.zeros(1)
    else:
        places = np.clip((np.arange(new) + 0.5) * size / new - 0.5, 0, size - 1)
    np.testing.assert_allclose(found[0, 0], places[:, None] + 10 * places, atol=1e-12)


@pytest.mark.derivation("interpolate.bicubic")
@pytest.mark.parametrize("align_corners", [False, True])
@given(SIZES, SIZES)
def test_bicubic_keeps_flat_images_and_the_pixels_that_it_meets(
    align_corners: bool, size: int, new: int
) -> None:
    options: Any = {"mode": "bicubic", "align_corners": align_corners}
    flat: Any = F.interpolate(np.full((1, 1, size, size), 3.0), new, **options)
    np.testing.assert_allclose(flat, 3.0, rtol=1e-14)
    x = draw(1, 1, size, size)
    fine: Any = F.interpolate(x, 2 * size - 1 if align_corners else 3 * size, **options)
    met = fine[..., ::2, ::2] if align_corners else fine[..., 1::3, 1::3]
    np.testing.assert_allclose(met, x, atol=1e-13)


def test_bicubic_overshoots_beside_an_edge_as_in_pytorch() -> None:
    edge = np.array([0.0, 0.0, 1.0, 1.0]).reshape(1, 1, 1, 4)
    found: Any = F.interpolate(edge, (1, 8), mode="bicubic")
    expected = [0, -0.0352, -0.1055, 0.2266, 0.7734, 1.1055, 1.0352, 1]
    np.testing.assert_allclose(found.ravel(), expected, atol=1e-4)


def test_whole_factors_upsample() -> None:
    x = draw(2, 3, 4, 5)
    np.testing.assert_array_equal(F.interpolate(x, scale_factor=(2, 3)), F.upsample(x, (2, 3)))
    np.testing.assert_array_equal(F.interpolate(x, (8, 15)), F.upsample(x, (2, 3)))


def test_a_factor_rounds_the_size_down_and_is_itself_the_step() -> None:
    x = np.arange(5.0).reshape(1, 1, 1, 5)
    assert F.interpolate(x, scale_factor=(1, 1.5)).tolist() == [[[[0, 0, 1, 2, 2, 3, 4]]]]
    assert F.interpolate(x, (1, 7)).tolist() == [[[[0, 0, 1, 2, 2, 3, 4]]]]
    assert F.interpolate(x, scale_factor=(1, 0.5)).tolist() == [[[[0, 2]]]]
    assert F.interpolate(x, (1, 2)).tolist() == [[[[0, 2]]]]
    down = F.interpolate(x, scale_factor=(1, 0.5), mode="bilinear")
    assert down.tolist() == [[[[0.5, 2.5]]]]
    assert F.interpolate(x, (1, 2), mode="bilinear").tolist() == [[[[0.75, 3.25]]]]


def test_a_factor_is_not_the_step_where_the_size_stays_or_doubles_as_in_pytorch() -> None:
    x = np.arange(5.0).reshape(1, 1, 1, 5)
    for factor, places in [
        (1.1, [0, 1, 2, 3, 4]),
        (2.1, [0, 0, 1, 1, 2, 2, 3, 3, 4, 4]),
        (3.1, [int(i / 3.1) for i in range(15)]),
    ]:
        assert F.interpolate(x, scale_factor=(1, factor)).tolist() == [[[places]]]


@pytest.mark.derivation("interpolate.grad_input")
@pytest.mark.parametrize(
    "options",
    [
        {"size": (5, 2)},
        {"size": 1},
        {"scale_factor": 2},
        {"scale_factor": (1.5, 0.7)},
        {"size": (5, 2), "mode": "bilinear"},
        {"size": (5, 7), "mode": "bilinear", "align_corners": True},
        {"scale_factor": 2.5, "mode": "bilinear"},
        {"scale_factor": (0.5, 3), "mode": "bilinear", "align_corners": True},
        {"size": (5, 2), "mode": "bicubic"},
        {"scale_factor": (0.5, 3), "mode": "bicubic", "align_corners": True},
    ],
    ids=str,
)
def test_gradients_of_both_orders(options: Any) -> None:
    assert_gradients(lambda x: F.interpolate(x, **options), draw(2, 1, 3, 4))


def test_what_is_shown_several_times_is_felt_as_often() -> None:
    x = leaf([[[[1.0, 2.0, 3.0]]]])
    F.interpolate(x, (1, 4)).backward(np.array([[[[1.0, 10.0, 100.0, 1000.0]]]]))
    assert gradient_of(x).tolist() == [[[[11, 100, 1000]]]]


def test_weights_of_a_mean_add_up_to_one() -> None:
    x = leaf(draw(1, 1, 4, 5))
    F.interpolate(x, (7, 3), mode="bilinear").sum().backward()
    assert gradient_of(x).sum() == pytest.approx(21, rel=1e-12)


def test_float32_stays_and_integers_become_floats_where_means_are_taken() -> None:
    x = np.ones((1, 1, 2, 2), np.float32)
    for mode in ("nearest", "bilinear", "bicubic"):
        assert F.interpolate(x, 3, mode=mode).dtype == np.float32
        assert F.interpolate(minigen.tensor(x), 3, mode=mode).dtype == np.float32
    assert F.interpolate(x.astype(int), 3).dtype == int
    assert F.interpolate(x.astype(int), 3, mode="bilinear").dtype == np.float32


def test_the_result_is_another_array() -> None:
    x = draw(1, 1, 2, 2)
    assert not np.shares_memory(F.interpolate(x, 2), x)


X = np.zeros((1, 2, 4, 4))
WORD: Any = "2"
FRACTION: Any = 2.5


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: F.interpolate(X), "interpolate: either size or scale_factor must be given"),
        (lambda: F.interpolate(X, 4, 2), "and not both, got size=4 and scale_factor=2"),
        (lambda: F.interpolate(X, 0), "interpolate: size must be an integer of at least 1"),
        (lambda: F.interpolate(X, FRACTION), "size must be an integer of at least 1, or two"),
        (lambda: F.interpolate(X, (1, 2, 3)), "or two, got (1, 2, 3)"),
        (lambda: F.interpolate(X, scale_factor=0), "scale_factor must be a positive number"),
        (lambda: F.interpolate(X, scale_factor=WORD), "or two, got '2'"),
        (lambda: F.interpolate(X, scale_factor=True), "or two, got True"),
        (lambda: F.interpolate(X, scale_factor=np.inf), "or two, got inf"),
        (lambda: F.interpolate(X, scale_factor=(2,)), "or two, got (2,)"),
        (lambda: F.interpolate(X, scale_factor=0.1), "images of 4 by 4 would become 0 by 0"),
        (lambda: F.interpolate(X[:, :, :0], 2), "images of 0 by 4 would become 2 by 2"),
        (
            lambda: F.interpolate(X, 2, mode="cubic"),
            "mode must be 'nearest', 'bilinear' or 'bicubic'",
        ),
        (lambda: F.interpolate(X, 2, align_corners=False), "mode 'nearest' has none"),
        (lambda: F.interpolate(X[0], 2), "(N, C, H, W) are expected, got (2, 4, 4); give one"),
        (lambda: F.upsample(X[0], 2), "upsample: images of shape (N, C, H, W) are expected"),
    ],
)
def test_options_that_mean_nothing_are_refused(call: Any, message: str) -> None:
    with pytest.raises(ValueError, match=re.escape(message)):
        call()
