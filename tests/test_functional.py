"""`minigen.functional` and the package's top level hold what the contract names."""

from __future__ import annotations

import inspect
import re

import numpy as np
import pytest

import minigen
import minigen.functional as F
from minigen import Tensor
from minigen.engine.op import registry
from tests.numeric import leaf


def words(text: str) -> list[str]:
    return re.findall(r"\w+", text)


CONTRACT = words("""
exp log sqrt abs pow relu leaky_relu elu sigmoid tanh softplus softmax log_softmax logsumexp maximum
minimum where clip matmul linear sum mean var max min reshape permute transpose cat stack pad
broadcast_to getitem dropout layer_norm batch_norm mse_loss binary_cross_entropy
binary_cross_entropy_with_logits cross_entropy gaussian_nll kl_standard_normal kl_gaussian
reparameterize conv2d conv_transpose2d max_pool2d avg_pool2d adaptive_avg_pool2d upsample
instance_norm embedding
""")

TOP = words("""
tensor Tensor no_grad enable_grad grad manual_seed Generator detect_anomaly op functional
""")

ATTRIBUTES = words("""
data grad shape ndim size dtype device requires_grad backward detach numpy item to zero_grad
sum mean var max min exp log sqrt abs clip reshape transpose permute T squeeze unsqueeze flatten
""")


@pytest.mark.parametrize("name", CONTRACT)
def test_functional_holds_what_the_contract_names(name: str) -> None:
    assert callable(getattr(F, name))
    assert name in F.__all__


@pytest.mark.parametrize("name", TOP)
def test_the_package_holds_what_the_contract_names(name: str) -> None:
    assert hasattr(minigen, name)
    assert name in minigen.__all__


@pytest.mark.parametrize("name", ATTRIBUTES)
def test_a_tensor_has_what_the_contract_names(name: str) -> None:
    assert hasattr(Tensor, name)


@pytest.mark.parametrize("name", F.__all__)
def test_everything_public_is_there_and_documented(name: str) -> None:
    function = getattr(F, name)
    assert inspect.getdoc(function)
    assert inspect.signature(function).parameters


@pytest.mark.parametrize("name", minigen.__all__)
def test_everything_at_the_top_is_there_and_documented(name: str) -> None:
    thing = getattr(minigen, name)
    assert isinstance(thing, str) or inspect.getdoc(thing)


@pytest.mark.parametrize("name", F.__all__)
def test_a_function_is_found_at_the_top_as_in_pytorch(name: str) -> None:
    assert getattr(minigen, name) is getattr(F, name)
    assert name in dir(minigen)


def test_names_are_sorted_and_said_once() -> None:
    assert sorted(set(F.__all__)) == F.__all__
    assert sorted(set(minigen.__all__)) == minigen.__all__


def test_functions_named_as_ops_are_the_ops() -> None:
    for name in set(F.__all__) & set(registry) - {"clamp"}:
        assert getattr(F, name) is registry[name]
    assert F.clamp is F.clip


@pytest.mark.parametrize(
    ("name", "parameters"),
    [
        ("softmax", ["x", "axis"]),
        ("leaky_relu", ["x", "negative_slope"]),
        ("elu", ["x", "alpha"]),
        ("transpose", ["x", "dim0", "dim1"]),
        ("flatten", ["x", "start_dim", "end_dim"]),
        ("linear", ["x", "weight", "bias"]),
        ("layer_norm", ["x", "normalized_shape", "weight", "bias", "eps"]),
        (
            "batch_norm",
            ["x", "running_mean", "running_var", "weight", "bias", "training", "momentum", "eps"],
        ),
        ("conv2d", ["x", "weight", "bias", "stride", "padding"]),
        (
            "conv_transpose2d",
            ["x", "weight", "bias", "stride", "padding", "output_padding"],
        ),
        ("max_pool2d", ["x", "kernel_size", "stride", "padding"]),
        ("embedding", ["indices", "weight"]),
        ("dropout", ["x", "p", "training"]),
        ("pad", ["x", "pad", "mode", "value"]),
        ("where", ["condition", "a", "b"]),
    ],
)
def test_parameters_come_in_pytorchs_order(name: str, parameters: list[str]) -> None:
    assert list(inspect.signature(getattr(F, name)).parameters)[: len(parameters)] == parameters


def test_the_signatures_of_grad_and_backward_are_the_contracts() -> None:
    grad = inspect.signature(minigen.grad).parameters
    assert list(grad) == [
        "outputs",
        "inputs",
        "grad_outputs",
        "create_graph",
        "retain_graph",
        "allow_unused",
    ]
    assert all(grad[name].kind is inspect.Parameter.KEYWORD_ONLY for name in list(grad)[3:])
    backward = inspect.signature(Tensor.backward).parameters
    assert list(backward) == ["self", "gradient", "retain_graph", "create_graph"]
    assert all(backward[n].kind is inspect.Parameter.KEYWORD_ONLY for n in list(backward)[2:])
    tensor = inspect.signature(minigen.tensor).parameters
    assert list(tensor) == ["data", "dtype", "device", "requires_grad"]


def test_tensors_and_plain_arrays_mix_in_every_argument() -> None:
    weight, bias, x = np.ones((2, 3), np.float32), np.ones(2, np.float32), leaf(np.ones((4, 3)))
    assert isinstance(F.linear(x, weight, bias), Tensor)
    assert isinstance(F.linear(x.numpy(), weight, leaf(bias)), Tensor)
    assert not isinstance(F.linear(x.numpy(), weight, bias), Tensor)
    assert isinstance(F.layer_norm(x.numpy(), 3, leaf(np.ones(3))), Tensor)
    assert isinstance(F.batch_norm(x.numpy(), training=True, bias=leaf(np.ones(3))), Tensor)
    assert isinstance(F.cat([np.ones(2), leaf(np.ones(2))]), Tensor)
    assert isinstance(F.stack([leaf(np.ones(2)), np.ones(2)]), Tensor)
    assert isinstance(F.dropout(np.ones(2), 0.5, mask=minigen.ones(2)), Tensor)
    assert isinstance(F.mse_loss(np.ones((1, 2)), leaf(np.ones((1, 2)))), Tensor)
