"""The layers of dense networks."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

import minigen
from minigen import nn


@pytest.mark.parametrize("lead", [(), (5,), (2, 3)])
@pytest.mark.parametrize("bias", [True, False])
def test_every_output_is_the_weighted_sum_of_the_inputs(lead: tuple[int, ...], bias: bool) -> None:
    layer = nn.Dense(4, 2, bias)
    x = minigen.randn(*lead, 4)
    y = layer(x)
    assert y.shape == (*lead, 2)
    for index in np.ndindex(*lead):
        for out in range(2):
            expected = sum(x.data[index][i] * layer.weight.data[out, i] for i in range(4))
            expected += layer.bias.data[out] if layer.bias is not None else 0
            assert y.data[index][out] == pytest.approx(expected, rel=1e-5, abs=1e-6)


def test_the_first_weights_are_uniform_up_to_the_root_of_the_inputs() -> None:
    layer = nn.Dense(100, 300)
    assert layer.bias is not None
    for values in (layer.weight.data, layer.bias.data):
        assert values.dtype == np.float32
        assert abs(values).max() <= 0.1
        assert abs(values).max() > 0.098
        assert abs(values.mean()) < 0.02
    assert layer.weight.data.std() == pytest.approx(0.1 / np.sqrt(3), rel=0.02)


def test_a_generator_decides_the_first_weights() -> None:
    first = nn.Dense(3, 2, generator=minigen.Generator(7))
    second = nn.Dense(3, 2, generator=minigen.Generator(7))
    assert (first.weight.data == second.weight.data).all()
    assert (first.weight.data != nn.Dense(3, 2).weight.data).any()


def test_the_default_generator_serves_where_none_is_given() -> None:
    minigen.manual_seed(3)
    first = nn.Dense(3, 2).weight.numpy()
    minigen.manual_seed(3)
    assert (first == nn.Dense(3, 2).weight.data).all()


def test_the_dtype_is_that_of_the_parameters_and_of_the_output() -> None:
    layer = nn.Dense(3, 2, dtype="float64")
    assert layer(minigen.randn(1, 3, dtype="float64")).dtype == np.float64


def test_gradients_reach_both_parameters() -> None:
    layer = nn.Dense(3, 2)
    layer(minigen.ones(4, 3)).sum().backward()
    assert layer.weight.grad is not None
    assert layer.weight.grad.tolist() == [[4, 4, 4], [4, 4, 4]]
    assert layer.bias is not None
    assert layer.bias.grad is not None
    assert layer.bias.grad.tolist() == [4, 4]


def test_a_plain_array_is_an_input_too() -> None:
    assert nn.Dense(3, 2)(np.ones((1, 3), np.float32)).shape == (1, 2)


@pytest.mark.parametrize("shape", [(5, 4), (3, 1), ()])
def test_a_wrong_shape_is_named_with_the_layer(shape: tuple[int, ...]) -> None:
    with pytest.raises(ValueError, match=r"Dense\(in_features=3.*\(\.\.\., 3\) is expected") as e:
        nn.Dense(3, 2)(minigen.ones(*shape))
    assert f"got {shape}" in str(e.value)


@pytest.mark.parametrize("dtype", ["float64", "uint8"])
def test_another_dtype_is_refused_with_a_way_out(dtype: str) -> None:
    with pytest.raises(TypeError, match=rf"float32 is expected.*got {dtype}.*astype\('float32'\)"):
        nn.Dense(3, 2)(minigen.ones(1, 3, dtype=dtype))


def test_what_is_no_array_is_refused() -> None:
    with pytest.raises(TypeError, match="a tensor or an array is expected, got list"):
        nn.Dense(1, 1)([1.0])


@pytest.mark.parametrize("sizes", [(0, 2), (2, -1), (2.0, 2), (True, 2)])
def test_sizes_must_be_positive_integers(sizes: tuple[Any, Any]) -> None:
    with pytest.raises(ValueError, match="_features must be a positive integer, got"):
        nn.Dense(*sizes)


def test_each_index_gives_its_vector_and_only_that_learns() -> None:
    layer = nn.Embedding(4, 3)
    y = layer(minigen.tensor([[1, 3], [1, 1]]))
    np.testing.assert_array_equal(y.data, layer.weight.data[[[1, 3], [1, 1]]])
    y.sum().backward()
    assert layer.weight.grad is not None
    assert layer.weight.grad.tolist() == [[0] * 3, [3] * 3, [0] * 3, [1] * 3]


def test_first_vectors_are_normal_and_decided_by_the_generator() -> None:
    one, same = (nn.Embedding(200, 50, generator=minigen.Generator(3)) for _ in range(2))
    np.testing.assert_array_equal(one.weight.data, same.weight.data)
    assert one.weight.data.mean() == pytest.approx(0, abs=0.05)
    assert one.weight.data.std() == pytest.approx(1, abs=0.05)
    assert nn.Embedding(2, 3, dtype=np.float64).weight.dtype == np.float64


@pytest.mark.parametrize("sizes", [(0, 3), (3, 0), (3, 1.5)])
def test_sizes_must_be_positive(sizes: Any) -> None:
    with pytest.raises(ValueError, match=r"Embedding: \w+ must be a positive integer"):
        nn.Embedding(*sizes)


@pytest.mark.host_only("on a device the check would have to wait, and is left out")
def test_an_index_out_of_range_is_refused() -> None:
    with pytest.raises(IndexError, match="from 0 to 3"):
        nn.Embedding(4, 3)(np.array([4]))
    assert repr(nn.Embedding(4, 3)) == "Embedding(4, 3)"


@pytest.mark.parametrize(
    ("module", "below", "above"),
    [
        (nn.Identity(), -2.0, 3.0),
        (nn.ReLU(), 0.0, 3.0),
        (nn.LeakyReLU(0.1), -0.2, 3.0),
        (nn.ELU(0.5), 0.5 * math.expm1(-2), 3.0),
        (nn.Sigmoid(), 1 / (1 + math.exp(2)), 1 / (1 + math.exp(-3))),
        (nn.Tanh(), math.tanh(-2), math.tanh(3)),
        (nn.Softplus(), math.log1p(math.exp(-2)), math.log1p(math.exp(3))),
        (nn.Softmax(), 1 / (1 + math.exp(5)), 1 / (1 + math.exp(-5))),
        (nn.LogSoftmax(), -math.log1p(math.exp(5)), -math.log1p(math.exp(-5))),
    ],
    ids=lambda value: type(value).__name__,
)
def test_values_are_those_of_the_definition(module: nn.Module, below: float, above: float) -> None:
    assert module(minigen.tensor([-2.0, 3.0])).tolist() == pytest.approx([below, above], rel=1e-6)
    assert list(module.parameters()) == []


@pytest.mark.parametrize("kind", [nn.Softmax, nn.LogSoftmax])
def test_softmax_works_along_the_axis_it_is_told(kind: type[nn.Softmax | nn.LogSoftmax]) -> None:
    y = kind(dim=0)(minigen.randn(3, 2))
    probabilities = y if kind is nn.Softmax else y.exp()
    assert probabilities.sum(axis=0).tolist() == pytest.approx([1, 1])


@pytest.mark.parametrize(
    ("module", "text"),
    [
        (nn.ReLU(), "ReLU()"),
        (nn.LeakyReLU(0.2), "LeakyReLU(negative_slope=0.2)"),
        (nn.ELU(), "ELU(alpha=1.0)"),
        (nn.Softmax(1), "Softmax(dim=1)"),
        (nn.LogSoftmax(), "LogSoftmax(dim=-1)"),
    ],
)
def test_repr_names_the_options(module: nn.Module, text: str) -> None:
    assert repr(module) == text


def test_training_drops_a_share_of_p_and_keeps_the_mean() -> None:
    y = nn.Dropout(0.25, generator=minigen.Generator(0))(minigen.ones(100_000)).data
    assert np.unique(y) == pytest.approx([0, 4 / 3])
    assert (y == 0).mean() == pytest.approx(0.25, abs=0.01)
    assert y.mean() == pytest.approx(1, abs=0.01)


def test_evaluation_returns_the_input() -> None:
    x = minigen.ones(3)
    assert nn.Dropout(0.9).eval()(x) is x


def test_a_generator_decides_the_mask() -> None:
    first, second = (nn.Dropout(generator=minigen.Generator(5)) for _ in range(2))
    x = minigen.ones(50)
    assert (first(x).data == second(x).data).all()
    assert (first(x).data != nn.Dropout()(x).data).any()


def test_the_default_generator_drops_where_none_is_given() -> None:
    dropout, x = nn.Dropout(), minigen.ones(50)
    minigen.manual_seed(1)
    first = dropout(x).numpy()
    minigen.manual_seed(1)
    assert (dropout(x).data == first).all()


@pytest.mark.parametrize("p", [-0.1, 1.1, float("nan")])
def test_a_probability_outside_its_range_is_refused(p: float) -> None:
    with pytest.raises(ValueError, match=r"Dropout: p must lie in \[0, 1\]"):
        nn.Dropout(p)


@pytest.mark.parametrize(
    ("options", "shape"),
    [({}, (2, 60)), ({"start_dim": 0}, (120,)), ({"start_dim": 1, "end_dim": 2}, (2, 12, 5))],
)
def test_flatten_merges_axes(options: dict[str, int], shape: tuple[int, ...]) -> None:
    assert nn.Flatten(**options)(minigen.zeros(2, 3, 4, 5)).shape == shape


@pytest.mark.parametrize(
    ("dim", "sizes", "shape"),
    [
        (1, (3, 4), (2, 3, 4, 5)),
        (1, (3, -1), (2, 3, 4, 5)),
        (-1, [5, 1], (2, 12, 5, 1)),
        (0, (-1,), (2, 12, 5)),
    ],
)
def test_unflatten_splits_an_axis(dim: int, sizes: list[int], shape: tuple[int, ...]) -> None:
    assert nn.Unflatten(dim, sizes)(minigen.zeros(2, 12, 5)).shape == shape


def test_unflatten_undoes_flatten() -> None:
    x = minigen.randn(2, 3, 4)
    assert (nn.Unflatten(1, (3, 4))(nn.Flatten()(x)).data == x.data).all()


@pytest.mark.parametrize(
    ("sizes", "expected"), [((3, 5), r"\(2, 15, 5\)"), ((5, -1), r"\(2, 5 \* n, 5\)")]
)
def test_lengths_that_do_not_fit_are_named_with_the_layer(
    sizes: tuple[int, ...], expected: str
) -> None:
    with pytest.raises(ValueError, match=rf"Unflatten\(dim=1.*{expected} is.*got \(2, 12, 5\)"):
        nn.Unflatten(1, sizes)(minigen.zeros(2, 12, 5))


@pytest.mark.parametrize("sizes", [(), (-1, -1), (0, 2), (-2, 3)])
def test_lengths_that_never_fit_are_refused(sizes: tuple[int, ...]) -> None:
    with pytest.raises(ValueError, match="positive lengths are expected"):
        nn.Unflatten(1, sizes)


@pytest.mark.parametrize("module", [nn.Flatten(3), nn.Unflatten(3, (1, 1))])
def test_an_axis_that_is_not_there_is_an_error(module: nn.Module) -> None:
    with pytest.raises(IndexError, match="axis 3 is out of range for 2 axes"):
        module(minigen.zeros(2, 2))


def test_repr_names_the_axes() -> None:
    assert repr(nn.Flatten()) == "Flatten(start_dim=1, end_dim=-1)"


@pytest.mark.parametrize(
    "layer",
    [nn.ReLU(inplace=True), nn.LeakyReLU(0.01, True), nn.ELU(1.0, inplace=True)],
)
def test_inplace_is_taken_and_has_no_effect(layer: nn.Module) -> None:
    x = minigen.tensor([-1.0, 2.0])
    y = layer(x)
    assert x.tolist() == [-1.0, 2.0]
    assert y.tolist() == type(layer)()(x).tolist()


def test_dropout_takes_inplace_where_pytorch_has_it() -> None:
    x = minigen.ones(9)
    assert repr(nn.Dropout(0.5, True)(x)) != repr(x)
    assert x.tolist() == [1.0] * 9


def test_identity_can_replace_any_layer() -> None:
    x = minigen.ones(2)
    assert nn.Identity(54, unused=0.1)(x) is x


def test_a_pytorch_tensor_is_named_as_one() -> None:
    foreign = type("Tensor", (), {"__module__": "torch"})()
    with pytest.raises(TypeError, match=r"got torch\.Tensor; make one of it, minigen\.tensor"):
        nn.Dense(2, 1)(foreign)
