from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given
from hypothesis import strategies as st

from minigen.checker.diagnosis import Symptoms, diagnose, diagnose_shape

Array = npt.NDArray[np.float64]
N = np.random.default_rng(0).normal(size=(4, 3))
SQUARE = np.random.default_rng(1).normal(size=(3, 3))


def look(analytic: Any, numeric: Any = N, **more: Any) -> str:
    wrong = ~(np.abs(analytic - numeric) <= 1e-7 + 1e-5 * np.abs(numeric))
    return diagnose(Symptoms(np.asarray(analytic), np.asarray(numeric), wrong, **more))


def changed(numeric: Array, index: Any, factor: float = 3.0) -> Array:
    gradient = numeric.copy()
    gradient[index] *= factor
    return gradient


def test_a_right_gradient_gets_no_diagnosis() -> None:
    assert look(N) == ""


def test_a_gradient_without_pattern_gets_no_diagnosis() -> None:
    assert look(np.random.default_rng(2).normal(size=N.shape)) == ""


def test_a_gradient_that_is_not_finite_gets_no_diagnosis() -> None:
    assert look(N * np.nan) == ""


def test_zero_everywhere() -> None:
    assert look(N * 0).startswith("zero everywhere: does the rule lose it")
    assert "is it detached on the way" in look(N * 0, reached=False)


@pytest.mark.parametrize(
    ("factor", "words"),
    [
        (2.0, "twice too large everywhere: is the batch summed twice?"),
        (0.5, "half of what it should be everywhere: is the 2 of a square's slope missing?"),
        (-1.0, "the sign is flipped everywhere"),
        (-2.0, "twice too large everywhere: is the batch summed twice?, and the sign is flipped"),
        (1 / 4, "1/4 of what it should be everywhere: 4 is the length of axis 0: a mean where a "
                "sum was meant?"),
        (3.0, "3 times too large everywhere: 3 is the length of axis 1: a sum where a mean was "
              "meant?"),
        (12.0, "12 times too large everywhere: 12 is the number of elements of the input: a sum "
               "where a mean was meant?"),
        (1 / 7, "1/7 of what it should be everywhere: 7 is the length of axis 0 of the output: a "
                "mean where a sum was meant?"),
        (35.0, "35 times too large everywhere: 35 is the number of elements of the output: a sum "
               "where a mean was meant?"),
        (11.0, "11 times too large everywhere"),
        (0.73, "0.73 times what it should be everywhere"),
        (-0.73, "0.73 times what it should be everywhere, and the sign is flipped"),
    ],
)  # fmt: skip
def test_a_constant_factor(factor: float, words: str) -> None:
    assert look(N * factor, output_shapes=[(7, 5)]) == words


@given(st.floats(0.01, 100).filter(lambda c: abs(c - 1) > 1e-2))
def test_any_constant_factor_is_named(factor: float) -> None:
    assert "everywhere" in look(N * factor)


def test_a_single_element_has_a_factor_only_if_it_is_a_telling_one() -> None:
    assert look(np.array([1.7]), np.array([1.0])) == ""
    assert "twice too large" in look(np.array([2.0]), np.array([1.0]))
    assert "sign is flipped" in look(np.array([-1.0]), np.array([1.0]))


def test_a_gradient_where_none_is_due() -> None:
    assert "not zero where it should be" in look(N, N * 0)


def test_the_gradient_of_another_input() -> None:
    other = np.random.default_rng(3).normal(size=N.shape)
    words = look(other, others={"a": N[:2], "b": N * 0, "weight": other})
    assert words.startswith("this is the gradient of weight")


def test_a_transpose() -> None:
    assert look(SQUARE.T, SQUARE) == "transposed: its transpose is right"
    cube = np.random.default_rng(4).normal(size=(2, 3, 3))
    assert "axes in the order (0, 2, 1)" in look(cube.transpose(0, 2, 1), cube)


def test_more_axes_than_can_be_tried_get_no_diagnosis() -> None:
    tensor = np.random.default_rng(5).normal(size=(2,) * 5)
    assert look(tensor.transpose(4, 0, 1, 2, 3), tensor) == ""


def test_a_transposed_jacobian() -> None:
    jacobian = np.random.default_rng(6).normal(size=(3, 3))
    g = np.array([1.0, -2.0, 0.5])
    words = look(jacobian @ g, g @ jacobian, jacobians=(jacobian.T, jacobian))
    assert words.startswith("the Jacobian is transposed")


def test_outputs_taken_for_uncoupled() -> None:
    jacobian = np.random.default_rng(7).normal(size=(3, 3))
    diagonal = np.diag(np.diag(jacobian))
    g = np.array([1.0, -2.0, 0.5])
    words = look(g @ diagonal, g @ jacobian, jacobians=(diagonal, jacobian))
    assert "is a term missing that couples them" in words
    assert look(g @ diagonal * [1, 2, 5], g @ diagonal, jacobians=(diagonal * 2, diagonal)) == ""


@pytest.mark.parametrize(
    ("index", "words"),
    [
        ((slice(None), 0), "right but for the first index along axis 1"),
        ((slice(None), -1), "right but for the last index along axis 1"),
        ((3,), "right but for the last index along axis 0"),
        (([0, 3],), "right but for the first and last index along axis 0"),
    ],
)
def test_an_edge(index: Any, words: str) -> None:
    assert look(changed(N, index)).startswith(words)


def test_an_edge_of_a_vector_is_an_edge_though_it_is_one_element() -> None:
    vector = N.ravel()
    assert "the last index along axis 0" in look(changed(vector, -1), vector)


def test_one_element() -> None:
    assert look(changed(N, (3, 2), 1.01)) == (
        "right but for one element, [3, 2], 1.01 times what it should be"
    )
    numeric = changed(N, (1, 1), 0.0)
    gradient = numeric.copy()
    gradient[1, 1] = 0.5
    assert look(gradient, numeric) == "right but for one element, [1, 1]"


@pytest.mark.parametrize("axis", [0, 1])
def test_a_shift(axis: int) -> None:
    up, down = np.roll(N, 1, axis), np.roll(N, -1, axis)
    assert f"shifted by one along axis {axis}, to higher indices" in look(up)
    assert f"shifted by one along axis {axis}, to lower indices" in look(down)


def test_reverse_order() -> None:
    assert look(N[::-1]) == "in reverse order along axis 0"


def test_signs() -> None:
    assert "the sign is flipped in" in look(np.abs(N))


def test_zero_in_places() -> None:
    gradient = np.where(N > 0, N, 0)
    count = int((N <= 0).sum())
    assert look(gradient) == (
        f"zero where it should not be, in {count} of 12 elements, and right elsewhere"
    )
    assert look(N, gradient) == (
        f"not zero where it should be, in {count} of 12 elements, and right elsewhere"
    )


def test_a_lost_mean() -> None:
    centred = N - N.mean(axis=0)
    assert "off by the same amount all along axis 0" in look(N, centred)


def test_of_a_sample_only_patterns_without_places_are_told() -> None:
    sample = N.ravel()
    assert "twice too large" in look(sample * 2, sample, sampled=True)
    assert look(changed(sample, -1), sample, sampled=True) == ""


# Wrong shapes.


def test_a_broadcast_axis_that_is_not_summed() -> None:
    assert diagnose_shape(N, N.sum(0)) == (
        "a broadcast axis is not summed: its sum over axis 0 is right; return sum_to_size(g, (3,))"
    )
    stretched = np.stack([N, N * 2])
    words = diagnose_shape(stretched, stretched.sum((0, 2)).reshape(4, 1))
    assert "its sum over axes 0, 2 is right" in words


def test_a_broadcast_axis_that_is_not_summed_of_a_wrong_gradient() -> None:
    assert diagnose_shape(N, N.sum(0) * 5).endswith("Nor is its sum right")


def test_a_transposed_shape() -> None:
    assert diagnose_shape(N.T, N) == "transposed: its transpose is right"


def test_a_shape_not_restored() -> None:
    assert "right, but not given the input's shape" in diagnose_shape(N.ravel(), N)


def test_an_unrelated_shape_gets_no_diagnosis() -> None:
    assert diagnose_shape(np.ones(5), N) == ""
    assert diagnose_shape(np.ones((2, 6)), N) == ""
