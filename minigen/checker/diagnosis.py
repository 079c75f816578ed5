"""Recognising what is wrong with a gradient from the pattern of its error, in words.

Each recogniser looks at a gradient of a random combination of the outputs (its cotangent), which is
of the input's shape, beside the numerical one, and says what it sees, or nothing.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from minigen.checker.report import subscript
from minigen.checker.settings import Vector

MANY_AXES = 4
"""With more axes than this, not every order of the axes is tried."""


@dataclass(frozen=True)
class Symptoms:
    """What is known of a wrong gradient.

    Attributes
    ----------
    analytic, numeric : array
        The gradients of one random combination of the outputs, of the input's shape.
    wrong : array of bool
        Where they differ by more than the tolerance.
    reached : bool
        Whether any gradient came back to this input.
    output_shapes : sequence of tuple of int
        The shapes of the outputs.
    others : mapping of str to array
        The numerical gradients of the other inputs, by name.
    jacobians : pair of array, optional
        The analytic and the numerical Jacobian, a row an output element.
    sampled : bool
        Whether the gradients are those of some elements only, in a row.
    """

    analytic: Vector
    numeric: Vector
    wrong: npt.NDArray[np.bool_]
    reached: bool = True
    output_shapes: Sequence[tuple[int, ...]] = ()
    others: Mapping[str, Vector] = field(default_factory=dict)
    jacobians: tuple[Vector, Vector] | None = None
    sampled: bool = False


def diagnose(symptoms: Symptoms) -> str:
    """Say what the error looks like; an empty string if it looks like nothing known.

    Examples
    --------
    >>> numeric = np.array([[1.0, 2.0], [3.0, 5.0]])
    >>> diagnose(Symptoms(2 * numeric, numeric, np.full((2, 2), True)))
    'twice too large everywhere: is the batch summed twice?'
    """
    if not np.isfinite(symptoms.analytic).all() or not symptoms.wrong.any():
        return ""
    recognisers = FOR_SAMPLES if symptoms.sampled else RECOGNISERS
    return next((text for text in (see(symptoms) for see in recognisers) if text), "")


def diagnose_shape(gradient: Vector, numeric: Vector) -> str:
    """Say why a gradient has another shape than its input, whose numerical gradient is given.

    Examples
    --------
    >>> diagnose_shape(np.ones((4, 3)), np.full(3, 4.0))
    'a broadcast axis is not summed: its sum over axis 0 is right; return sum_to_size(g, (3,))'
    """
    got, expected = gradient.shape, numeric.shape
    if gradient.size == numeric.size:
        if got == expected[::-1] and _same(gradient.T, numeric):
            return "transposed: its transpose is right"
        if _same(gradient.reshape(expected), numeric):
            return "right, but not given the input's shape: return reshape(..., x.shape)"
    try:
        broadcast = np.broadcast_shapes(got, expected) == got
    except ValueError:
        broadcast = False
    if not broadcast:
        return ""
    lead = len(got) - len(expected)
    axes = (*range(lead), *(lead + i for i, n in enumerate(expected) if n != got[lead + i]))
    if _same(gradient.sum(axes).reshape(expected), numeric):
        return (
            f"a broadcast axis is not summed: its sum over {_axes(axes)} is right; "
            f"return sum_to_size(g, {expected})"
        )
    return f"a broadcast axis is not summed: {_axes(axes)}? Nor is its sum right"


def _zero(s: Symptoms) -> str:
    if s.analytic.any():
        return ""
    if not s.reached:
        return (
            "zero everywhere, for no gradient comes back to this input: is it detached on the way "
            "(.data, .numpy(), detach(), no_grad()), or does a rule return None for it?"
        )
    return "zero everywhere: does the rule lose it, or is a part of the function detached?"


def _factor(s: Symptoms) -> str:
    if not s.numeric.any():
        return ""
    c = float((s.analytic * s.numeric).sum() / (s.numeric * s.numeric).sum())
    if not _same(s.analytic, c * s.numeric):
        return ""
    if abs(c + 1) < 1e-4:
        return "the sign is flipped everywhere"
    text = _describe_factor(abs(c), s)
    if not text and s.numeric.size == 1:  # any two numbers are in some proportion
        return ""
    text = text or f"{abs(c):.6g} times what it should be everywhere"
    return text + (", and the sign is flipped" if c < 0 else "")


def _describe_factor(c: float, s: Symptoms) -> str:
    """Name a factor that is a whole number or its inverse; say where such a number occurs."""
    large = c > 1
    n = round(c if large else 1 / max(c, 1e-12))
    if n < 2 or abs((c if large else 1 / c) / n - 1) > 1e-4:
        return ""
    if n == 2 and large:
        return "twice too large everywhere: is the batch summed twice?"
    size = "half of what it should be" if n == 2 else f"1/{n} of what it should be"
    size = f"{n} times too large" if large else size
    confusion = "a sum where a mean was meant" if large else "a mean where a sum was meant"
    occurrence = _occurrence(n, s)
    if occurrence:
        return f"{size} everywhere: {n} is {occurrence}: {confusion}?"
    return f"{size} everywhere" + (": is the 2 of a square's slope missing?" if n == 2 else "")


def _occurrence(n: int, s: Symptoms) -> str:
    """Say which length, or number of elements, the number `n` is."""
    shapes = [("", s.numeric.shape), *((" of the output", shape) for shape in s.output_shapes)]
    for of, shape in shapes:
        if n in shape:
            return f"the length of axis {shape.index(n)}{of}"
    for of, shape in shapes:
        if n == math.prod(shape):
            return f"the number of elements{of or ' of the input'}"
    return ""


def _other_input(s: Symptoms) -> str:
    for name, numeric in s.others.items():
        if numeric.shape == s.analytic.shape and numeric.any() and _same(s.analytic, numeric):
            return f"this is the gradient of {name}: does the rule return them in the wrong order?"
    return ""


def _transposed(s: Symptoms) -> str:
    shape, axes = s.numeric.shape, range(s.numeric.ndim)
    if 1 < len(axes) <= MANY_AXES:
        for order in itertools.permutations(axes):
            if tuple(shape[a] for a in order) == shape and list(order) != list(axes):
                if not _same(s.analytic, s.numeric.transpose(order)):
                    continue
                if len(axes) == 2:
                    return "transposed: its transpose is right"
                return f"transposed: it is right with its axes in the order {order}"
    return ""


def _transposed_jacobian(s: Symptoms) -> str:
    if s.jacobians is None:
        return ""
    analytic, numeric = s.jacobians
    if analytic.shape[0] == analytic.shape[1] and _same(analytic, numeric.T):
        return (
            "the Jacobian is transposed: the rule computes J g in place of g J; "
            "is a matrix (a weight?) used without its transpose, or an order not inverted?"
        )
    return ""


def _uncoupled(s: Symptoms) -> str:
    if s.jacobians is None:
        return ""
    analytic, numeric = s.jacobians
    elsewhere = np.eye(*numeric.shape) == 0
    coupled = np.abs(numeric[elsewhere]).max(initial=0.0) > 1e-6 * np.abs(numeric).max()
    if analytic.shape[0] != analytic.shape[1] or analytic[elsewhere].any() or not coupled:
        return ""
    return (
        "each output is taken to depend on the input at its own place alone, but others enter too: "
        "is a term missing that couples them (through a sum, a mean or a maximum)?"
    )


def _one_element(s: Symptoms) -> str:
    if s.wrong.sum() != 1 or s.wrong.size == 1:
        return ""
    (index,) = np.argwhere(s.wrong).tolist()
    got, expected = float(s.analytic[tuple(index)]), float(s.numeric[tuple(index)])
    ratio = f", {got / expected:.6g} times what it should be" if expected else ""
    return f"right but for one element, {subscript(index)}{ratio}"


def _edge(s: Symptoms) -> str:
    if s.wrong.sum() == 1 and s.wrong.ndim > 1:  # then the element says more
        return ""
    for axis, length in enumerate(s.wrong.shape):
        touched = set(np.nonzero(s.wrong)[axis].tolist())
        if length < 3 or not touched <= {0, length - 1}:
            continue
        places = {0: "first", length - 1: "last"}
        which = " and ".join(places[i] for i in sorted(touched))
        return f"right but for the {which} index along axis {axis}: is that edge left out?"
    return ""


def _shifted(s: Symptoms) -> str:
    for axis, length in enumerate(s.numeric.shape):
        analytic, numeric = np.moveaxis(s.analytic, axis, 0), np.moveaxis(s.numeric, axis, 0)
        if length >= 3 and _same(analytic[1:], numeric[:-1]) and numeric[:-1].any():
            return f"shifted by one along axis {axis}, to higher indices: a slice off by one?"
        if length >= 3 and _same(analytic[:-1], numeric[1:]) and numeric[1:].any():
            return f"shifted by one along axis {axis}, to lower indices: a slice off by one?"
        if length >= 2 and _same(analytic, numeric[::-1]):
            return f"in reverse order along axis {axis}"
    return ""


def _mixed_signs(s: Symptoms) -> str:
    if not _same(np.abs(s.analytic), np.abs(s.numeric)):
        return ""
    count = int(s.wrong.sum())
    return f"of the right magnitude, but the sign is flipped in {count} of {s.wrong.size} elements"


def _zero_in_places(s: Symptoms) -> str:
    count = f"in {int(s.wrong.sum())} of {s.wrong.size} elements"
    if not s.analytic[s.wrong].any():
        return f"zero where it should not be, {count}, and right elsewhere"
    if np.abs(s.numeric[s.wrong]).max() <= 1e-6 * np.abs(s.numeric).max():
        return f"not zero where it should be, {count}, and right elsewhere"
    return ""


def _lost_mean(s: Symptoms) -> str:
    error = s.analytic - s.numeric
    for axis, length in enumerate(error.shape):
        if length >= 3 and _same(
            error, np.broadcast_to(error.mean(axis, keepdims=True), error.shape)
        ):
            return (
                f"off by the same amount all along axis {axis}: is a term missing that couples its "
                "elements (through a mean, a sum or a maximum)?"
            )
    return ""


RECOGNISERS: tuple[Callable[[Symptoms], str], ...] = (
    _zero,
    _factor,
    _other_input,
    _transposed,
    _transposed_jacobian,
    _edge,
    _one_element,
    _shifted,
    _mixed_signs,
    _zero_in_places,
    _uncoupled,
    _lost_mean,
)
"""In this order: the first that recognises something speaks."""

FOR_SAMPLES = (_zero, _factor, _mixed_signs, _zero_in_places)
"""Those that need no element's place."""


def _same(a: Vector, b: Vector) -> bool:
    """Tell whether two gradients agree, as far as numerical ones can."""
    largest = float(np.abs(b).max(initial=0.0))
    return a.shape == b.shape and bool(np.allclose(a, b, rtol=1e-4, atol=1e-6 * largest))


def _axes(axes: Sequence[int]) -> str:
    return f"axis {axes[0]}" if len(axes) == 1 else f"axes {', '.join(str(a) for a in axes)}"
