"""Batch norm, instance norm and layer norm."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import minigen
import minigen.functional as F
from minigen import nn
from tests.numeric import draw

RNG = np.random.default_rng(0)


def _batch(*shape: int) -> minigen.Tensor:
    return minigen.Tensor((RNG.normal(size=shape) * 3 + 5).astype(np.float32))


class TestBatchNorm1d:
    @pytest.mark.parametrize("shape", [(8, 3), (4, 3, 5)])
    def test_training_standardises_each_channel(self, shape: tuple[int, ...]) -> None:
        y = np.moveaxis(nn.BatchNorm1d(3)(_batch(*shape)).array, 1, 0).reshape(3, -1)
        assert y.mean(axis=1) == pytest.approx(np.zeros(3), abs=1e-5)
        assert y.std(axis=1) == pytest.approx(np.ones(3), abs=1e-4)

    def test_scale_and_shift_are_applied_to_their_channels(self) -> None:
        norm, plain = nn.BatchNorm1d(2), nn.BatchNorm1d(2, affine=False)
        norm.load_state_dict({"weight": [2.0, 3.0], "bias": [1.0, -1.0]}, strict=False)
        x = _batch(8, 2)
        assert norm(x).array == pytest.approx(plain(x).array * [2, 3] + [1, -1], rel=1e-5, abs=1e-5)
        assert list(plain.parameters()) == []

    @pytest.mark.parametrize("shape", [(8, 3), (4, 3, 5)])
    def test_running_statistics_move_towards_the_unbiased_ones(
        self, shape: tuple[int, ...]
    ) -> None:
        norm = nn.BatchNorm1d(3, momentum=0.25)
        x = _batch(*shape)
        norm(x)
        channels = np.moveaxis(x.array, 1, 0).reshape(3, -1)
        state = norm.state_dict()
        assert state["running_mean"].array == pytest.approx(0.25 * channels.mean(1), rel=1e-5)
        expected = 0.75 + 0.25 * channels.var(1, ddof=1)
        assert state["running_var"].array == pytest.approx(expected, rel=1e-5)
        assert state["num_batches_tracked"].item() == 1

    @pytest.mark.derivation("batch_norm.cumulative_mean")
    def test_without_momentum_they_are_means_over_all_batches(self) -> None:
        norm = nn.BatchNorm1d(3, momentum=None)
        batches = [_batch(8, 3) for _ in range(4)]
        for batch in batches:
            norm(batch)
        means = np.mean([batch.array.mean(0) for batch in batches], axis=0)
        assert norm.state_dict()["running_mean"].array == pytest.approx(means, rel=1e-5)
        assert norm.state_dict()["num_batches_tracked"].item() == 4

    def test_evaluation_uses_them_and_changes_nothing(self) -> None:
        norm = nn.BatchNorm1d(2)
        norm.load_state_dict({"running_mean": [1.0, 2.0], "running_var": [4.0, 9.0]}, strict=False)
        norm.eval()
        x = minigen.tensor([[3.0, 5.0]])  # one example is enough
        assert norm(x).tolist()[0] == pytest.approx([1, 1], rel=1e-5)
        assert norm.state_dict()["running_mean"].tolist() == [1, 2]
        assert norm.state_dict()["num_batches_tracked"].item() == 0

    def test_statistics_that_are_not_tracked_are_the_batchs_in_evaluation_too(self) -> None:
        norm = nn.BatchNorm1d(3, momentum=None, track_running_stats=False).eval()
        assert norm(_batch(8, 3)).array.mean(0) == pytest.approx(np.zeros(3), abs=1e-5)
        assert list(norm.state_dict()) == ["weight", "bias"]

    def test_running_statistics_keep_their_dtype(self) -> None:
        norm = nn.BatchNorm1d(3)
        norm(_batch(8, 3))
        assert [str(b.dtype) for b in norm.buffers()] == ["float32", "float32", "int64"]
        assert norm(_batch(8, 3)).dtype == np.float32

    @pytest.mark.parametrize("shape", [(8, 4), (3,), (2, 3, 4, 5)])
    def test_a_wrong_shape_is_named_with_the_layer(self, shape: tuple[int, ...]) -> None:
        expected = r"BatchNorm1d\(3,.*\(N, 3\) or \(N, 3, L\) is expected"
        norm = nn.BatchNorm1d(3)
        with pytest.raises(ValueError, match=expected):
            norm(_batch(*shape))
        assert norm.state_dict()["num_batches_tracked"].item() == 0

    def test_one_value_a_channel_is_refused_in_training_and_not_counted(self) -> None:
        norm = nn.BatchNorm1d(3)
        with pytest.raises(ValueError, match="more than one value a channel"):
            norm(_batch(1, 3))
        assert norm.state_dict()["num_batches_tracked"].item() == 0

    @pytest.mark.parametrize("affine", [True, False])
    def test_another_dtype_is_refused(self, affine: bool) -> None:
        with pytest.raises(TypeError, match=r"BatchNorm1d\(3,.*float32 is expected.*got float64"):
            nn.BatchNorm1d(3, affine=affine)(np.ones((2, 3)))

    def test_the_number_of_channels_must_be_positive(self) -> None:
        with pytest.raises(ValueError, match="BatchNorm1d: num_features must be a positive"):
            nn.BatchNorm1d(0)

    def test_gradients_reach_scale_and_shift_but_not_the_statistics(self) -> None:
        norm = nn.BatchNorm1d(3)
        norm(_batch(8, 3)).sum().backward()
        assert all(p.grad is not None for p in norm.parameters())
        assert not any(buffer.requires_grad for buffer in norm.buffers())


class TestBatchNorm2d:
    def test_training_standardises_each_channel_over_images_and_pixels(self) -> None:
        y = np.moveaxis(nn.BatchNorm2d(3)(_batch(4, 3, 5, 2)).array, 1, 0).reshape(3, -1)
        assert y.mean(axis=1) == pytest.approx(np.zeros(3), abs=1e-5)
        assert y.std(axis=1) == pytest.approx(np.ones(3), abs=1e-4)

    def test_running_statistics_are_those_of_pixels(self) -> None:
        norm, x = nn.BatchNorm2d(3, momentum=0.25), _batch(4, 3, 5, 2)
        norm(x)
        channels = np.moveaxis(x.array, 1, 0).reshape(3, -1)
        state = norm.state_dict()
        assert state["running_mean"].array == pytest.approx(0.25 * channels.mean(1), rel=1e-5)
        expected = 0.75 + 0.25 * channels.var(1, ddof=1)
        assert state["running_var"].array == pytest.approx(expected, rel=1e-5)

    @pytest.mark.parametrize("shape", [(8, 3), (4, 3, 5), (4, 2, 5, 5)])
    def test_a_wrong_shape_is_named_with_the_layer(self, shape: tuple[int, ...]) -> None:
        with pytest.raises(ValueError, match=r"BatchNorm2d\(3,.*\(N, 3, H, W\) is expected"):
            nn.BatchNorm2d(3)(_batch(*shape))


@pytest.mark.parametrize("kind", [nn.BatchNorm1d, nn.BatchNorm2d])
def test_batch_norm_moves_its_statistics_by_a_tenth_unless_told_otherwise(kind: Any) -> None:
    norm, x = kind(3), _batch(4, 3) if kind is nn.BatchNorm1d else _batch(4, 3, 2, 2)
    norm(x)
    channels = np.moveaxis(x.array, 1, 0).reshape(3, -1)
    np.testing.assert_allclose(norm.running_mean.array, 0.1 * channels.mean(1), rtol=1e-5)


class TestInstanceNorm2d:
    def test_one_image_passes_as_a_batch_of_one(self) -> None:
        norm, x = nn.InstanceNorm2d(3, affine=True), _batch(2, 3, 4, 5)
        np.testing.assert_array_equal(norm(x[0]).array, norm(x[:1]).array[0])
        with pytest.raises(ValueError, match=r"InstanceNorm2d\(3,.*is expected.*\(2, 4, 5\)"):
            norm(x[0, :2])

    @pytest.mark.parametrize("training", [True, False])
    def test_each_channel_of_each_image_is_standardised(self, training: bool) -> None:
        y = nn.InstanceNorm2d(3).train(training)(_batch(4, 3, 5, 2)).array.reshape(12, -1)
        assert y.mean(axis=1) == pytest.approx(np.zeros(12), abs=1e-5)
        assert y.std(axis=1) == pytest.approx(np.ones(12), abs=1e-3)

    def test_scale_and_shift_are_there_if_asked_for(self) -> None:
        assert list(nn.InstanceNorm2d(2).parameters()) == []
        norm, x = nn.InstanceNorm2d(2, affine=True), _batch(2, 2, 3, 3)
        norm.load_state_dict({"weight": [2.0, 3.0], "bias": [1.0, -1.0]})
        expected = nn.InstanceNorm2d(2)(x).array * np.reshape([2, 3], (1, 2, 1, 1))
        expected = expected + np.reshape([1, -1], (1, 2, 1, 1))
        assert norm(x).array == pytest.approx(expected, rel=1e-5, abs=1e-5)

    @pytest.mark.parametrize("shape", [(4, 3, 5), (4, 2, 5, 5)])
    def test_a_wrong_shape_is_named_with_the_layer(self, shape: tuple[int, ...]) -> None:
        with pytest.raises(ValueError, match=r"InstanceNorm2d\(3,.*\(N, 3, H, W\) is expected"):
            nn.InstanceNorm2d(3)(_batch(*shape))

    def test_images_of_one_pixel_are_refused_by_name(self) -> None:
        with pytest.raises(ValueError, match=r"InstanceNorm2d\(3,.*more than one value a channel"):
            nn.InstanceNorm2d(3)(_batch(4, 3, 1, 1))

    def test_another_dtype_is_refused(self) -> None:
        with pytest.raises(TypeError, match="float32 is expected"):
            nn.InstanceNorm2d(3, affine=True)(np.ones((2, 3, 2, 2)))

    def test_the_number_of_channels_must_be_positive(self) -> None:
        with pytest.raises(ValueError, match="InstanceNorm2d: num_features must be a positive"):
            nn.InstanceNorm2d(0)


class TestLayerNorm:
    @pytest.mark.parametrize("lengths", [(5,), (4, 5)])
    def test_each_example_is_standardised_over_the_last_axes(
        self, lengths: tuple[int, ...]
    ) -> None:
        x = _batch(3, 4, 5)
        y = nn.LayerNorm(lengths)(x).array.reshape(-1, np.prod(lengths))
        assert y.mean(1) == pytest.approx(np.zeros(len(y)), abs=1e-5)
        assert y.std(1) == pytest.approx(np.ones(len(y)), abs=1e-4)

    def test_one_length_may_be_a_number(self) -> None:
        assert nn.LayerNorm(5).normalized_shape == (5,)

    def test_scale_and_shift_are_applied_element_by_element(self) -> None:
        norm = nn.LayerNorm(2)
        norm.load_state_dict({"weight": [2.0, 3.0], "bias": [1.0, 0.0]})
        assert norm(minigen.tensor([[0.0, 2.0]])).tolist()[0] == pytest.approx([-1, 3], abs=1e-4)

    @pytest.mark.parametrize(
        ("options", "names"),
        [
            ({}, ["weight", "bias"]),
            ({"bias": False}, ["weight"]),
            ({"elementwise_affine": False}, []),
        ],
    )
    def test_options_decide_which_parameters_there_are(
        self, options: dict[str, Any], names: list[str]
    ) -> None:
        norm = nn.LayerNorm(3, **options)
        assert list(norm.state_dict()) == names
        assert norm(_batch(2, 3)).shape == (2, 3)

    @pytest.mark.parametrize("shape", [(3, 4), (5,), (5, 4, 1)])
    def test_a_wrong_shape_is_named_with_the_layer(self, shape: tuple[int, ...]) -> None:
        with pytest.raises(ValueError, match=r"LayerNorm\(\(4, 5\),.*\(\.\.\., 4, 5\) is expected"):
            nn.LayerNorm((4, 5))(_batch(*shape))

    def test_another_dtype_is_refused(self) -> None:
        with pytest.raises(TypeError, match="float32 is expected"):
            nn.LayerNorm(3)(np.ones((2, 3)))

    @pytest.mark.parametrize("lengths", [(), 0, (2, -1)])
    def test_lengths_must_be_positive(self, lengths: int | tuple[int, ...]) -> None:
        with pytest.raises(ValueError, match="LayerNorm: normalized_shape"):
            nn.LayerNorm(lengths)


@pytest.mark.parametrize(
    ("layer", "shape"),
    [
        (nn.BatchNorm1d(3), (0, 3)),
        (nn.BatchNorm2d(3), (0, 3, 2, 2)),
        (nn.InstanceNorm2d(3, affine=True), (0, 3, 2, 2)),
        (nn.LayerNorm(3), (0, 3)),
    ],
)
def test_an_empty_batch_comes_back_empty(layer: Any, shape: tuple[int, ...]) -> None:
    buffers = {name: buffer.tolist() for name, buffer in layer.named_buffers()}
    out = layer(minigen.zeros(shape))
    assert out.shape == shape
    out.sum().backward()
    assert layer.weight.grad.tolist() == [0.0] * 3
    for name in ("running_mean", "running_var"):
        assert dict(layer.named_buffers()).get(name, minigen.zeros(0)).tolist() == buffers.get(
            name, []
        )


def test_group_norm_scales_and_shifts_what_the_function_standardises() -> None:
    layer, x = nn.GroupNorm(2, 4, dtype=np.float64), draw(3, 4, 2)
    assert layer.weight is not None
    assert layer.bias is not None
    layer.weight.array[...], layer.bias.array[...] = draw(4), draw(4, seed=1)
    expected = F.group_norm(x, 2, layer.weight.array, layer.bias.array)
    np.testing.assert_array_equal(layer(x).numpy(), expected)
    assert list(nn.GroupNorm(2, 4, affine=False).parameters()) == []
    assert repr(layer) == "GroupNorm(2, 4, eps=1e-05, affine=True)"


def test_group_norm_refuses_groups_and_channels_that_do_not_fit() -> None:
    with pytest.raises(ValueError, match="num_groups must divide num_channels, got 3 and 4"):
        nn.GroupNorm(3, 4)
    with pytest.raises(ValueError, match="GroupNorm: num_groups"):
        nn.GroupNorm(0, 4)
    with pytest.raises(ValueError, match=r"GroupNorm.*\(N, 4, \.\.\.\)"):
        nn.GroupNorm(2, 4)(minigen.zeros(2, 6))
    with pytest.raises(ValueError, match=r"GroupNorm.*more than one value a group"):
        nn.GroupNorm(4, 4)(minigen.zeros(2, 4))


@pytest.mark.parametrize(
    "norm",
    [
        nn.BatchNorm1d(4, bias=False),
        nn.BatchNorm2d(4, bias=False),
        nn.GroupNorm(2, 4, bias=False),
        nn.InstanceNorm2d(4, affine=True, bias=False),
    ],
)
def test_a_norm_without_bias_scales_alone(norm: Any) -> None:
    assert [name for name, _ in norm.named_parameters()] == ["weight"]
    shape = (3, 4) if isinstance(norm, nn.BatchNorm1d) else (3, 4, 2, 2)
    x = minigen.tensor(draw(*shape), dtype="float32")
    before = norm(x).detach().numpy()
    nn.init.constant_(norm.weight, 2.0)
    np.testing.assert_allclose(norm(x).detach().numpy(), 2 * before, rtol=1e-5)
