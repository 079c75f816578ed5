"""Dense layers and embeddings: sums, shapes, dtypes, first weights."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import minigen
import minigen.functional as F
from minigen import nn
from tests.numeric import gradient_of


@pytest.mark.parametrize("lead", [(), (5,), (2, 3)])
@pytest.mark.parametrize("bias", [True, False])
def test_every_output_is_the_weighted_sum_of_the_inputs(lead: tuple[int, ...], bias: bool) -> None:
    layer = nn.Dense(4, 2, bias)
    x = minigen.randn(*lead, 4)
    y = layer(x)
    assert y.shape == (*lead, 2)
    for index in np.ndindex(*lead):
        for out in range(2):
            expected = sum(x.array[index][i] * layer.weight.array[out, i] for i in range(4))
            expected += layer.bias.array[out] if layer.bias is not None else 0
            assert y.array[index][out] == pytest.approx(expected, rel=1e-5, abs=1e-6)


def test_the_first_weights_are_uniform_up_to_the_root_of_the_inputs() -> None:
    layer = nn.Dense(100, 300)
    assert layer.bias is not None
    for values in (layer.weight.array, layer.bias.array):
        assert values.dtype == np.float32
        assert abs(values).max() <= 0.1
        assert abs(values).max() > 0.098
        assert abs(values.mean()) < 0.02
    assert layer.weight.array.std() == pytest.approx(0.1 / np.sqrt(3), rel=0.02)


def test_a_generator_decides_the_first_weights() -> None:
    first = nn.Dense(3, 2, generator=minigen.Generator(7))
    second = nn.Dense(3, 2, generator=minigen.Generator(7))
    assert (first.weight.array == second.weight.array).all()
    assert (first.weight.array != nn.Dense(3, 2).weight.array).any()


def test_the_default_generator_serves_where_none_is_given() -> None:
    minigen.manual_seed(3)
    first = nn.Dense(3, 2).weight.numpy()
    minigen.manual_seed(3)
    assert (first == nn.Dense(3, 2).weight.array).all()


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
    np.testing.assert_array_equal(y.array, layer.weight.array[[[1, 3], [1, 1]]])
    y.sum().backward()
    assert layer.weight.grad is not None
    assert layer.weight.grad.tolist() == [[0] * 3, [3] * 3, [0] * 3, [1] * 3]


def test_first_vectors_are_normal_and_decided_by_the_generator() -> None:
    one, same = (nn.Embedding(200, 50, generator=minigen.Generator(3)) for _ in range(2))
    np.testing.assert_array_equal(one.weight.array, same.weight.array)
    assert one.weight.array.mean() == pytest.approx(0, abs=0.05)
    assert one.weight.array.std() == pytest.approx(1, abs=0.05)
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


def test_a_pytorch_tensor_is_named_as_one() -> None:
    foreign = type("Tensor", (), {"__module__": "torch"})()
    with pytest.raises(TypeError, match=r"got torch\.Tensor; make one of it, minigen\.tensor"):
        nn.Dense(2, 1)(foreign)


def test_the_vector_of_padding_is_zero_and_stays_so() -> None:
    layer = nn.Embedding(4, 2, padding_idx=-1)
    assert repr(layer) == "Embedding(4, 2, padding_idx=3)"
    assert layer.weight[3].tolist() == [0, 0]
    (layer(np.array([3, 1, 3])) * 5).sum().backward()
    assert gradient_of(layer.weight).tolist() == [[0, 0], [5, 5], [0, 0], [0, 0]]
    layer.reset_parameters()
    assert layer.weight[3].tolist() == [0, 0]


@pytest.mark.parametrize("index", [4, -5])
def test_padding_without_a_vector_is_refused(index: int) -> None:
    with pytest.raises(
        ValueError, match=f"Embedding: padding_idx is one of 4 vectors, got {index}"
    ):
        nn.Embedding(4, 2, padding_idx=index)
    with pytest.raises(ValueError, match=f"embedding: padding_idx is a row .* got {index}"):
        F.embedding(np.array([0]), minigen.zeros(4, 2), index)
