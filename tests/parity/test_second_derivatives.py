"""Where a slope is constant between kinks, its derivative is zero here where it is in PyTorch."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import minigen
from minigen import catalogue

from .cases import Case
from .cases.case import of
from .draws import Array
from .evaluation import Library, Minigen, as_option
from .torch_reference import Torch

pytest.importorskip("torch")

CASES = [
    (case, position)
    for case in catalogue.CALLS
    for position, x in enumerate(case.draw())
    if x.dtype.kind == "f"
]

KINDER = {("fmod (broadcast)", 0), ("remainder (broadcast)", 0)}
"""Zero here, where PyTorch says that the gradient depends on nothing."""

STRICTER = {
    ("gaussian_blur", 0),
    ("nll_loss", 0),
    ("pad (reflect)", 0),
    ("pad (replicate)", 0),
    ("stft", 0),
}
"""The other way round: as of any linear function, the gradient depends on nothing."""


def second_derivative(library: Library, function: Any, case: Any, position: int) -> Array | None:
    """Return the gradient of the summed gradient by one input; None where it is refused."""
    inputs = [library.tensor(np.asarray(x)) for x in case.draw()]
    options = {k: as_option(library, v, "float64") for k, v in case.options.items()}
    try:
        recorded: dict[str, Any] = {"retain_graph": True, "allow_unused": False}
        y = function(*inputs, **options).sum()
        (first,) = library.grad(y, inputs[position], None, create_graph=True, **recorded)
        (second,) = library.grad(
            first.sum(), inputs[position], None, create_graph=False, **recorded
        )
    except RuntimeError:
        return None
    return library.array(second)


@pytest.mark.parametrize(
    ("case", "position"),
    [pytest.param(*each, id=f"{each[0].title}, input {each[1]}") for each in CASES],
)
def test_a_second_derivative_is_there_where_pytorch_has_it(
    case: catalogue.Case, position: int
) -> None:
    compared: Case = of(case)
    ours = second_derivative(Minigen(0), compared.function, case, position)
    theirs = second_derivative(Torch(), compared.theirs, case, position)
    if (case.title, position) in KINDER:
        assert ours is not None
        assert not ours.any()
        return
    if (case.title, position) in STRICTER:
        assert ours is None
        return
    assert (ours is None) == (theirs is None)
    if ours is not None and theirs is not None:
        np.testing.assert_allclose(ours, theirs, rtol=1e-8, atol=1e-8)


def test_a_gradient_of_a_network_of_relus_has_slope_zero_by_its_input() -> None:
    layers = minigen.nn.Sequential(
        minigen.nn.Dense(2, 8), minigen.nn.ReLU(), minigen.nn.Dense(8, 1)
    )
    x = minigen.tensor([[0.3, -0.2]], requires_grad=True)
    (first,) = minigen.grad(layers(x).sum(), x, create_graph=True)
    assert first is not None
    (first * first).sum().backward()
    assert x.grad is not None
    assert not x.grad.numpy().any()
    assert layers[0].weight.grad is not None
    assert layers[0].weight.grad.numpy().any()


def test_gradients_of_several_shapes_are_differentiated_together() -> None:
    x = minigen.tensor([[0.3, 0.2]], requires_grad=True)
    w = minigen.tensor([[1.0], [2.0]], requires_grad=True)
    of_x, of_w = minigen.grad((x @ w).relu().sum(), [x, w], create_graph=True)
    assert of_x is not None
    assert of_w is not None
    by_x, by_w = minigen.grad((of_x * of_x).sum() + (of_w * of_w).sum(), [x, w])
    assert by_x is not None
    assert by_w is not None
    np.testing.assert_allclose(by_x.numpy(), [[0.6, 0.4]], rtol=1e-6)
    np.testing.assert_allclose(by_w.numpy(), [[2.0], [4.0]], rtol=1e-6)
