"""Spectral normalisation: against the singular values, against PyTorch, and its gradient."""

from __future__ import annotations

import copy
import operator
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import minigen
from minigen import nn
from minigen.checker import gradcheck_parameters
from minigen.engine.random import Generator
from minigen.nn.utils import spectral_norm

LAYERS: dict[str, tuple[Callable[[], Any], tuple[int, ...]]] = {
    "Linear": (lambda: nn.Dense(5, 3, generator=Generator(0)), (4, 5)),
    "Conv2d": (lambda: nn.Conv2d(2, 3, 3, generator=Generator(0)), (2, 2, 5, 4)),
    "ConvTranspose2d": (
        lambda: nn.ConvTranspose2d(2, 3, 4, 2, 1, generator=Generator(0)),
        (2, 2, 3, 3),
    ),
}
FEW_WEIGHTS: dict[str, tuple[Callable[[], Any], tuple[int, ...]]] = {
    "Linear": LAYERS["Linear"],
    "Conv2d": (lambda: nn.Conv2d(2, 3, 2, generator=Generator(0)), (2, 2, 4, 3)),
    "ConvTranspose2d": (lambda: nn.ConvTranspose2d(2, 3, 2, generator=Generator(0)), (2, 2, 2, 3)),
}
"""The same with fewer weights, for what differentiates twice by each of them."""

ARGUMENTS = {"Linear": (5, 3), "Conv2d": (2, 3, 3), "ConvTranspose2d": (2, 3, 4, 2, 1)}


def rows(weight: Any, kind: str) -> Any:
    """Return a weight as a matrix with a row an output channel."""
    array = weight.numpy()
    if kind == "ConvTranspose2d":
        array = array.swapaxes(0, 1)
    return array.reshape(array.shape[0], -1)


@pytest.mark.derivation("spectral_norm")
@pytest.mark.parametrize("kind", LAYERS)
def test_calls_bring_the_largest_singular_value_to_one(kind: str) -> None:
    build, shape = LAYERS[kind]
    layer, x = build(), Generator(1).normal(shape)
    plain = copy.deepcopy(layer)
    spectral_norm(layer, generator=Generator(2))
    for _ in range(100):
        y = layer(x)
    singular = np.linalg.svd(rows(layer.weight, kind), compute_uv=False)
    assert singular[0] == pytest.approx(1, rel=1e-5)
    scale = np.linalg.svd(rows(plain.weight, kind), compute_uv=False)[0]
    np.testing.assert_allclose(layer.weight.numpy(), plain.weight.numpy() / scale, rtol=1e-4)
    plain.load_state_dict({"weight": layer.weight.numpy(), "bias": plain.bias})
    np.testing.assert_allclose(y.numpy(), plain(x).numpy(), rtol=1e-4, atol=1e-6)


@pytest.mark.derivation("spectral_norm.power_iteration")
def test_the_power_iteration_is_a_step_a_call_in_training_mode_and_none_otherwise() -> None:
    layer = spectral_norm(nn.Dense(6, 4, generator=Generator(0)), n_power_iterations=2)
    layer.to("float64")
    matrix = dict(layer.named_parameters())["parametrizations.weight.original"].numpy()
    u, v = (buffer.numpy() for buffer in layer.buffers())
    layer(minigen.zeros(1, 6, dtype="float64"))
    for _ in range(2):
        u = matrix @ v / np.linalg.norm(matrix @ v)
        v = matrix.T @ u / np.linalg.norm(matrix.T @ u)
    for buffer, expected in zip(layer.buffers(), (u, v), strict=True):
        np.testing.assert_allclose(buffer.numpy(), expected, rtol=1e-12)
    _ = layer.weight
    layer.eval()(minigen.zeros(1, 6, dtype="float64"))
    for buffer, expected in zip(layer.buffers(), (u, v), strict=True):
        np.testing.assert_allclose(buffer.numpy(), expected, rtol=1e-12)


@pytest.mark.derivation("spectral_norm.grad_sigma", "spectral_norm.gradient")
@pytest.mark.parametrize("kind", LAYERS)
def test_the_gradient_goes_through_the_singular_value_at_both_orders(kind: str) -> None:
    build, shape = FEW_WEIGHTS[kind]
    layer = spectral_norm(build(), generator=Generator(2)).eval().to("float64")
    x = Generator(1).normal(shape, "float64")

    def loss() -> Any:
        return (layer(x) ** 2).sum()

    parameters = dict(layer.named_parameters())
    gradcheck_parameters(loss, parameters, order=2, mode="full").raise_if_failed()


def test_the_gradient_does_not_lengthen_the_weight() -> None:
    """A function of W / sigma(W) does not change along W: the gradient is orthogonal to it."""
    layer = spectral_norm(nn.Dense(5, 3, generator=Generator(0)), generator=Generator(1))
    layer.to("float64")
    (layer(Generator(2).normal((4, 5), "float64")) ** 2).sum().backward()
    weight = dict(layer.named_parameters())["parametrizations.weight.original"]
    assert weight.grad is not None
    assert (weight.numpy() * weight.grad.numpy()).sum() == pytest.approx(0, abs=1e-12)


def test_two_calls_before_one_backward_pass_do_not_spoil_each_other() -> None:
    """The vectors move in place between the calls; the graph of the first keeps its own."""
    layer = spectral_norm(nn.Dense(5, 3, generator=Generator(0)), generator=Generator(1))
    again = copy.deepcopy(layer)
    x = Generator(2).normal((4, 5))
    (layer(x) ** 2).sum().backward(retain_graph=True)
    (layer(x) ** 2).sum().backward()
    ((again(x) ** 2).sum() + (again(x) ** 2).sum()).backward()
    for ours, theirs in zip(layer.parameters(), again.parameters(), strict=True):
        assert ours.grad is not None
        assert theirs.grad is not None
        np.testing.assert_allclose(ours.grad.numpy(), theirs.grad.numpy(), rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("kind", LAYERS)
def test_weights_vectors_outputs_and_gradients_are_pytorchs(kind: str) -> None:
    torch: Any = pytest.importorskip("torch")
    build, shape = LAYERS[kind]
    theirs = getattr(torch.nn, kind)(*ARGUMENTS[kind]).double()
    theirs = torch.nn.utils.parametrizations.spectral_norm(theirs)
    ours = spectral_norm(build()).to("float64")
    assert list(ours.state_dict()) == list(theirs.state_dict())
    ours.load_state_dict(theirs.state_dict())
    x = Generator(1).normal(shape, "float64")
    for mode in (True, True, False):
        ours.train(mode)
        theirs.train(mode)
        our_y, their_y = ours(x), theirs(torch.from_numpy(x))
        np.testing.assert_allclose(our_y.numpy(), their_y.detach().numpy(), rtol=0, atol=1e-12)
    (our_y**2).sum().backward()
    (their_y**2).sum().backward()
    for (name, parameter), other in zip(ours.named_parameters(), theirs.parameters(), strict=True):
        assert parameter.grad is not None
        np.testing.assert_allclose(
            parameter.grad.numpy(), other.grad.numpy(), rtol=1e-10, atol=1e-12, err_msg=name
        )
    theirs.load_state_dict(
        {name: torch.from_numpy(value.numpy()) for name, value in ours.state_dict().items()}
    )


def test_copies_are_independent_and_dtypes_follow_the_module() -> None:
    layer = spectral_norm(nn.Dense(5, 3))
    twin = copy.deepcopy(layer).to("float64")
    assert layer.weight.dtype == np.float32
    assert twin.weight.dtype == np.float64
    before = [b.tolist() for b in layer.buffers()]
    twin(minigen.ones(1, 5, dtype="float64"))
    assert [b.tolist() for b in layer.buffers()] == before


def test_more_than_one_weight_of_a_module_can_be_normalised() -> None:
    class Bilinear(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.left = nn.Parameter(Generator(0).normal((3, 4)))
            self.right = nn.Parameter(Generator(1).normal((4, 2)))

        def forward(self, x: Any) -> Any:
            return x @ self.left @ self.right

    module = spectral_norm(spectral_norm(Bilinear(), "left"), "right", dim=1)
    assert module(minigen.ones(1, 3)).shape == (1, 2)
    assert [b.shape for b in module.buffers()] == [(3,), (4,), (2,), (4,)]


def test_the_layer_names_what_it_is_made_of() -> None:
    layer = spectral_norm(nn.Dense(5, 3))
    assert repr(layer).startswith("ParametrizedDense(\n  in_features=5, out_features=3")
    assert "n_power_iterations=1, eps=1e-12, dim=0" in repr(layer)
    with pytest.raises(AttributeError, match="'ParametrizedDense' object has no attribute 'wait'"):
        operator.attrgetter("wait")(layer)


def test_an_error_inside_a_call_leaves_the_layer_usable() -> None:
    layer = spectral_norm(nn.Dense(5, 3))
    with pytest.raises(ValueError, match=r"\(\.\.\., 5\) is expected"):
        layer(minigen.ones(1, 4))
    assert layer(minigen.ones(1, 5)).shape == (1, 3)
    assert "weight" not in vars(layer)


def zero() -> nn.Dense:
    layer = nn.Dense(2, 2)
    nn.init.zeros_(layer.weight)
    return layer


@pytest.mark.parametrize(
    ("module", "options", "message"),
    [
        (nn.Dense(2, 2), {"name": "wait"}, "Dense.wait is no parameter$"),
        (nn.Dense(2, 2, bias=False), {"name": "bias"}, "Dense.bias is no parameter$"),
        (nn.Dense(2, 2), {"name": "bias"}, r"two axes or more are expected, got shape \(2,\)"),
        (nn.Dense(2, 2), {"n_power_iterations": 0}, "n_power_iterations must be positive, got 0"),
        (zero(), {}, "Dense.weight is zero, and so is its largest singular value: initialise it"),
        (spectral_norm(nn.Dense(2, 2)), {}, "Dense.weight is no parameter; it is normalised alre"),
    ],
)
def test_what_can_not_be_normalised_is_refused(
    module: nn.Module, options: dict[str, Any], message: str
) -> None:
    with pytest.raises((TypeError, ValueError), match=message):
        spectral_norm(module, **options)
