"""Standardisation, and the batch, layer and instance norms built on it."""

from __future__ import annotations

import contextlib
from typing import Any

import numpy as np
import pytest

import minigen
import minigen.functional as F
from tests.numeric import Floats, assert_gradients, draw, gradient_of, leaf


def standardized(x: Floats, axes: Any, eps: float = 1e-5) -> Any:
    mean, var = x.mean(axes, keepdims=True), x.var(axes, keepdims=True)
    return (x - mean) / np.sqrt(var + eps)


@pytest.mark.parametrize("axis", [0, -1, (0, 2), (-2, -1), (0, 1, 2)])
def test_standardize_gives_mean_0_and_variance_1(axis: Any) -> None:
    x = draw(4, 5, 6) * 3 + 10
    y: Any = F.standardize(x, axis, 1e-12)
    np.testing.assert_allclose(y.mean(axis), 0, atol=1e-10)
    np.testing.assert_allclose(y.var(axis), 1, rtol=1e-6)
    np.testing.assert_allclose(F.standardize(x, axis), standardized(x, axis), rtol=1e-10)


def test_standardize_of_equal_numbers_is_zero_with_a_finite_gradient() -> None:
    x = leaf(np.full((3, 2), 7.0))
    y = F.standardize(x, 0)
    assert (y.numpy() == 0).all()
    y.backward(draw(3, 2))
    assert np.isfinite(gradient_of(x)).all()


def test_standardize_leaves_no_gradient_along_shifts_and_scales() -> None:
    x = leaf(draw(5) * 2 + 1)
    F.standardize(x, 0, 1e-14).backward(draw(5, seed=1))
    g = gradient_of(x)
    assert g.sum() == pytest.approx(0, abs=1e-12)
    assert (g * x.numpy()).sum() == pytest.approx(0, abs=1e-10)
    assert np.abs(g).max() > 1e-3


def test_standardize_changes_no_input() -> None:
    x = draw(3, 2)
    before = x.copy()
    F.standardize(x, 0)
    F.standardize(minigen.Tensor(x), 0)
    np.testing.assert_array_equal(x, before)


@pytest.mark.parametrize(
    "normalised",
    [
        lambda x: F.standardize(x, (0, 2)),
        lambda x: F.normalize_channels(x, None, None),
        lambda x: F.batch_norm(x, training=True),
        lambda x: F.batch_norm(x, np.zeros(1), np.full(1, 1e-5)),
        lambda x: F.layer_norm(x, 2),
        F.instance_norm,
    ],
    ids=["standardize", "channels", "batch", "batch in evaluation", "layer", "instance"],
)
def test_a_hundred_thousandth_is_added_to_the_variance_by_default(normalised: Any) -> None:
    x = np.sqrt(1e-5) * np.array([[[-1.0, 1.0]], [[1.0, -1.0]]])  # of variance 1e-5
    np.testing.assert_allclose(normalised(x), np.sign(x) / np.sqrt(2), rtol=1e-12)


# --- layer norm -----------------------------------------------------------------------------------


@pytest.mark.parametrize("lengths", [4, (4,), [3, 4], (2, 3, 4), np.int64(4)])
def test_layer_norm_standardises_the_last_axes(lengths: Any) -> None:
    x = draw(2, 3, 4)
    count = len(lengths) if isinstance(lengths, tuple | list) else 1
    axes = tuple(range(-count, 0))
    weight, bias = draw(*x.shape[3 - count :], seed=1), draw(*x.shape[3 - count :], seed=2)
    np.testing.assert_allclose(F.layer_norm(x, lengths), standardized(x, axes), rtol=1e-10)
    np.testing.assert_allclose(
        F.layer_norm(x, lengths, weight, bias), standardized(x, axes) * weight + bias, rtol=1e-10
    )


def test_layer_norm_has_gradients_of_both_orders() -> None:
    assert_gradients(
        lambda x, w, b: F.layer_norm(x, 4, w, b), draw(2, 4), draw(4, seed=1), draw(4, seed=2)
    )
    assert_gradients(lambda x: F.layer_norm(x, (2, 3), eps=0.1), draw(2, 2, 3))
    assert_gradients(lambda x, b: F.layer_norm(x, 3, bias=b), draw(2, 3), draw(3))


@pytest.mark.parametrize("lengths", [3, (4, 3), (2, 4), (1, 2, 3, 4), (2,)])
def test_layer_norm_refuses_other_lengths(lengths: Any) -> None:
    with pytest.raises(ValueError, match=r"layer_norm: the last axes must be .*, got shape"):
        F.layer_norm(minigen.ones(2, 3, 4), lengths)


# --- batch norm -----------------------------------------------------------------------------------


@pytest.mark.parametrize("shape", [(8, 3), (4, 3, 5), (4, 3, 2, 2)])
def test_batch_norm_in_training_standardises_each_channel(shape: tuple[int, ...]) -> None:
    x = draw(*shape) * 2 + 1
    axes = (0, *range(2, len(shape)))
    weight, bias = draw(3, seed=1), draw(3, seed=2)
    channelwise = (1, 3, *(1,) * (len(shape) - 2))
    y = F.batch_norm(x, weight=weight, bias=bias, training=True)
    expected = standardized(x, axes) * weight.reshape(channelwise) + bias.reshape(channelwise)
    np.testing.assert_allclose(y, expected, rtol=1e-10)


@pytest.mark.derivation("batch_norm.running_statistics", "batch_norm.unbiased_variance")
@pytest.mark.parametrize("momentum", [0.1, 0.5, 1.0, 0.0])
@pytest.mark.parametrize("shape", [(8, 3), (4, 3, 5)])
def test_running_statistics_move_towards_the_batchs(
    shape: tuple[int, ...], momentum: float
) -> None:
    x = draw(*shape) * 2 + 1
    axes = (0, *range(2, len(shape)))
    mean, var = minigen.tensor(draw(3, seed=1)), minigen.tensor(draw(3, seed=2, low=0.5))
    old_mean, old_var = mean.numpy(), var.numpy()
    memory = mean.array
    F.batch_norm(leaf(x), mean, var, training=True, momentum=momentum)
    np.testing.assert_allclose(
        mean.numpy(), (1 - momentum) * old_mean + momentum * x.mean(axes), rtol=1e-12
    )
    np.testing.assert_allclose(
        var.numpy(), (1 - momentum) * old_var + momentum * x.var(axes, ddof=1), rtol=1e-12
    )
    assert mean.array is memory
    assert not mean.requires_grad
    assert mean.is_leaf


@pytest.mark.host_only("it writes into NumPy's arrays")
def test_a_tenth_of_the_batch_moves_the_running_statistics_by_default() -> None:
    x, mean, var = draw(6, 3, 2), np.ones(3), np.full(3, 2.0)
    F.batch_norm(leaf(x), mean, var, training=True)
    np.testing.assert_allclose(mean, 0.9 + 0.1 * x.mean((0, 2)), rtol=1e-12)
    np.testing.assert_allclose(var, 1.8 + 0.1 * x.var((0, 2), ddof=1), rtol=1e-12)


@pytest.mark.parametrize("shape", [(3, 3), (2, 3, 3), (2, 3, 4, 3)])
def test_running_statistics_belong_to_channels_though_another_axis_is_as_long(
    shape: tuple[int, ...],
) -> None:
    x, mean, var = draw(*shape), np.array([1.0, 10.0, 100.0]), np.array([1.0, 4.0, 9.0])
    y: Any = F.batch_norm(x, mean, var, eps=0.0)
    for channel in range(3):
        expected = (x[:, channel] - mean[channel]) / np.sqrt(var[channel])
        np.testing.assert_allclose(y[:, channel], expected, rtol=1e-12)


@pytest.mark.host_only("it writes into NumPy's arrays")
def test_running_statistics_may_be_arrays_and_keep_their_dtype() -> None:
    mean, var = np.zeros(2, np.float32), np.ones(2, np.float32)
    F.batch_norm(draw(5, 2), mean, var, training=True, momentum=1.0)
    np.testing.assert_allclose(mean, draw(5, 2).mean(0), rtol=1e-6)
    assert mean.dtype == var.dtype == np.float32


def test_running_statistics_converge_to_the_datas() -> None:
    rng = np.random.default_rng(0)
    mean, var = minigen.zeros(2, dtype="float64"), minigen.ones(2, dtype="float64")
    for _ in range(400):
        x = rng.normal([1.0, -2.0], [0.5, 3.0], (64, 2))
        F.batch_norm(x, mean, var, training=True, momentum=0.05)
    np.testing.assert_allclose(mean.numpy(), [1, -2], atol=0.2)
    np.testing.assert_allclose(var.numpy(), [0.25, 9], rtol=0.15)


def test_batch_norm_in_evaluation_uses_the_running_statistics_as_constants() -> None:
    x, mean, var = leaf(draw(4, 3)), minigen.tensor(draw(3, seed=1)), minigen.full((3,), 4.0)
    before = mean.numpy(), var.numpy()
    y = F.batch_norm(x, mean, var, eps=0.0)
    np.testing.assert_allclose(y.numpy(), (x.numpy() - mean.numpy()) / 2, rtol=1e-6)
    y.sum().backward()
    np.testing.assert_allclose(gradient_of(x), np.full((4, 3), 0.5))
    np.testing.assert_array_equal(mean.numpy(), before[0])
    np.testing.assert_array_equal(var.numpy(), before[1])


def test_batch_norm_in_evaluation_takes_one_example() -> None:
    mean, var = np.zeros(3), np.ones(3)
    x = draw(1, 3)
    np.testing.assert_allclose(F.batch_norm(x, mean, var, eps=0.0), x)


def test_batch_norm_has_gradients_of_both_orders_in_both_modes() -> None:
    for training in (True, False):

        def normalise(x: Any, w: Any, b: Any, training: bool = training) -> Any:
            return F.batch_norm(x, np.full(2, 0.3), np.full(2, 2.0), w, b, training, 0.0)

        assert_gradients(normalise, draw(4, 2), draw(2, seed=1), draw(2, seed=2))
        assert_gradients(normalise, draw(2, 2, 2), draw(2, seed=1), draw(2, seed=2))


def test_batch_norm_without_running_statistics_trains() -> None:
    assert_gradients(lambda x: F.batch_norm(x, training=True), draw(4, 2))


@pytest.mark.parametrize("shape", [(1, 3), (1, 3, 1), (1, 3, 1, 1)])
def test_one_value_a_channel_is_refused_in_training(shape: tuple[int, ...]) -> None:
    with pytest.raises(
        ValueError, match="batch_norm: training needs more than one value a channel"
    ):
        F.batch_norm(minigen.ones(shape), training=True)


@pytest.mark.parametrize("shape", [(), (3,)])
def test_inputs_without_channels_are_refused(shape: tuple[int, ...]) -> None:
    with pytest.raises(ValueError, match=r"batch_norm: shape \(N, C, ...\) is expected"):
        F.batch_norm(minigen.ones(shape), training=True)


@pytest.mark.parametrize("given", [{}, {"running_mean": np.ones(3)}, {"running_var": np.ones(3)}])
def test_evaluation_without_both_running_statistics_is_refused(given: Any) -> None:
    with pytest.raises(ValueError, match="batch_norm: evaluation needs running_mean and running_v"):
        F.batch_norm(minigen.ones(2, 3), **given)


@pytest.mark.parametrize("name", ["running_mean", "running_var"])
def test_one_running_statistic_alone_stays_as_it_is_in_training(name: str) -> None:
    alone = minigen.ones(3)
    given: dict[str, Any] = {name: alone}
    F.batch_norm(draw(4, 3), training=True, **given)
    assert alone.tolist() == [1, 1, 1]


def test_running_statistics_that_moved_since_the_forward_pass_spoil_no_gradient() -> None:
    x, mean, var = leaf(draw(4, 2)), minigen.zeros(2), minigen.ones(2)
    y = F.batch_norm(x, mean, var, leaf(np.ones(2))).sum()
    F.batch_norm(draw(4, 2, seed=1), mean, var, training=True)
    with contextlib.suppress(RuntimeError):  # refused, or right
        y.backward()
    expected = np.full((4, 2), 1 / np.sqrt(1 + 1e-5))
    assert x.grad is None or np.allclose(gradient_of(x), expected, rtol=1e-6)


def test_training_twice_before_backward_is_allowed() -> None:
    x, mean, var = leaf(draw(4, 2)), minigen.zeros(2), minigen.ones(2)
    first = F.batch_norm(x, mean, var, training=True)
    second = F.batch_norm(x * 2, mean, var, training=True)
    (first * draw(4, 2, seed=1) + second).sum().backward()
    assert np.isfinite(gradient_of(x)).all()


# --- instance norm --------------------------------------------------------------------------------


@pytest.mark.parametrize("shape", [(2, 3, 5), (2, 3, 4, 5)])
def test_instance_norm_standardises_each_channel_of_each_example(shape: tuple[int, ...]) -> None:
    x, weight, bias = draw(*shape) * 2 + 1, draw(3, seed=1), draw(3, seed=2)
    channelwise = (1, 3, *(1,) * (len(shape) - 2))
    expected = standardized(x, tuple(range(2, len(shape))))
    np.testing.assert_allclose(F.instance_norm(x), expected, rtol=1e-10)
    np.testing.assert_allclose(
        F.instance_norm(x, weight=weight, bias=bias),
        expected * weight.reshape(channelwise) + bias.reshape(channelwise),
        rtol=1e-10,
    )


def test_instance_norm_of_one_example_does_not_depend_on_the_others() -> None:
    x = draw(3, 2, 4, 4)
    whole, alone = F.instance_norm(x), F.instance_norm(x[:1])
    np.testing.assert_array_equal(whole[:1], alone)


def test_instance_norm_has_gradients_of_both_orders() -> None:
    assert_gradients(
        lambda x, w, b: F.instance_norm(x, weight=w, bias=b, eps=0.1),
        draw(2, 2, 2, 3),
        draw(2, seed=1),
        draw(2, seed=2),
    )


@pytest.mark.parametrize("shape", [(4, 3), (3,)])
def test_instance_norm_refuses_inputs_without_pixels(shape: tuple[int, ...]) -> None:
    with pytest.raises(ValueError, match=r"instance_norm: shape \(N, C, \.\.\.\) is expected"):
        F.instance_norm(draw(*shape))


def test_instance_norm_refuses_one_value_a_channel() -> None:
    with pytest.raises(ValueError, match=r"more than one value a channel .* got shape \(4, 3, 1"):
        F.instance_norm(draw(4, 3, 1, 1))


def test_group_norm_is_between_layer_norm_and_instance_norm() -> None:
    x = draw(3, 4, 2, 3)
    np.testing.assert_allclose(F.group_norm(x, 1), F.layer_norm(x, x.shape[1:]), rtol=1e-12)
    np.testing.assert_allclose(F.group_norm(x, 4), F.instance_norm(x), rtol=1e-12)
    groups = F.group_norm(x, 2).reshape(3, 2, 12)
    np.testing.assert_allclose(groups.mean(2), 0, atol=1e-12)
    np.testing.assert_allclose((groups**2).mean(2), 1, rtol=1e-3)


def test_group_norm_has_gradients_of_both_orders() -> None:
    assert_gradients(
        lambda x, w, b: F.group_norm(x, 2, w, b, eps=0.1),
        draw(2, 4, 3),
        draw(4, seed=1),
        draw(4, seed=2),
    )


@pytest.mark.parametrize(
    ("shape", "groups", "told"),
    [
        ((4,), 2, r"group_norm: shape \(N, C, \.\.\.\) is expected"),
        ((2, 4), 3, r"divides the 4 channels of shape \(2, 4\) is expected, got 3"),
        ((2, 4), 0, "got 0"),
        ((2, 4, 1), 4, "more than one value a group .* 4 groups"),
    ],
)
def test_group_norm_refuses_groups_that_are_none(
    shape: tuple[int, ...], groups: int, told: str
) -> None:
    with pytest.raises(ValueError, match=told):
        F.group_norm(draw(*shape), groups)


def test_rms_norm_brings_the_mean_of_squares_to_one_and_scales() -> None:
    x = draw(3, 4, seed=0)
    y = F.rms_norm(x, 4)
    np.testing.assert_allclose((y**2).mean(-1), 1, rtol=1e-6)
    np.testing.assert_allclose(F.rms_norm(x, (4,), np.full(4, 2.0)), 2 * y)
    np.testing.assert_allclose(F.rms_norm(x, 4, eps=1.0), x / np.sqrt((x**2).mean(-1)[:, None] + 1))
    assert F.rms_norm(minigen.zeros(1, 2), 2).tolist() == [[0.0, 0.0]]
    with pytest.raises(ValueError, match="rms_norm: the last axes must be"):
        F.rms_norm(x, 3)
