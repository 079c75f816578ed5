"""Gradient clipping."""

from __future__ import annotations

import math

import numpy as np
import pytest

import minigen
from minigen import nn

clip_norm, clip_value = nn.utils.clip_grad_norm_, nn.utils.clip_grad_value_


def _parameter(*gradient: float, dtype: str = "float32") -> nn.Parameter:
    parameter = nn.Parameter(np.zeros(len(gradient), dtype))
    parameter.grad = minigen.tensor(list(gradient), dtype=dtype)
    return parameter


def _gradient(parameter: minigen.Tensor) -> list[float]:
    assert parameter.grad is not None
    return list(parameter.grad.tolist())


def test_all_gradients_are_scaled_by_one_factor() -> None:
    first, second = _parameter(3.0), _parameter(0.0, 4.0)
    assert clip_norm([first, second], 1.0).item() == 5
    assert _gradient(first) == pytest.approx([0.6], rel=1e-6)
    assert _gradient(second) == pytest.approx([0, 0.8], rel=1e-6)


def test_a_norm_that_is_small_enough_changes_nothing() -> None:
    parameter = _parameter(3.0, 4.0)
    assert clip_norm(parameter, 6.0).item() == 5
    assert _gradient(parameter) == [3, 4]


@pytest.mark.parametrize(("norm_type", "norm"), [(1, 7), (2, 5), (math.inf, 4), (3, 91 ** (1 / 3))])
def test_other_norms(norm_type: float, norm: float) -> None:
    parameters = [_parameter(3.0), _parameter(-4.0)]
    assert clip_norm(parameters, norm / 2, norm_type).item() == pytest.approx(norm, rel=1e-6)
    assert [_gradient(p)[0] for p in parameters] == pytest.approx([1.5, -2], rel=1e-5)


def test_parameters_without_gradients_are_skipped() -> None:
    assert clip_norm([nn.Parameter([1.0])], 1.0).item() == 0
    clip_value([nn.Parameter([1.0])], 1.0)


def test_an_iterator_of_parameters_will_do() -> None:
    layer = nn.Dense(2, 1)
    layer(minigen.ones(1, 2)).sum().backward()
    assert clip_norm(layer.parameters(), 1.0).item() == pytest.approx(math.sqrt(3))
    norm = math.sqrt(sum(g * g for p in layer.parameters() for g in p.grad.numpy().ravel()))  # type: ignore[union-attr]
    assert norm == pytest.approx(1, rel=1e-5)


def test_gradients_whose_squares_overflow_are_clipped_all_the_same() -> None:
    parameter = _parameter(3e25, 4e25)
    assert clip_norm(parameter, 1.0).item() == pytest.approx(5e25, rel=1e-6)
    assert _gradient(parameter) == pytest.approx([0.6, 0.8], rel=1e-6)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("bad", [math.nan, math.inf])
def test_a_norm_that_is_not_finite_is_an_error_on_request(bad: float, dtype: str) -> None:
    parameters = [_parameter(bad, dtype=dtype), _parameter(2.0, dtype=dtype)]
    with pytest.raises(RuntimeError, match=f"the gradients' norm is {bad}"):
        clip_norm(parameters, 1.0, error_if_nonfinite=True)
    assert _gradient(parameters[1]) == [2]


def test_nan_reaches_every_gradient_otherwise_as_in_pytorch() -> None:
    parameters = [_parameter(math.nan), _parameter(2.0)]
    assert math.isnan(clip_norm(parameters, 1.0).item())
    assert math.isnan(_gradient(parameters[1])[0])


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_dtypes_stay(dtype: str) -> None:
    parameter = _parameter(3.0, 4.0, dtype=dtype)
    assert clip_norm(parameter, 1.0).dtype == dtype
    clip_value(parameter, 0.1)
    assert parameter.grad is not None
    assert parameter.grad.dtype == dtype


def test_values_are_clipped_one_by_one() -> None:
    parameter = _parameter(-3.0, 0.5, 2.0)
    clip_value(parameter, 1.0)
    assert _gradient(parameter) == [-1, 0.5, 1]


def test_clipping_is_a_write_that_an_older_graph_refuses() -> None:
    parameter = _parameter(3.0)
    gradient = parameter.grad
    assert gradient is not None
    for clip in (clip_norm, clip_value):
        loss = (gradient.requires_grad_() ** 2).sum()
        clip(parameter, 0.1)
        with pytest.raises(RuntimeError, match="changed in place"):
            loss.backward()
        gradient.requires_grad = False
        gradient.array[:] = 3


@pytest.mark.parametrize("bad", [-1.0, math.nan])
def test_bounds_that_make_no_sense_are_refused(bad: float) -> None:
    with pytest.raises(ValueError, match="max_norm must not be negative"):
        clip_norm([], bad)
    with pytest.raises(ValueError, match="clip_value must not be negative"):
        clip_value([], bad)
    with pytest.raises(ValueError, match="norm_type must be positive"):
        clip_norm([], 1.0, norm_type=0)


def test_a_used_up_iterator_brings_a_warning_and_an_empty_list_none() -> None:
    parameters = nn.Dense(2, 1).parameters()
    assert len(list(parameters)) == 2
    with pytest.warns(UserWarning, match="used up, so nothing is clipped"):
        nn.utils.clip_grad_norm_(parameters, 0.1)
    with pytest.warns(UserWarning, match="used up"):
        nn.utils.clip_grad_value_(parameters, 0.1)
    assert nn.utils.clip_grad_norm_([], 0.1).item() == 0
