"""Convolutions on a card agree with the ops: columns, and pixels that gather what was painted."""

from __future__ import annotations

from typing import Any

import pytest

import minigen
from minigen import functional as F
from minigen.kernels.cuda import convolution as kernels
from minigen.ops.convolution import conv2d, conv2d_weight, conv_transpose2d
from tests.kernels.cuda.helpers import DTYPES, check_function, drawn, orders, sent
from tests.strict.counters import counting

GEOMETRIES: list[dict[str, Any]] = [
    {"stride": 1, "padding": 0, "dilation": 1, "groups": 1},
    {"stride": 2, "padding": 1, "dilation": 1, "groups": 1},
    {"stride": (1, 2), "padding": (2, 0), "dilation": (2, 1), "groups": 1},
    {"stride": 1, "padding": "same", "dilation": 1, "groups": 1},
]


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("options", GEOMETRIES)
def test_all_three_agree_with_the_ops(dtype: str, options: dict[str, Any]) -> None:
    weight, bias = drawn(dtype, 4, 3, 3, 2, seed=1), drawn(dtype, 4, seed=2)
    for x in orders(drawn(dtype, 2, 3, 7, 6)):
        found = check_function(kernels.conv2d_on_card, conv2d, [x, weight, bias], dtype, **options)
        g = drawn(dtype, *found.shape, seed=3)
        check_function(
            kernels.conv2d_weight_on_card,
            conv2d_weight,
            [x, g],
            dtype,
            kernel_size=(3, 2),
            **options,
        )
        if options["padding"] == "same":
            continue
        for points in orders(g):
            check_function(
                kernels.conv_transpose2d_on_card,
                conv_transpose2d,
                [points, weight, drawn(dtype, 3, seed=4)],
                dtype,
                output_padding=0,
                **options,
            )


def test_rows_that_a_stride_left_over_come_back() -> None:
    check_function(
        kernels.conv_transpose2d_on_card,
        conv_transpose2d,
        [drawn("float64", 2, 4, 3, 3), drawn("float64", 4, 3, 3, 3, seed=1), None],
        "float64",
        stride=2,
        padding=1,
        output_padding=1,
        dilation=1,
        groups=1,
    )


def test_groups_and_other_shapes_are_left_to_the_op() -> None:
    x, weight = sent(drawn("float32", 2, 4, 5, 5)), sent(drawn("float32", 4, 2, 3, 3))
    options = {"stride": 1, "padding": 0, "dilation": 1}
    assert kernels.conv2d_on_card(x, weight, None, groups=2, **options) is NotImplemented
    assert kernels.conv2d_on_card(x, weight, None, groups=1, **options) is NotImplemented


def test_a_layers_step_is_two_launches_and_the_bias_forward() -> None:
    x = minigen.randn(2, 3, 8, 8, device="cuda", requires_grad=True)
    weight = minigen.randn(4, 3, 4, 4, device="cuda", requires_grad=True)
    with counting() as counters:
        out = F.conv2d(x, weight, stride=2, padding=1)
    assert [launch.name for launch in counters.launches] == ["im2col", "matmul"]
    g = minigen.Tensor(out.array.copy())
    with counting() as counters:
        out.backward(g)
    names = sorted(launch.name for launch in counters.launches)
    assert [name for name in names if name not in ("copy", "ascontiguousarray")] == [
        "col2im",
        "im2col",
        "matmul",
        "matmul",
    ]


def test_one_seed_gives_the_same_bits_with_any_number_of_threads() -> None:
    from tests.strict.raw import block_of

    points, weight = sent(drawn("float32", 2, 4, 3, 3)), sent(drawn("float32", 4, 3, 4, 4))
    options = {"stride": 2, "padding": 1, "output_padding": 0, "groups": 1, "dilation": 1}
    found = []
    for threads in (1, 8):
        with block_of(threads):
            found.append(kernels.conv_transpose2d_on_card(points, weight, None, **options).get())
    assert found[0].tobytes() == found[1].tobytes()
