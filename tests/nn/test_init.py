"""Initialisers: their distributions, fans and generators."""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
import pytest

import minigen
from minigen import nn
from minigen.nn import init

SHAPE = (200, 300)  # fan in 300, fan out 200

UNIFORM = [
    (partial(init.uniform_, a=-2, b=2), 2),
    (init.xavier_uniform_, math.sqrt(6 / 500)),
    (partial(init.xavier_uniform_, gain=2), 2 * math.sqrt(6 / 500)),
    (init.kaiming_uniform_, math.sqrt(6 / 300)),
    (partial(init.kaiming_uniform_, mode="fan_out"), math.sqrt(6 / 200)),
    (partial(init.kaiming_uniform_, a=math.sqrt(5)), 1 / math.sqrt(300)),
]

NORMAL = [
    (init.normal_, 1),
    (partial(init.normal_, std=3), 3),
    (init.xavier_normal_, math.sqrt(2 / 500)),
    (init.kaiming_normal_, math.sqrt(2 / 300)),
    (partial(init.kaiming_normal_, mode="fan_out", nonlinearity="linear"), math.sqrt(1 / 200)),
    (init.dcgan_normal_, 0.02),
]

Initializer = Callable[..., minigen.Tensor]


def marked(case: tuple[Any, float]) -> Any:
    """Mark a case with the result that its initialiser rests on, if it rests on one."""
    name = getattr(case[0], "func", case[0]).__name__
    for family, result in (("xavier", "init.xavier"), ("kaiming", "init.he")):
        if name.startswith(family):
            return pytest.param(*case, marks=pytest.mark.derivation(result))
    return case


@pytest.mark.parametrize(("initializer", "bound"), [*map(marked, UNIFORM)])
def test_uniform_values_fill_their_range(initializer: Initializer, bound: float) -> None:
    values = initializer(minigen.zeros(SHAPE)).array
    assert abs(values).max() <= bound
    assert abs(values).max() > 0.999 * bound
    assert values.mean() == pytest.approx(0, abs=0.02 * bound)
    assert values.std() == pytest.approx(bound / math.sqrt(3), rel=0.01)


@pytest.mark.parametrize(("initializer", "std"), [*map(marked, NORMAL)])
def test_normal_values_have_their_deviation(initializer: Initializer, std: float) -> None:
    values = initializer(minigen.zeros(SHAPE)).array
    assert values.mean() == pytest.approx(0, abs=0.02 * std)
    assert values.std() == pytest.approx(std, rel=0.01)
    assert (abs(values) > 2 * std).mean() == pytest.approx(0.0455, abs=0.005)


def test_a_mean_shifts_the_normal_values() -> None:
    assert init.normal_(minigen.zeros(SHAPE), mean=5).array.mean() == pytest.approx(5, abs=0.02)


@pytest.mark.parametrize(
    ("initializer", "value"),
    [(init.zeros_, 0), (init.ones_, 1), (partial(init.constant_, val=2.5), 2.5)],
)
def test_constants_fill_the_tensor(initializer: Initializer, value: float) -> None:
    assert set(initializer(minigen.randn(4)).tolist()) == {value}


@pytest.mark.parametrize("initializer", [entry[0] for entry in UNIFORM + NORMAL])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_a_generator_decides_and_the_tensor_stays_the_same_one(
    initializer: Initializer, dtype: str
) -> None:
    tensor = nn.Parameter(minigen.zeros(3, 4, dtype=dtype))
    array = tensor.array
    assert initializer(tensor, generator=minigen.Generator(1)) is tensor
    assert tensor.array is array
    assert tensor.dtype == dtype
    assert tensor.is_leaf
    again = initializer(minigen.zeros(3, 4, dtype=dtype), generator=minigen.Generator(1))
    assert (again.array == array).all()
    assert (initializer(minigen.zeros(3, 4, dtype=dtype)).array != array).any()


def test_an_initialiser_is_a_write_that_an_older_graph_refuses() -> None:
    layer = nn.Dense(2, 2)
    y = layer(layer(minigen.ones(1, 2))).sum()
    init.zeros_(layer.weight)
    with pytest.raises(RuntimeError, match="changed in place"):
        y.backward()


@pytest.mark.parametrize(
    "initializer", [init.zeros_, init.ones_, *(entry[0] for entry in UNIFORM + NORMAL)]
)
def test_an_array_is_initialised_as_its_tensor_would_be(initializer: Initializer) -> None:
    layer, tensor = nn.Dense(3, 4), minigen.zeros(4, 3)
    array: Any = layer.weight.array
    y = layer(layer(minigen.ones(1, 3))[:, :3]).sum()
    minigen.manual_seed(1)
    assert initializer(array) is array
    minigen.manual_seed(1)
    np.testing.assert_array_equal(layer.weight.array, initializer(tensor).array)
    with pytest.raises(RuntimeError, match="changed in place"):
        y.backward()


@pytest.mark.derivation("init.fans")
@pytest.mark.parametrize(
    ("shape", "fans"),
    [
        ((2, 3), (3, 2)),  # dense (out, in)
        ((8, 3, 4, 4), (48, 128)),  # convolution (out, in, kH, kW)
        ((100, 64, 4, 4), (1024, 1600)),  # transposed (in, out, kH, kW): PyTorch swaps them
    ],
)
def test_fans_count_the_first_two_axes_and_the_kernel(
    shape: tuple[int, ...], fans: tuple[int, int]
) -> None:
    assert init.calculate_fans(minigen.zeros(shape)) == fans


@pytest.mark.parametrize("initializer", [init.xavier_normal_, init.kaiming_uniform_])
def test_a_vector_has_no_fans(initializer: Initializer) -> None:
    with pytest.raises(ValueError, match=r"two axes or more.*got shape \(3,\)"):
        initializer(minigen.zeros(3))


@pytest.mark.parametrize(
    ("nonlinearity", "param", "gain"),
    [
        ("linear", None, 1),
        ("conv_transpose2d", None, 1),
        ("sigmoid", None, 1),
        ("tanh", None, 5 / 3),
        ("relu", None, math.sqrt(2)),
        ("leaky_relu", None, math.sqrt(2 / 1.0001)),
        ("leaky_relu", 0.2, math.sqrt(2 / 1.04)),
        ("leaky_relu", 0, math.sqrt(2)),
        ("selu", None, 0.75),
    ],
)
def test_gains(nonlinearity: str, param: float | None, gain: float) -> None:
    assert init.calculate_gain(nonlinearity, param) == pytest.approx(gain, rel=1e-15)


def test_an_unknown_activation_and_an_unknown_mode_are_named() -> None:
    with pytest.raises(ValueError, match=r"unknown nonlinearity 'gelu': use one of .*relu"):
        init.calculate_gain("gelu")
    with pytest.raises(ValueError, match="unknown mode 'fan_avg'"):
        init.kaiming_normal_(minigen.zeros(2, 2), mode="fan_avg")


@pytest.mark.derivation("init.mean_square")
def test_a_layer_multiplies_mean_squares_by_its_fans_and_the_weights_variance() -> None:
    inputs, outputs, std = 300, 200, 0.1
    layer = nn.Dense(inputs, outputs, bias=False)
    init.normal_(layer.weight, 0.0, std, minigen.Generator(0))
    x = minigen.tensor(minigen.Generator(1).uniform((500, inputs)), requires_grad=True)
    g = minigen.Generator(2).uniform((500, outputs))
    y = layer(x)
    y.backward(g)
    assert x.grad is not None
    for found, given, fan in ((y, x, inputs), (x.grad, g, outputs)):
        mean_square = float((np.asarray(given.array if given is x else given) ** 2).mean())
        assert float((found * found).mean()) == pytest.approx(fan * std**2 * mean_square, rel=0.05)


@pytest.mark.derivation("init.he")
def test_he_keeps_the_variance_through_ten_layers_of_relus() -> None:
    layers = [nn.Dense(400, 400) for _ in range(10)]
    model = nn.Sequential(*[module for layer in layers for module in (layer, nn.ReLU())])
    kaiming = partial(init.kaiming_normal_, nonlinearity="relu")
    assert init.initialize_(model, kaiming, minigen.Generator(0)) is model
    y = model(minigen.randn(200, 400))
    assert 0.5 < float((y * y).mean()) / 0.5 < 2 * 1.5


def test_initialize_writes_weights_and_biases_and_leaves_norms() -> None:
    model = nn.Sequential(nn.Dense(3, 4), nn.BatchNorm1d(4), nn.Dense(4, 2, bias=False))
    init.initialize_(model, partial(init.uniform_, a=7, b=7))
    state = {name: set(np.unique(value.array)) for name, value in model.state_dict().items()}
    assert state["0.weight"] == state["2.weight"] == {7}
    assert state["0.bias"] == {0}
    assert state["1.weight"] == {1}


def test_initialize_draws_from_its_generator() -> None:
    first, second = (
        init.initialize_(nn.Dense(3, 4), init.dcgan_normal_, minigen.Generator(2)) for _ in range(2)
    )
    assert first.state_dict()["weight"].tolist() == second.state_dict()["weight"].tolist()


@pytest.mark.parametrize("shape", [(4, 4), (3, 7), (7, 3), (4, 2, 3, 3)])
def test_rows_or_columns_are_orthonormal_times_the_gain(shape: tuple[int, ...]) -> None:
    weight = minigen.zeros(shape, dtype="float64")
    assert init.orthogonal_(weight, 2.0, minigen.Generator(0)) is weight
    matrix = weight.numpy().reshape(shape[0], -1)
    product = matrix @ matrix.T if shape[0] <= matrix.shape[1] else matrix.T @ matrix
    np.testing.assert_allclose(product, 4 * np.eye(len(product)), atol=1e-12)


def test_every_orthogonal_matrix_is_as_likely() -> None:
    """The first element of a random unit vector has mean 0 and mean square 1 / n."""
    generator = minigen.Generator(0)
    firsts = np.array(
        [init.orthogonal_(minigen.zeros(3, 3), 1.0, generator).array[0, 0] for _ in range(3000)],
        float,
    )
    assert abs(firsts.mean()) < 0.03
    assert abs((firsts**2).mean() - 1 / 3) < 0.02


def test_truncated_normal_numbers_lie_within_and_have_the_moments() -> None:
    x = init.trunc_normal_(minigen.zeros(20_000), 1.0, 2.0, 0.0, 3.0, minigen.Generator(0)).numpy()
    assert x.min() >= 0
    assert x.max() <= 3
    density = np.exp(-((np.linspace(0, 3, 3001) - 1) ** 2) / 8)
    points = np.linspace(0, 3, 3001)
    mean = (points * density).sum() / density.sum()
    deviation = math.sqrt(((points - mean) ** 2 * density).sum() / density.sum())
    assert x.mean() == pytest.approx(mean, abs=0.02)
    assert x.std() == pytest.approx(deviation, abs=0.02)


def test_identities_hand_on_what_they_get() -> None:
    matrix = init.eye_(minigen.zeros(2, 3))
    assert matrix.tolist() == [[1, 0, 0], [0, 1, 0]]
    layer = nn.Conv2d(4, 6, 3, padding=1, groups=2, bias=False)
    init.dirac_(layer.weight, groups=2)
    images = minigen.rand(1, 4, 5, 4)
    found, x = layer(images).detach().numpy(), images.numpy()
    np.testing.assert_array_equal(found[:, [0, 1, 3, 4]], x)
    assert not found[:, [2, 5]].any()
    signals = nn.Conv1d(2, 2, 5, padding=2, bias=False)
    init.dirac_(signals.weight)
    row = minigen.rand(1, 2, 7)
    np.testing.assert_array_equal(signals(row).detach().numpy(), row.numpy())


def test_each_column_has_as_many_zeros() -> None:
    x = init.sparse_(minigen.zeros(10, 200), 0.25, 2.0, minigen.Generator(0)).numpy()
    assert ((x == 0).sum(axis=0) == 3).all()
    assert x[x != 0].std() == pytest.approx(2.0, rel=0.1)
    assert (np.bincount(np.nonzero(x == 0)[0], minlength=10) > 30).all()  # in every row


@pytest.mark.parametrize(
    ("call", "told"),
    [
        (lambda: init.orthogonal_(minigen.zeros(3)), r"orthogonal_: .* two axes .*\(3,\)"),
        (lambda: init.trunc_normal_(minigen.zeros(3), std=0.0), "trunc_normal_: a positive std"),
        (lambda: init.trunc_normal_(minigen.zeros(3), 0, 1, 4, 9), r"\[4, 9\] holds 3e-05 of N"),
        (lambda: init.trunc_normal_(minigen.zeros(3), 0, 1, 2, -2), r"\[2, -2\] holds 0 of N"),
        (lambda: init.eye_(minigen.zeros(3)), r"eye_: 2 axes are expected, got shape \(3,\)"),
        (lambda: init.dirac_(minigen.zeros(3, 3)), "dirac_: 3 or 4 axes are expected"),
        (lambda: init.dirac_(minigen.zeros(3, 3, 1), 2), "dirac_: groups must divide 3"),
        (lambda: init.sparse_(minigen.zeros(3, 3), 1.5), r"sparse_: sparsity must lie .* 1\.5"),
    ],
)
def test_weights_that_cannot_be_filled_so_are_refused(call: Any, told: str) -> None:
    with pytest.raises(ValueError, match=told):
        call()
