"""Wrong answers to the exercises of lesson 04, and what the check says of each."""

from __future__ import annotations

from typing import Any

import numpy as np

from lessons.mistake import mistake

from .solutions import dilated_matrix, dilated_rule, receptive_field


@mistake("receptive_field", "the strides are not heeded")
def without_strides(layers: Any) -> Any:
    field, _ = receptive_field([(k, 1, d) for k, _, d in layers])
    return field, receptive_field(layers)[1]


@mistake("receptive_field", "the dilations are not heeded")
def without_dilations(layers: Any) -> Any:
    return receptive_field([(k, s, 1) for k, s, _ in layers])


@mistake("receptive_field", "multiply the step after the field has grown")
def step_too_early(layers: Any) -> Any:
    field, step = 1, 1
    for kernel, stride, dilation in layers:
        step *= stride
        field += dilation * (kernel - 1) * step
    return field, step


@mistake("receptive_field", "from the last to the first")
def backwards(layers: Any) -> Any:
    return receptive_field(layers[::-1])


@mistake("receptive_field", "one is missing")
def begins_with_zero(layers: Any) -> Any:
    field, step = receptive_field(layers)
    return field - 1, step


@mistake("receptive_field", "not d k")
def whole_kernels(layers: Any) -> Any:
    field, step = 1, 1
    for kernel, stride, dilation in layers:
        field += dilation * kernel * step
        step *= stride
    return field, step


@mistake("receptive_field", "each layer multiplies the step")
def strides_added(layers: Any) -> Any:
    return receptive_field(layers)[0], sum(stride for _, stride, _ in layers)


@mistake("dilated_matrix", "the kernel is turned round")
def turned(kernel: Any, length: int, dilation: int, padding: int) -> Any:
    return dilated_matrix(kernel[::-1], length, dilation, padding)


@mistake("dilated_matrix", "it is transposed: a line belongs to an output")
def transposed(kernel: Any, length: int, dilation: int, padding: int) -> Any:
    return dilated_matrix(kernel, length, dilation, padding).T


@mistake("dilated_matrix", "taps on the padding wrap around")
def wrapped(kernel: Any, length: int, dilation: int, padding: int) -> Any:
    outputs = length + 2 * padding - dilation * (len(kernel) - 1)
    matrix = np.zeros((outputs, length))
    for i, a in np.ndindex(outputs, len(kernel)):
        matrix[i, (i + dilation * a - padding) % length] = kernel[a]
    return matrix


@mistake("dilated_matrix", "the taps lie side by side")
def not_dilated(kernel: Any, length: int, dilation: int, padding: int) -> Any:
    outputs = length + 2 * padding - dilation * (len(kernel) - 1)
    return dilated_matrix(kernel, length, 1, padding)[:outputs]


@mistake("dilated_matrix", "the padding shifts the signal the wrong way")
def shifted_the_wrong_way(kernel: Any, length: int, dilation: int, padding: int) -> Any:
    outputs = length + 2 * padding - dilation * (len(kernel) - 1)
    matrix = np.zeros((outputs, length))
    for i, a in np.ndindex(outputs, len(kernel)):
        if i + dilation * a + padding < length:
            matrix[i, i + dilation * a + padding] = kernel[a]
    return matrix


def repeated(small: Any) -> Any:
    return small.repeat(2, axis=2).repeat(2, axis=3)


@mistake("max_pool_rule", "every one of the equal maxima gets the whole cotangent")
def by_mask(g: Any, out: Any, x: Any) -> Any:
    return (repeated(g) * (x == repeated(out)),)


@mistake("max_pool_rule", "equal maxima share the cotangent")
def shared(g: Any, out: Any, x: Any) -> Any:
    mask = (x == repeated(out)).astype(float)
    winners = sum(mask[:, :, a::2, b::2] for a in (0, 1) for b in (0, 1))
    return (repeated(g / winners) * mask,)


@mistake("max_pool_rule", "the last of the equal maxima gets the cotangent")
def last(g: Any, out: Any, x: Any) -> Any:
    grad, left = np.zeros_like(x), g.copy()
    for a, b in ((1, 1), (1, 0), (0, 1), (0, 0)):
        wins = x[:, :, a::2, b::2] == out
        grad[:, :, a::2, b::2] = np.where(wins, left, 0)
        left = np.where(wins, 0, left)
    return (grad,)


@mistake("max_pool_rule", "the rule of average pooling")
def average(g: Any, out: Any, x: Any) -> Any:
    return (repeated(g) / 4,)


@mistake("max_pool_rule", "only the largest of a window should")
def every_element(g: Any, out: Any, x: Any) -> Any:
    return (repeated(g),)


@mistake("max_pool_rule", "one array of shape (2, 3, 4, 6); expected a tuple of one array")
def no_tuple(g: Any, out: Any, x: Any) -> Any:
    return by_mask(g, out, x)[0]


@mistake("dilated_rule", "the dilation is not heeded in the rule")
def rule_without_dilation(g: Any, out: Any, x: Any, weight: Any, *, dilation: int) -> Any:
    return dilated_rule(g, out, x, weight, dilation=1)


@mistake("dilated_rule", "one tap writes over what another left: add, with +=")
def written_over(g: Any, out: Any, x: Any, weight: Any, *, dilation: int) -> Any:
    grad_x = np.zeros_like(x)
    for a in range(weight.shape[2]):
        grad_x[:, dilation * a : dilation * a + g.shape[1]] = weight[:, :, a].T @ g
    return grad_x, dilated_rule(g, out, x, weight, dilation=dilation)[1]


@mistake("dilated_rule", "tap a gives back to where it saw")
def kernel_turned(g: Any, out: Any, x: Any, weight: Any, *, dilation: int) -> Any:
    grad_x, _ = dilated_rule(g, out, x, weight[:, :, ::-1], dilation=dilation)
    return grad_x, dilated_rule(g, out, x, weight, dilation=dilation)[1]


@mistake("dilated_rule", "has a mean over the outputs")
def averaged(g: Any, out: Any, x: Any, weight: Any, *, dilation: int) -> Any:
    grad_x, grad_weight = dilated_rule(g, out, x, weight, dilation=dilation)
    return grad_x, grad_weight / g.shape[1]


@mistake("dilated_rule", "d loss / d weight is twice too large everywhere")
def doubled(g: Any, out: Any, x: Any, weight: Any, *, dilation: int) -> Any:
    grad_x, grad_weight = dilated_rule(g, out, x, weight, dilation=dilation)
    return grad_x, 2 * grad_weight
