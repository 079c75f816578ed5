r"""The gradient checks: what a backward pass gives, against numerical derivatives."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from minigen.checker.compare import DirectionalComparison, JacobianComparison
from minigen.checker.report import FailureKind, Findings, GradReport
from minigen.checker.settings import Cotangent, Mode, Settings, Vector
from minigen.checker.subject import (
    Misbehaviour,
    Subject,
    Watched,
    flat,
    function_name,
    input_names,
)
from minigen.engine import backend
from minigen.engine.tensor import Tensor


def gradcheck(
    f: Callable[..., Any],
    inputs: Any,
    *,
    order: int = 1,
    mode: Mode = "full",
    cotangent: Cotangent = "random",
    eps: float | None = None,
    rtol: float = 1e-5,
    atol: float = 1e-7,
    seed: int = 0,
) -> GradReport:
    r"""Check the gradients of a function against numerical derivatives, in float64.

    An element passes if :math:`|a - n| \le \mathrm{atol} + \mathrm{rtol}\,|n|`, with a the analytic
    and n the numerical derivative. Also found: functions or rules that are random, change their
    inputs, or give gradients of a wrong shape or dtype; rules that are not linear in the cotangent;
    kinks; and inputs whose gradient is so small that zeros would pass.

    Parameters
    ----------
    f : callable
        Takes as many arguments as there are inputs; returns a Tensor, or a tuple or list of them
        (integer tensors among them are left out).
    inputs : array, Tensor, or sequence of anything
        Floating-point arrays and tensors are copied, in float64, and checked; all else is passed to
        `f` as it is.
    order : {1, 2}
        2 checks the gradient first, then the gradient of the gradient: of (inputs, cotangent) ->
        ``grad(f, inputs, cotangent, create_graph=True)``.
    mode : {"full", "directional"}
        Compare the whole Jacobian, element by element; or the derivatives along random directions,
        which cost the same for any number of elements: one direction of each input, and several of
        all at once.
    cotangent : {"random", "ones"} or array or sequence of array
        ``"random"`` looks at every output. ``"ones"`` compares the gradient of the output's sum
        only, which overlooks much: see the example. An array, of the output's shape (or one an
        output), asks for that vector-Jacobian product.
    eps : float, optional
        The step of each element, or the length of a step along a direction. Without it the step
        is 2e-4 max(1, abs(x)), smaller where the function bends fast.
    rtol, atol : float
        Relative and absolute tolerance.
    seed : int
        Of the cotangents and directions.

    Returns
    -------
    GradReport
        True if all is well; printed, it says what is wrong and where.

    Raises
    ------
    ValueError
        If no input is a floating-point array, or an option has no such value. What `f` or a
        gradient rule raises is reported, not raised.

    Examples
    --------
    >>> import numpy as np
    >>> import minigen
    >>> import minigen.functional as F
    >>> from minigen.checker import gradcheck
    >>> x = np.array([0.5, -1.0, 2.0])
    >>> bool(gradcheck(F.softmax, x, order=2))
    True

    A rule that returns zeros passes if only the sum of the outputs is looked at, for the
    probabilities always sum to 1:

    >>> lazy = minigen.Op(F.softmax.forward)
    >>> _ = lazy.vjp(lambda g, out, x, *, axis: (0 * g,))
    >>> bool(gradcheck(lazy, x, cotangent="ones")), bool(gradcheck(lazy, x))
    (True, False)

    Derivation: gradcheck.random_cotangent
    """
    settings = Settings(order, mode, cotangent, eps, rtol, atol, seed)
    arguments = [_argument(value) for value in _as_sequence(inputs)]
    names = input_names(f, len(arguments))
    checked = [i for i, value in enumerate(arguments) if _is_checked(value)]
    if not checked:
        raise ValueError(
            "gradcheck: no input is a floating-point array or tensor, so there is no gradient to "
            f"check (got {', '.join(type(value).__name__ for value in arguments) or 'no inputs'})"
        )
    subject = Subject(
        function_name(f),
        [names[i] for i in checked],
        [arguments[i] for i in checked],
        lambda: f(*arguments),
        constants=[
            value.array if isinstance(value, Tensor) else value
            for i, value in enumerate(arguments)
            if i not in checked and (isinstance(value, Tensor) or backend.is_array(value))
        ],
    )
    return _conduct(subject, settings)


def gradcheck_parameters(
    loss_fn: Callable[[], Any],
    parameters: Mapping[str, Tensor] | Sequence[Tensor],
    *,
    order: int = 1,
    mode: Mode = "directional",
    cotangent: Cotangent = "random",
    eps: float | None = None,
    rtol: float = 1e-5,
    atol: float = 1e-7,
    seed: int = 0,
) -> GradReport:
    """Check the gradients of a function with respect to tensors that it closes over.

    For whole models. During the check the parameters hold float64 values, which the checker moves;
    afterwards each has its own array back, untouched, whatever happened in between. Buffers that
    the function updates (running statistics) are not its business: they are left updated.

    Parameters
    ----------
    loss_fn : callable
        Takes no arguments; returns a Tensor, or a tuple or list of them. What it draws at random
        must be the same at each call: pass the noise in, or a generator seeded inside.
    parameters : mapping of str to Tensor, or sequence of Tensor
        Leaves that require gradients, such as ``dict(model.named_parameters())``. One listed twice
        (tied weights) is checked once, under its first name.
    order, mode, cotangent, eps, rtol, atol, seed
        As for `gradcheck`.

    Returns
    -------
    GradReport
        With the parameters' names.

    Raises
    ------
    ValueError
        If there are no parameters, or one is no leaf that requires a gradient.

    Examples
    --------
    >>> import minigen
    >>> import minigen.functional as F
    >>> from minigen.checker import gradcheck_parameters
    >>> weight = minigen.tensor([[0.5, -1.0]], requires_grad=True)
    >>> bias = minigen.tensor([0.1], requires_grad=True)
    >>> x, target = minigen.tensor([[1.0, 2.0], [3.0, 0.5]]), minigen.ones(2, 1)
    >>> bool(gradcheck_parameters(
    ...     lambda: F.mse_loss(F.linear(x, weight, bias), target), {"weight": weight, "bias": bias}
    ... ))
    True
    """
    settings = Settings(order, mode, cotangent, eps, rtol, atol, seed)
    named = _distinct(parameters)
    originals = [parameter.array for parameter in named.values()]
    try:
        for parameter in named.values():
            parameter._data = parameter.array.astype(np.float64)
        subject = Subject(function_name(loss_fn), list(named), list(named.values()), loss_fn)
        return _conduct(subject, settings)
    finally:
        for parameter, original in zip(named.values(), originals, strict=True):
            parameter._data = original


def _conduct(subject: Subject, settings: Settings) -> GradReport:
    """Check a subject; return what was found."""
    findings = Findings()
    try:
        with np.errstate(all="ignore"):  # what is not finite is reported
            _check_orders(subject, settings, findings)
    except Misbehaviour as stop:
        findings.add(stop.failure)
        findings.cause = stop.__cause__
    kind = settings.cotangent if isinstance(settings.cotangent, str) else "given"
    return GradReport(
        subject.name,
        settings.order,
        settings.mode,
        kind,
        tuple(findings.inputs),
        tuple(findings.failures),
        tuple(findings.notes),
        findings.cause,
    )


def _check_orders(subject: Subject, settings: Settings, findings: Findings) -> None:
    """Check a subject's gradient and, if it is right and order 2 is asked for, its gradient's."""
    watched, cotangent = _check_order(subject, settings, findings)
    if settings.order == 1 or findings.failures:
        return
    gradient = subject.gradient(watched.split(cotangent))
    _expect_same_when_recorded(watched, cotangent, gradient)
    given = not (settings.random_cotangent or settings.sums_output)
    _check_order(gradient, replace(settings, cotangent="random") if given else settings, findings)


def _check_order(
    subject: Subject, settings: Settings, findings: Findings
) -> tuple[Watched, Vector]:
    """Check one subject's gradient; return it watched, and the cotangent that was used."""
    watched = Watched(subject, settings, findings)
    cotangent = _cotangent(watched, settings)
    if not settings.sums_output:
        watched.expect_good_rules()
    kind = JacobianComparison if settings.mode == "full" else DirectionalComparison
    kind(watched, cotangent, settings).run()
    watched.expect_lasting()
    return watched, cotangent


def _expect_same_when_recorded(watched: Watched, cotangent: Vector, gradient: Subject) -> None:
    """Find rules that compute something else when they are handed tensors."""
    plain = watched.gradient(cotangent)
    reached = [g for leaf, g in enumerate(plain) if leaf not in watched.unreached]
    recorded = gradient.values(gradient.point)
    expected = flat(reached)
    if recorded.shape == expected.shape and np.allclose(
        recorded, expected, rtol=watched.settings.rtol, atol=watched.settings.atol, equal_nan=True
    ):
        return
    raise gradient.stop(
        FailureKind.WRONG_GRADIENT,
        "under create_graph=True the gradient itself is another than in a first-order pass: "
        "a rule must compute the same from tensors as from arrays",
    )


def _cotangent(watched: Watched, settings: Settings) -> Vector:
    """Return the cotangent of all outputs as one vector: drawn, ones, or the one given."""
    if settings.random_cotangent:
        return watched.draw_cotangent()
    if settings.sums_output:
        return np.ones_like(watched.centre)
    given = [
        np.asarray(backend.to_numpy(g.array if isinstance(g, Tensor) else g), dtype=np.float64)
        for g in _as_sequence(settings.cotangent)
    ]
    shapes = [g.shape for g in given]
    if shapes != watched.shapes:
        raise ValueError(
            f"gradcheck: cotangents of shapes {shapes} were given, the outputs' are "
            f"{watched.shapes}"
        )
    return flat(given)


def _as_sequence(values: Any) -> list[Any]:
    """Return a list of inputs; an array or tensor alone is one input."""
    return list(values) if isinstance(values, list | tuple) else [values]


def _argument(value: Any) -> Any:
    """Copy a floating-point array or tensor as a float64 leaf; return anything else as it is."""
    array = value.array if isinstance(value, Tensor) else value
    if not backend.is_array(array) or array.dtype.kind != "f":
        return value
    if array.size == 0:
        raise ValueError(f"gradcheck: an input of shape {array.shape} has no elements to check")
    return Tensor(array.astype(np.float64), requires_grad=True)


def _is_checked(argument: Any) -> bool:
    return isinstance(argument, Tensor) and argument.requires_grad


def _distinct(parameters: Mapping[str, Tensor] | Sequence[Tensor]) -> dict[str, Tensor]:
    """Return the parameters by name, each tensor once."""
    named = (
        dict(parameters)
        if isinstance(parameters, Mapping)
        else {f"parameter {i}": parameter for i, parameter in enumerate(parameters)}
    )
    distinct: dict[str, Tensor] = {}
    for name, parameter in named.items():
        if not (isinstance(parameter, Tensor) and parameter.is_leaf and parameter.requires_grad):
            raise ValueError(
                f"gradcheck_parameters: {name} is no leaf tensor that requires a gradient"
            )
        if not any(parameter is known for known in distinct.values()):
            distinct[name] = parameter
    if not distinct:
        raise ValueError("gradcheck_parameters: there are no parameters to check")
    return distinct
