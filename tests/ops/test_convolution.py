"""Convolution, its transpose and its weight's gradient: one form seen from three sides."""

from __future__ import annotations

import functools
import re
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import minigen
import minigen.functional as F
from minigen.kernels import convolution as kernels
from minigen.ops import convolution, reference
from minigen.ops.windows import Windows
from tests.numeric import Floats, assert_gradients, draw, gradient_of, leaf

Size = tuple[int, int]


class Geometry(NamedTuple):
    """Shapes of images, kernels and cotangents that fit each other."""

    x: tuple[int, ...]
    weight: tuple[int, ...]
    g: tuple[int, ...]
    stride: Size
    padding: Size
    dilation: Size
    groups: int

    @property
    def where(self) -> dict[str, Any]:
        """The options that say where the windows lie, and who sees whom."""
        return {
            "stride": self.stride,
            "padding": self.padding,
            "dilation": self.dilation,
            "groups": self.groups,
        }

    @property
    def span(self) -> Size:
        """How many rows and columns a window spans."""
        down, right = (d * (k - 1) + 1 for d, k in zip(self.dilation, self.weight[2:], strict=True))
        return down, right

    @property
    def left_over(self) -> Size:
        """What the stride leaves over."""
        below, beside = (
            (n + 2 * p - span) % s
            for n, p, span, s in zip(self.x[2:], self.padding, self.span, self.stride, strict=True)
        )
        return below, beside


@st.composite
def geometries(draw_one: Any) -> Geometry:
    """Draw kernels that are not square, groups, and images on which one window fits or more."""

    def pair(low: int, high: int) -> Size:
        number = st.integers(low, high)
        return draw_one(number), draw_one(number)

    kernel, stride, padding, extra = pair(1, 4), pair(1, 4), pair(0, 3), pair(0, 6)
    dilation = pair(1, 3)
    spans = [d * (k - 1) + 1 for d, k in zip(dilation, kernel, strict=True)]
    size = [max(1, k - 2 * p) + e for k, p, e in zip(spans, padding, extra, strict=True)]
    count = [
        (n + 2 * p - k) // s + 1 for n, p, k, s in zip(size, padding, spans, stride, strict=True)
    ]
    batch, groups, of_group_in, of_group_out = (draw_one(st.integers(1, 3)) for _ in range(4))
    return Geometry(
        (batch, groups * of_group_in, *size),
        (groups * of_group_out, of_group_in, *kernel),
        (batch, groups * of_group_out, *count),
        stride,
        padding,
        dilation,
        groups,
    )


def inner(a: Any, b: Any) -> float:
    return float((a * b).sum())


@pytest.mark.derivation("conv2d.trilinear", "conv_transpose2d.adjoint")
@settings(max_examples=150)
@given(geometries())
def test_the_three_ops_are_one_form_seen_from_three_sides(shapes: Geometry) -> None:
    x, weight, g = draw(*shapes.x), draw(*shapes.weight, seed=1), draw(*shapes.g, seed=2)
    seen = inner(F.conv2d(x, weight, **shapes.where), g)
    painted = F.conv_transpose2d(g, weight, output_padding=shapes.left_over, **shapes.where)
    kernels = F.conv2d_weight(x, g, shapes.weight[2:], **shapes.where)
    scale = 1e-12 * (1 + np.abs(x).sum() * np.abs(weight).sum())
    assert painted.shape == x.shape
    assert kernels.shape == weight.shape
    assert inner(x, painted) == pytest.approx(seen, rel=1e-12, abs=scale)
    assert inner(weight, kernels) == pytest.approx(seen, rel=1e-12, abs=scale)


@settings(max_examples=60)
@given(geometries(), st.integers(1, 3), st.integers(0, 2), st.integers(1, 2))
def test_the_fast_versions_equal_the_loops(
    shapes: Geometry, stride: int, padding: int, dilation: int
) -> None:
    spans, size = [dilation * (k - 1) + 1 for k in shapes.weight[2:]], shapes.x[2:]
    x, weight, points = draw(*shapes.x), draw(*shapes.weight, seed=1), draw(*shapes.g, seed=2)
    groups = shapes.groups
    if all(n + 2 * padding >= k for n, k in zip(size, spans, strict=True)):
        options: Any = (stride, padding, dilation, groups)
        expected = reference.conv2d(x, weight, *options)
        np.testing.assert_allclose(F.conv2d(x, weight, None, *options), expected, atol=1e-12)
    count = points.shape[2:]
    if all((n - 1) * stride + k > 2 * padding for n, k in zip(count, spans, strict=True)):
        options = (stride, padding, stride - 1, groups, dilation)
        expected = reference.conv_transpose2d(points, weight, *options)
        found = F.conv_transpose2d(points, weight, None, *options)
        np.testing.assert_allclose(found, expected, atol=1e-12)


@settings(max_examples=30)
@given(geometries())
def test_small_blocks_of_columns_give_the_same(shapes: Geometry) -> None:
    x, weight, g = draw(*shapes.x), draw(*shapes.weight, seed=1), draw(*shapes.g, seed=2)

    def results() -> list[Any]:
        return [
            F.conv2d(x, weight, **shapes.where),
            F.conv_transpose2d(g, weight, output_padding=shapes.left_over, **shapes.where),
            F.conv2d_weight(x, g, shapes.weight[2:], **shapes.where),
        ]

    whole = results()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(kernels, "COLUMN_BYTES", 1)
        for found, expected in zip(results(), whole, strict=True):
            np.testing.assert_allclose(found, expected, rtol=1e-13, atol=1e-13)


@pytest.mark.derivation("conv2d.im2col")
def test_columns_hold_what_each_window_sees() -> None:
    x = draw(3, 2, 4, 5)
    matrix = convolution.im2col(x, Windows.of((2, 3), 1, (1, 0)))
    padded = np.pad(x, ((0, 0), (0, 0), (1, 1), (0, 0)))
    columns = matrix.reshape(2, 2, 3, 5, 3, 3)
    for a, b, i, j in np.ndindex(2, 3, 5, 3):
        np.testing.assert_array_equal(columns[:, a, b, i, j].T, padded[:, :, i + a, j + b])


@pytest.mark.derivation("conv2d.col2im")
@given(geometries())
def test_adding_columns_up_is_the_adjoint_of_copying_them(shapes: Geometry) -> None:
    x = draw(*shapes.x)
    windows = Windows.of(shapes.weight[2:], shapes.stride, shapes.padding, shapes.dilation)
    seen = convolution.im2col(x, windows)
    columns = draw(*seen.shape, seed=1)
    added = convolution.col2im(columns, shapes.x[2:], shapes.g[2:], windows)
    assert inner(x, added) == pytest.approx(inner(seen, columns), rel=1e-12, abs=1e-12)


@pytest.mark.derivation("conv2d.grad_input", "conv2d.grad_weight", "conv2d.grad_bias")
@settings(max_examples=30)
@given(geometries())
def test_gradients_are_calls_of_the_other_two_ops(shapes: Geometry) -> None:
    x, weight = leaf(draw(*shapes.x)), leaf(draw(*shapes.weight, seed=1))
    bias, g = leaf(draw(shapes.weight[0])), draw(*shapes.g, seed=2)
    F.conv2d(x, weight, bias, **shapes.where).backward(g)
    painted = F.conv_transpose2d(
        g, weight.array, None, output_padding=shapes.left_over, **shapes.where
    )
    np.testing.assert_array_equal(gradient_of(x), painted)
    kernels = F.conv2d_weight(x.array, g, shapes.weight[2:], **shapes.where)
    np.testing.assert_array_equal(gradient_of(weight), kernels)
    np.testing.assert_allclose(gradient_of(bias), g.sum((0, 2, 3)), rtol=1e-12, atol=1e-13)


def test_windows_are_one_apart_and_dense_in_one_group_without_padding_by_default() -> None:
    x, weight, g = draw(2, 2, 4, 5), draw(3, 2, 2, 3, seed=1), draw(2, 3, 3, 3, seed=2)
    plain = {"stride": 1, "padding": 0, "dilation": 1, "groups": 1}
    np.testing.assert_array_equal(F.conv2d(x, weight), F.conv2d(x, weight, None, **plain))
    painted = F.conv_transpose2d(g, weight, None, output_padding=0, **plain)
    np.testing.assert_array_equal(F.conv_transpose2d(g, weight), painted)
    kernels = F.conv2d_weight(x, g, (2, 3), **plain)
    np.testing.assert_array_equal(F.conv2d_weight(x, g, (2, 3)), kernels)


OPTIONS: list[Any] = [
    {},
    {"stride": 2},
    {"stride": (1, 3), "padding": (2, 0)},
    {"stride": 3, "padding": 1},
    {"dilation": (2, 1)},
    {"dilation": (1, 2), "stride": 2, "padding": 2},
    {"padding": "same"},
    {"padding": "same", "dilation": 2},
]


@pytest.mark.parametrize("options", OPTIONS, ids=str)
def test_gradients_of_both_orders_by_input_weight_and_bias(options: Any) -> None:
    x, weight, bias = draw(2, 2, 4, 5), draw(3, 2, 2, 3, seed=1), draw(3)
    assert_gradients(lambda *inputs: F.conv2d(*inputs, **options), x, weight, bias)
    assert_gradients(lambda x: F.conv2d(x, weight, **options), x)
    assert_gradients(lambda weight: F.conv2d(x, weight, **options), weight)
    points, paint = draw(2, 3, 3, 3), draw(3, 2, 3, 2, seed=1)
    assert_gradients(lambda *inputs: F.conv_transpose2d(*inputs, **options), points, paint, draw(2))
    assert_gradients(lambda x: F.conv_transpose2d(x, paint, **options), points)
    assert_gradients(lambda weight: F.conv_transpose2d(points, weight, **options), paint)


@pytest.mark.derivation("conv2d.groups")
@pytest.mark.parametrize("options", [{}, {"stride": 2, "padding": 1}, {"dilation": 2}], ids=str)
def test_gradients_of_both_orders_in_groups(options: Any) -> None:
    conv2d = functools.partial(F.conv2d, groups=2, **options)
    assert_gradients(conv2d, draw(2, 4, 3, 4), draw(2, 2, 2, 2, seed=1), draw(2))
    painting = functools.partial(F.conv_transpose2d, groups=2, **options)
    assert_gradients(painting, draw(2, 2, 3, 2), draw(2, 2, 2, 2, seed=1), draw(4))


@pytest.mark.derivation("conv2d.groups")
def test_channels_of_one_group_do_not_see_those_of_another() -> None:
    x, weight = draw(2, 4, 5, 5), draw(6, 2, 3, 3, seed=1)
    apart = [F.conv2d(x[:, :2], weight[:3]), F.conv2d(x[:, 2:], weight[3:])]
    together = F.conv2d(x, weight, groups=2)  # products of other sizes, rounded otherwise
    np.testing.assert_allclose(together, np.concatenate(apart, 1), rtol=1e-12, atol=1e-14)
    x[:, 2:] = np.nan
    assert np.isfinite(F.conv2d(x, weight, groups=2)[:, :3]).all()


@pytest.mark.derivation("conv2d.same")
@given(st.integers(1, 5), st.integers(1, 5), st.integers(1, 3), st.integers(1, 7))
def test_same_keeps_the_size_whatever_the_kernel_and_its_dilation(
    height: int, width: int, dilation: int, size: int
) -> None:
    x, weight = draw(1, 1, size, 6), draw(1, 1, height, width, seed=1)
    y = F.conv2d(x, weight, padding="same", dilation=dilation)
    assert y.shape == x.shape
    (above, below), (left, right) = (
        (missing // 2, missing - missing // 2)
        for missing in (dilation * (height - 1), dilation * (width - 1))
    )
    padded = np.pad(x, ((0, 0), (0, 0), (above, below), (left, right)))
    np.testing.assert_allclose(y, F.conv2d(padded, weight, dilation=dilation), atol=1e-13)


def test_valid_is_no_padding() -> None:
    x, weight = draw(1, 2, 5, 5), draw(3, 2, 3, 3, seed=1)
    np.testing.assert_array_equal(F.conv2d(x, weight, padding="valid"), F.conv2d(x, weight))


@pytest.mark.parametrize("options", [{}, {"stride": 2, "groups": 2, "dilation": 2}], ids=str)
def test_one_image_is_a_batch_of_one(options: Any) -> None:
    groups = options.get("groups", 1)
    image, weight, bias = draw(4, 5, 6), draw(2, 4 // groups, 2, 3, seed=1), draw(2)
    found, expected = leaf(image), leaf(image[None])
    y, batch = F.conv2d(found, weight, bias, **options), F.conv2d(expected, weight, bias, **options)
    np.testing.assert_array_equal(y.array, batch.array[0])
    y.backward(np.ones(y.shape))
    batch.backward(np.ones(batch.shape))
    np.testing.assert_array_equal(gradient_of(found), gradient_of(expected)[0])
    painted = F.conv_transpose2d(y.array, weight, **options)
    np.testing.assert_array_equal(painted, F.conv_transpose2d(batch.array, weight, **options)[0])
    narrow = image[:, :3, :3], weight[..., :2], bias
    assert_gradients(lambda *inputs: F.conv2d(*inputs, **options), *narrow)


@pytest.mark.parametrize("path", ["input", "weight", "both"])
def test_a_gradient_penalty_reaches_the_weights(path: str) -> None:
    def penalty(x: Any, weight: Any) -> Any:
        y = F.tanh(F.conv2d(x, weight, None, 2, 1)).sum()
        wanted = {"input": [x], "weight": [weight], "both": [x, weight]}[path]
        found: Any = minigen.grad(y, wanted, create_graph=True)
        total: Any = 0.0
        for gradient in found:
            total = total + (gradient * gradient).sum()
        return total

    x, weight = leaf(draw(2, 1, 4, 4)), leaf(draw(2, 1, 3, 3, seed=1))
    slope = minigen.grad(penalty(x, weight), [weight])[0]
    assert slope is not None
    direction, step = draw(2, 1, 3, 3, seed=2), 1e-6
    ahead, behind = (
        penalty(leaf(x.array), leaf(weight.array + sign * step * direction)).item()
        for sign in (1, -1)
    )
    assert inner(slope.numpy(), direction) == pytest.approx((ahead - behind) / (2 * step), rel=1e-6)


# --- memory ---------------------------------------------------------------------------------------


def held(images: npt.NDArray[Any]) -> bool:
    """Tell whether images lie in memory with the batch innermost."""
    return images.transpose(1, 2, 3, 0).flags.c_contiguous


@pytest.mark.host_only(
    "CuPy's results are C-contiguous, whatever the order of what they are made from"
)
def test_images_are_held_with_the_batch_innermost_from_layer_to_layer() -> None:
    x, weight = minigen.tensor(draw(3, 2, 6, 6)), minigen.tensor(draw(4, 2, 3, 3))
    y = F.conv2d(x, weight, minigen.tensor(draw(4)), 2, 1)
    assert held(y.array)
    assert held(F.relu(y).array)
    assert held((F.batch_norm(y, training=True) * 2).array)
    assert held(F.conv_transpose2d(y, minigen.tensor(draw(4, 2, 3, 3)), None, 2).array)
    assert held(F.max_pool2d(y, 2).array)
    assert held(F.upsample(y, 2).array)
    flat = F.flatten(y, 1)
    assert np.shares_memory(flat.array, y.array)
    np.testing.assert_array_equal(flat.array, np.ascontiguousarray(y.array).reshape(3, -1))


@pytest.mark.parametrize("order", [(0, 1, 2, 3), (3, 2, 1, 0), (1, 2, 3, 0), (0, 2, 3, 1)])
def test_every_memory_order_is_accepted(order: tuple[int, ...]) -> None:
    x, weight, g = draw(3, 2, 4, 5), draw(4, 2, 3, 2), draw(3, 4, 2, 4)
    back = tuple(int(axis) for axis in np.argsort(order))
    moved = [np.ascontiguousarray(a.transpose(order)).transpose(back) for a in (x, weight, g)]
    expected, found = leaf(x), minigen.Tensor(moved[0], requires_grad=True)
    F.conv2d(expected, weight).backward(g)
    F.conv2d(found, moved[1]).backward(moved[2])
    np.testing.assert_allclose(gradient_of(found), gradient_of(expected), rtol=1e-13)


def test_gradients_flow_through_flattening_and_back() -> None:
    def network(x: Any, weight: Any, dense: Any, paint: Any) -> Any:
        features = F.tanh(F.conv2d(x, weight, None, 2, 1))
        code = F.linear(F.flatten(features, 1), dense)
        return F.conv_transpose2d(F.reshape(code, (2, 3, 2, 2)), paint, None, 2, 1)

    arrays = draw(2, 1, 4, 4), draw(2, 1, 3, 3), draw(12, 8), draw(3, 1, 4, 4)
    assert_gradients(network, *arrays)
    x, weight, dense, _ = arrays
    features = np.tanh(reference.conv2d(x, weight, 2, 1)).reshape(2, -1)
    code = F.linear(F.flatten(F.tanh(F.conv2d(x, weight, None, 2, 1)), 1), dense)
    np.testing.assert_allclose(code, features @ dense.T, rtol=1e-12)


def test_float32_stays_float32_and_integers_follow() -> None:
    weight = np.ones((1, 1, 2, 2), np.float32)
    assert F.conv2d(np.ones((1, 1, 3, 3), np.float32), weight).dtype == np.float32
    assert F.conv2d(np.ones((1, 1, 3, 3), np.int64), weight).dtype == np.float32
    assert F.conv_transpose2d(np.ones((1, 1, 3, 3), np.uint8), weight).dtype == np.float32
    x, bias = np.ones((1, 1, 3, 3), np.int64), np.full(1, 0.5, np.float32)
    y: Any = F.conv2d(x, np.ones((1, 1, 3, 3), np.int64), bias)
    assert y.item() == 9.5


def test_an_empty_batch_stays_empty() -> None:
    x, weight, bias = leaf(np.zeros((0, 2, 4, 4))), leaf(draw(3, 2, 3, 3)), leaf(draw(3))
    y = F.conv2d(x, weight, bias, padding=1)
    assert y.shape == (0, 3, 4, 4)
    y.sum().backward()
    assert gradient_of(x).shape == x.shape
    assert not gradient_of(weight).any()
    assert F.conv_transpose2d(x, draw(2, 3, 3, 3), None, 2).shape == (0, 3, 9, 9)


# --- errors ---------------------------------------------------------------------------------------


def images(*shape: int) -> Floats:
    return np.zeros(shape)


FRACTION: Any = 1.5


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (
            lambda: F.conv2d(images(1, 1, 3, 9), images(1, 1, 5, 5)),
            "conv2d: the output's height would be floor((height + 2 padding - kernel) / stride) + "
            "1 = floor((3 + 2*0 - 5) / 1) + 1 = -1: the kernel is larger than the padded input",
        ),
        (lambda: F.conv2d(images(1, 1, 9, 3), images(1, 1, 3, 8), None, 2, 2), "width would be"),
        (lambda: F.conv2d(images(1, 1, 0, 3), images(1, 1, 1, 1), None, 1, 1), "the height is 0"),
        (
            lambda: F.conv2d(images(1, 2, 3, 3), images(1, 3, 1, 1)),
            "x has 2 channels, and weight of shape (out, in, kH, kW) expects 3",
        ),
        (
            lambda: F.conv_transpose2d(images(1, 2, 3, 3), images(3, 2, 1, 1)),
            "x has 2 channels, and weight of shape (in, out, kH, kW) expects 3",
        ),
        (
            lambda: F.conv_transpose2d(images(1, 1, 3, 3), images(1, 1, 2, 2), None, 2, 0, (0, 2)),
            "output_padding must be smaller than stride, got 2 and 2 for the width",
        ),
        (
            lambda: F.conv_transpose2d(images(1, 1, 1, 1), images(1, 1, 2, 2), None, 2, 1),
            "(height - 1) stride - 2 padding + kernel + output_padding = "
            "(1 - 1)*2 - 2*1 + 2 + 0 = 0",
        ),
        (lambda: F.conv2d(images(3, 3), images(1, 1, 2, 2)), "x of shape (N, in, H, W)"),
        (lambda: F.conv2d(images(1, 1, 3, 3), images(2, 2)), "weight of shape (out, in, kH, kW)"),
        (lambda: F.conv_transpose2d(images(3, 3), images(1, 1, 2, 2)), "(in, out, kH, kW)"),
        (
            lambda: F.conv2d(images(1, 4, 3, 3), images(2, 4, 1, 1), groups=2),
            "x has 4 channels, and weight of shape (out, in / 2, kH, kW) expects 8",
        ),
        (
            lambda: F.conv2d(images(1, 4, 3, 3), images(2, 4, 1, 1), groups=3),
            "groups must divide the channels, in and out, got 3 groups of 4 and 2 channels",
        ),
        (
            lambda: F.conv_transpose2d(images(1, 4, 3, 3), images(4, 2, 1, 1), groups=3),
            "groups must divide the channels, in and out, got 3 groups of 4 channels",
        ),
        (
            lambda: F.conv2d(images(1, 1, 3, 3), images(1, 1, 1, 1), groups=0),
            "groups must be a positive integer, got 0",
        ),
        (
            lambda: F.conv2d(images(1, 1, 3, 3), images(1, 1, 2, 2), dilation=0),
            "dilation must be an integer of at least 1, or two, got 0",
        ),
        (
            lambda: F.conv2d(images(1, 1, 4, 4), images(1, 1, 3, 3), dilation=2),
            "floor((4 + 2*0 - 5) / 1) + 1 = 0: the kernel is larger than the padded input; "
            "3 elements 2 apart span 5",
        ),
        (
            lambda: F.conv2d(images(1, 1, 3, 3), images(1, 1, 2, 2), stride=2, padding="same"),
            "padding='same' keeps the size of an image, so that it needs stride 1, got stride "
            "(2, 2): give the padding as a number",
        ),
        (
            lambda: F.conv2d(images(1, 1, 3, 3), images(1, 1, 2, 2), padding="full"),
            "padding must be an integer of at least 0, or two, or 'same' or 'valid', got 'full'",
        ),
        (
            lambda: F.conv2d(images(1, 1, 3, 3), images(2, 1, 2, 2), images(3)),
            "bias of shape (2,) is expected, got (3,)",
        ),
        (
            lambda: F.conv_transpose2d(images(1, 1, 3, 3), images(1, 2, 2, 2), images(1)),
            "bias of shape (2,) is expected, got (1,)",
        ),
        (
            lambda: F.conv2d_weight(images(2, 1, 4, 4), images(2, 3, 4, 4), 3),
            "g of shape (2, out, 2, 2) is expected, an element for each window",
        ),
        (lambda: F.conv2d_weight(images(2, 1, 4, 4), images(2, 3), 3), "(N, out, H', W')"),
        (
            lambda: F.conv2d(images(1, 1, 3, 3), images(1, 1, 2, 2), stride=0),
            "stride must be an integer of at least 1, or two, got 0",
        ),
        (lambda: F.conv2d(images(1, 1, 3, 3), images(1, 1, 2, 2), padding=-1), "padding must be"),
        (lambda: F.conv2d(images(1, 1, 3, 3), images(1, 1, 2, 2), stride=FRACTION), "got 1.5"),
        (lambda: F.conv2d(images(1, 1, 3, 3), images(1, 1, 2, 2), stride=(1, 1, 1)), "or two"),
        (lambda: F.conv2d(images(1, 1, 3, 3), images(1, 1, 2, 2), stride=True), "got True"),
    ],
)
def test_impossible_shapes_are_errors_with_the_formula_and_the_numbers(
    call: Any, message: str
) -> None:
    with pytest.raises(ValueError, match=re.escape(message)):
        call()


def test_an_error_under_tensors_names_the_op() -> None:
    with pytest.raises(ValueError, match=r"conv2d: x has 2 channels"):
        F.conv2d(minigen.zeros(1, 2, 3, 3), minigen.zeros(1, 1, 2, 2))
    assert convolution.conv2d.name == "conv2d"
