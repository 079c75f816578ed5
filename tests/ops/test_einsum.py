"""Einstein's summation: NumPy's values, gradients of both orders, errors with the equation."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import minigen
import minigen.functional as F
from tests.numeric import draw, gradient_of, leaf

EQUATIONS: list[Any] = [
    ("ij,jk->ik", (2, 3), (3, 4)),
    ("ij,jk", (2, 3), (3, 4)),
    ("b i j, b j k -> b i k", (5, 2, 3), (5, 3, 4)),
    ("ii", (3, 3)),
    ("ii->i", (3, 3)),
    ("iij->j", (3, 3, 2)),
    ("iii->i", (2, 2, 2)),
    ("ij->", (2, 3)),
    ("ba", (2, 3)),
    ("aB", (2, 3)),
    ("i,j->ij", (2,), (3,)),
    ("i,->i", (3,), ()),
    ("ij,k->i", (2, 3), (4,)),
    ("bi,oij,bj->bo", (2, 3), (4, 3, 2), (2, 2)),
    ("abc,cd,db,a->", (2, 3, 4), (4, 5), (5, 3), (2,)),
    ("bhid,bhjd->bhij", (2, 2, 3, 4), (2, 2, 5, 4)),
    ("...ij,...jk->...ik", (2, 1, 3, 4), (5, 4, 2)),
    ("...ij,...jk", (2, 1, 3, 4), (5, 4, 2)),
    ("...ij->...", (2, 3, 4)),
    ("...i->...i", (3,)),
    ("i->...i", (3,)),
    ("b...,b...->b", (3, 2, 2), (3, 2, 2)),
    ("ij,ij->j", (1, 3), (2, 3)),
    ("iij,jkk->i", (2, 2, 3), (3, 4, 4)),
]


def arrays_of(shapes: Any) -> list[Any]:
    return [draw(*shape, seed=seed) for seed, shape in enumerate(shapes)]


@pytest.mark.derivation("einsum")
@pytest.mark.parametrize(("equation", "shapes"), [(e, s) for e, *s in EQUATIONS])
def test_values_are_numpys(equation: str, shapes: Any) -> None:
    arrays = arrays_of(shapes)
    found: Any = F.einsum(equation, *map(minigen.tensor, arrays))
    if "..." in equation and "->" in equation and "..." not in equation.split("->")[1]:
        equation = equation.replace("...", "xy")  # NumPy doesn't sum over dots
    np.testing.assert_allclose(found.numpy(), np.einsum(equation, *arrays), rtol=1e-12)


@pytest.mark.derivation("einsum.grad")
@pytest.mark.parametrize(("equation", "shapes"), [(e, s) for e, *s in EQUATIONS])
def test_gradients_agree_with_finite_differences_at_both_orders(equation: str, shapes: Any) -> None:
    report = minigen.gradcheck(lambda *xs: F.einsum(equation, *xs), arrays_of(shapes), order=2)
    report.raise_if_failed()


def test_a_matrix_against_itself_gets_both_cotangents() -> None:
    x = leaf(draw(2, 3))
    F.einsum("ij,ij->", x, x).backward()
    np.testing.assert_allclose(gradient_of(x), 2 * x.numpy(), rtol=1e-12)


def test_an_infinite_cotangent_stays_on_the_diagonal() -> None:
    x = leaf(np.ones((2, 2)))
    F.einsum("ii->i", x).backward(np.array([np.inf, 1.0]))
    np.testing.assert_array_equal(gradient_of(x), [[np.inf, 0], [0, 1]])


def test_float32_stays_and_integers_are_multiplied_as_such() -> None:
    x = minigen.ones(2, 3)
    assert F.einsum("ij,jk", x, np.ones((3, 2), int)).dtype == np.float32
    assert F.einsum("i,i", np.arange(3), np.arange(3)) == 5


@pytest.mark.parametrize(
    ("equation", "shapes", "message"),
    [
        ("ij,jk", [(2, 2)], "'ij,jk' is about 2 operands, got 1"),
        ("ij->iz", [(2, 2)], "each letter of the result"),
        ("ij->ii", [(2, 2)], "each letter of the result"),
        ("i->i", [(2, 2)], r"'i' in 'i->i' names 1 axes, the operand has shape \(2, 2\)"),
        ("ij,jk->ik", [(2, 3), (4, 2)], "'j' in .* stands for axes of lengths 3 and 4"),
        ("ii", [(2, 3)], r"a diagonal, 'i' in 'ii', needs axes of one length, got shape \(2, 3\)"),
        ("......i->i", [(2, 2)], "letters, commas, '...' and '->' are expected"),
        ("i1->i", [(2, 2)], "letters, commas, '...' and '->' are expected"),
    ],
)
def test_an_equation_that_does_not_fit_is_refused(equation: str, shapes: Any, message: str) -> None:
    with pytest.raises(ValueError, match=f"einsum: .*{message}"):
        F.einsum(equation, *[minigen.zeros(*shape) for shape in shapes])


def test_operands_before_the_equation_are_refused() -> None:
    operands: Any = minigen.ones(2)
    with pytest.raises(TypeError, match=r"the equation comes first.*got Tensor"):
        F.einsum(operands, "i")
