"""A bias with its activation on a card: as the op computes it, in a launch each way."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import minigen
from minigen import autograd, nn
from minigen.engine import choice
from minigen.kernels.cuda import fused as kernels
from minigen.ops.activation import activated
from tests.kernels.cuda.helpers import DTYPES, check_function, check_rule, drawn, orders
from tests.strict.counters import counting


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("activation", kernels.KINDS)
def test_function_and_rule_agree_with_the_op(activation: str, dtype: str) -> None:
    bias = drawn(dtype, 3, seed=1)
    options = {"activation": activation, "negative_slope": 0.2}
    for x in (*orders(drawn(dtype, 2, 3, 2, 4)), drawn(dtype, 5, 3)):
        check_function(kernels.activated_on_card, activated, [x, bias], dtype, **options)
        out, g = activated.forward(x, bias, **options), drawn(dtype, *x.shape, seed=2)
        check_rule(kernels.activated_vjp_on_card, activated, g, out, [None, None], dtype, **options)


LAYERS: dict[str, Any] = {
    "dense": (lambda: nn.Dense(4, 3), (5, 4)),
    "convolution": (lambda: nn.Conv2d(2, 3, 3, padding=1), (2, 2, 4, 4)),
    "transposed": (lambda: nn.ConvTranspose2d(2, 3, 4, stride=2, padding=1), (2, 2, 4, 4)),
}
ACTIVATIONS = (nn.ReLU(), nn.LeakyReLU(0.2), nn.Sigmoid(), nn.Tanh())


def gradients(model: nn.Module, x: Any) -> list[Any]:
    for parameter in model.parameters():
        parameter.grad = None
    y = model(x)
    (y * y).sum().backward()
    return [y.numpy(), *(p.grad.numpy() for p in model.parameters() if p.grad is not None)]


@pytest.mark.parametrize("name", LAYERS)
def test_a_row_of_layers_gives_what_it_gives_on_the_host(name: str) -> None:
    make, shape = LAYERS[name]
    minigen.manual_seed(0)
    layer, x = make(), minigen.randn(*shape).cpu()
    for activation in ACTIVATIONS:
        model = nn.Sequential(layer, activation)
        expected = gradients(model.to("cpu"), x)
        found = gradients(model.to("cuda"), x.to("cuda"))
        for one, other in zip(found, expected, strict=True):
            np.testing.assert_allclose(one, other, rtol=1e-5, atol=1e-6)


def test_bias_and_activation_are_one_launch_each_way() -> None:
    model = nn.Sequential(nn.Dense(4, 3), nn.ReLU()).to("cuda")
    x = minigen.randn(5, 4, device="cuda")
    g = minigen.randn(5, 3, device="cuda")
    with counting() as counters:
        y = model(x)
    assert [launch.name for launch in counters.launches] == ["matmul", "activated"]
    with counting() as counters:
        y.backward(g)
    assert sorted(launch.name for launch in counters.launches) == ["activated_vjp", "matmul"]


@pytest.mark.parametrize("activation", [nn.ReLU(), nn.Tanh()])
def test_a_gradient_of_a_gradient_reaches_what_it_reaches_on_the_host(activation: Any) -> None:
    minigen.manual_seed(0)
    layer, x = nn.Dense(4, 3), minigen.randn(5, 4).cpu()
    found = []
    for device in ("cpu", "cuda"):
        model = nn.Sequential(layer, activation).to(device)
        given = x.to(device).requires_grad_()
        (slope,) = autograd.grad(model(given).sum(), [given], create_graph=True)
        inputs = [given, *model.parameters()]
        grads = autograd.grad((slope * slope).sum(), inputs, allow_unused=True)
        found.append([None if grad is None else grad.numpy() for grad in grads])
    for here, there in zip(*found, strict=True):
        assert (here is None) == (there is None)
        if here is None:
            continue
        np.testing.assert_allclose(there, here, rtol=1e-5, atol=1e-6)


class Doubled(nn.ReLU):
    def forward(self, x: Any) -> Any:
        return super().forward(x) * 2


@pytest.mark.parametrize(
    ("layer", "activation", "shape"),
    [
        (nn.Dense(4, 3, bias=False), nn.ReLU(), (5, 4)),
        (nn.Dense(4, 3), Doubled(), (5, 4)),
        (nn.Dense(4, 3), nn.LeakyReLU(0.0), (5, 4)),
        (nn.Dense(4, 3), nn.ReLU(), (2, 5, 4)),
        (nn.utils.spectral_norm(nn.Dense(4, 3)), nn.ReLU(), (5, 4)),
    ],
    ids=["no bias", "another forward", "no slope", "three axes", "spectral norm"],
)
def test_what_is_no_layer_with_a_bias_and_its_activation_is_left_alone(
    layer: nn.Module, activation: nn.Module, shape: tuple[int, ...]
) -> None:
    model = nn.Sequential(layer, activation).to("cuda").eval()
    x = minigen.randn(*shape, device="cuda")
    with counting() as counters:
        y = model(x)
    assert "activated" not in [launch.name for launch in counters.launches]
    np.testing.assert_array_equal(y.numpy(), activation(layer(x)).numpy())


def test_readable_ops_alone_fuse_nothing() -> None:
    model = nn.Sequential(nn.Dense(4, 3), nn.ReLU()).to("cuda")
    with choice.using(choice.READABLE), counting() as counters:
        model(minigen.randn(5, 4, device="cuda"))
    assert [launch.name for launch in counters.launches] == ["matmul", "add", "maximum"]


@pytest.mark.parametrize("options", [{"activation": "elu"}, {"negative_slope": 0.0}])
def test_other_options_are_refused(options: dict[str, Any]) -> None:
    given = {"activation": "relu", **options}
    with pytest.raises(ValueError, match=r"activated: .* expected"):
        activated(minigen.ones(2, 3), minigen.ones(3), **given)
