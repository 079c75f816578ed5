"""Checks of the exercises of lesson 04, convolution."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from minigen.course.expectations import expect_array, expect_gradient, expect_rule
from minigen.engine.random import Generator


def check_receptive_field(answer: Callable[..., Any]) -> None:
    """Check one layer, strides, dilations, and both together."""
    for layers in (
        [(5, 1, 1)],
        [(3, 2, 1), (3, 2, 1), (3, 1, 1)],
        [(2, 1, 1), (2, 1, 2), (2, 1, 4)],
        [(4, 2, 1), (3, 3, 2), (5, 1, 3)],
    ):
        right = _field(layers)
        field, step = answer(layers)
        expect_array(
            field,
            right[0],
            f"the receptive field of {layers}",
            mistakes={
                "the strides are not heeded: after a stride of 2 a tap is 2 elements further": (
                    _field([(k, 1, d) for k, _, d in layers])[0]
                ),
                "the dilations are not heeded: the taps of a layer lie d apart": (
                    _field([(k, s, 1) for k, s, _ in layers])[0]
                ),
                "a layer's own stride sets its outputs apart, not its taps: multiply the step "
                "after the field has grown": _field(layers, early=True)[0],
                "the layers are gone through from the last to the first": _field(layers[::-1])[0],
                "one is missing: a single output sees one element before any layer": right[0] - 1,
                "a kernel of k taps reaches over d (k - 1) + 1 elements, not d k": (
                    1 + sum(d * k * s for (k, _, d), s in zip(layers, _steps(layers), strict=False))
                ),
            },
        )
        expect_array(
            step,
            right[1],
            f"the step of {layers}",
            mistakes={
                "the strides are added; each layer multiplies the step": sum(
                    s for _, s, _ in layers
                ),
            },
        )


def _steps(layers: Any) -> list[int]:
    """Return the steps before each layer, and after the last."""
    steps = [1]
    for _, stride, _ in layers:
        steps.append(steps[-1] * stride)
    return steps


def _field(layers: Any, *, early: bool = False) -> tuple[int, int]:
    """Return field and step; or what comes out if the step grows before the field does."""
    steps = _steps(layers)
    grown = zip(layers, steps[1:] if early else steps[:-1], strict=True)
    return 1 + sum(d * (k - 1) * step for (k, _, d), step in grown), steps[-1]


def check_dilated_matrix(answer: Callable[..., Any]) -> None:
    """Check with and without dilation and padding."""
    kernel = Generator(1).normal((3,), np.float64)
    for length, dilation, padding in ((6, 1, 0), (8, 2, 0), (7, 3, 2), (5, 2, 3)):
        right = _matrix(kernel, length, dilation, padding)
        expect_array(
            answer(kernel, length, dilation, padding),
            right,
            f"the matrix for length {length}, dilation {dilation} and padding {padding}",
            mistakes={
                "the kernel is turned round: the formula has x at i + d a - p, not at i - d a": (
                    _matrix(kernel[::-1], length, dilation, padding)
                ),
                "it is transposed: a line belongs to an output, a column to an element": right.T,
                "taps on the padding wrap around to the other end of the signal: they meet zeros, "
                "so leave them out": _matrix(kernel, length, dilation, padding, wrap=True),
                "the taps lie side by side; with the dilation d they are d apart": (
                    _matrix(kernel, length, 1, padding)[: len(right)]
                ),
                "the padding shifts the signal the wrong way: it is i + d a - p": (
                    _matrix(kernel, length, dilation, padding, shift=padding)
                ),
            },
        )


def _matrix(
    kernel: Any,
    length: int,
    dilation: int,
    padding: int,
    *,
    wrap: bool = False,
    shift: int | None = None,
) -> Any:
    """Return the matrix of a dilated convolution, or what a mistake makes of it."""
    outputs = length + 2 * padding - dilation * (len(kernel) - 1)
    matrix = np.zeros((outputs, length))
    for i, a in np.ndindex(outputs, len(kernel)):
        place = i + dilation * a + (-padding if shift is None else shift)
        if wrap or 0 <= place < length:
            matrix[i, place % length] = kernel[a]
    return matrix


def check_max_pool_rule(answer: Callable[..., Any]) -> None:
    """Check windows with one maximum, also where all is negative, and with several."""
    draw = Generator(1)
    distinct = draw.permutation(2 * 3 * 4 * 6).reshape(2, 3, 4, 6).astype(np.float64) - 100
    equal = np.floor(3 * draw.uniform((2, 3, 4, 6), np.float64))
    g = draw.normal((2, 3, 2, 3), np.float64)
    for x, of in ((distinct, "x"), (equal, "x, with equal maxima")):
        windows = x.reshape(2, 3, 2, 2, 3, 2).swapaxes(3, 4).reshape(2, 3, 2, 3, 4)
        out = windows.max(axis=-1)
        mask = windows == out[..., None]
        number = np.arange(4)
        first, last = mask.argmax(axis=-1), 3 - mask[..., ::-1].argmax(axis=-1)

        def back(shares: Any) -> Any:
            """Return shares of each window's cotangent as an image."""
            image = (shares * g[..., None]).reshape(2, 3, 2, 3, 2, 2).swapaxes(3, 4)
            return image.reshape(2, 3, 4, 6)

        (found,) = answer(g.copy(), out.copy(), x.copy())
        expect_gradient(
            found,
            back(number == first[..., None]),
            of,
            mistakes={
                "every one of the equal maxima gets the whole cotangent: the shares of a window "
                "have to sum to 1": back(mask),
                "equal maxima share the cotangent; asked is that the first gets it": (
                    back(mask / mask.sum(axis=-1, keepdims=True))
                ),
                "the last of the equal maxima gets the cotangent, not the first": (
                    back(number == last[..., None])
                ),
                "each element gets a quarter, which is the rule of average pooling": (
                    back(np.full(mask.shape, 0.25))
                ),
                "each element gets the whole cotangent: only the largest of a window should": (
                    back(np.ones(mask.shape))
                ),
            },
        )


def _convolution(x: Any, weight: Any, *, dilation: int) -> Any:
    length = x.shape[1] - dilation * (weight.shape[2] - 1)
    taps = range(weight.shape[2])
    return sum(weight[:, :, a] @ x[:, dilation * a : dilation * a + length] for a in taps)


def _dilated_rule(
    *, step: int | None = None, add: bool = True, turn: int = 1, mean: bool = False
) -> Callable[..., Any]:
    """Return the rule of the convolution, or what a mistake makes of it."""

    def rule(g: Any, _out: Any, x: Any, weight: Any, *, dilation: int) -> Any:
        grad_x, grad_weight = np.zeros_like(x), np.zeros_like(weight)
        apart = dilation if step is None else step
        for a in range(weight.shape[2]):
            seen = slice(apart * a, apart * a + g.shape[1])
            grad_x[:, seen] = add * grad_x[:, seen] + weight[:, :, ::turn][:, :, a].T @ g
            grad_weight[:, :, a] = g @ x[:, seen].T / (g.shape[1] if mean else 1)
        return grad_x, grad_weight

    return rule


def check_dilated_rule(answer: Callable[..., Any]) -> None:
    """Check lengths that all differ, with dilations of 1 and 2."""
    draw = Generator(1)
    x, weight = draw.normal((2, 9), np.float64), draw.normal((4, 2, 3), np.float64)
    not_dilated = {
        "the dilation is not heeded in the rule: tap a sees the signal from d a on": (
            _dilated_rule(step=1)
        )
    }
    for dilation in (1, 2):
        expect_rule(
            _convolution,
            answer,
            [x, weight],
            dilation=dilation,
            mistakes={
                **(not_dilated if dilation > 1 else {}),
                "in d loss / d x one tap writes over what another left: add, with +=": (
                    _dilated_rule(add=False)
                ),
                "in d loss / d x the kernel is turned round: tap a gives back to where it saw": (
                    _dilated_rule(turn=-1)
                ),
                "d loss / d weight has a mean over the outputs, where the chain rule has a sum": (
                    _dilated_rule(mean=True)
                ),
            },
        )
