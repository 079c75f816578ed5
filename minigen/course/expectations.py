r"""What a check expects of an answer; where it is wrong, the message says what it looks like.

Whatever is expected here, `AnswerError` is raised where an answer is otherwise. The message names
what was computed, and describes the error in the words of the gradient checker: "d loss / d weight
is twice too large everywhere: is the batch summed twice?". A check can also name the mistakes that
tempt here, each with the numbers that it leads to.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from minigen.checker import Failure, FailureKind, GradReport, gradcheck
from minigen.checker.diagnosis import Symptoms, diagnose, diagnose_shape
from minigen.checker.report import subscript
from minigen.engine.backend import array_of, to_numpy
from minigen.engine.op import Op
from minigen.engine.random import Generator

Vector = npt.NDArray[np.float64]

Mistakes = Mapping[str, Any]
"""What to say of a mistake that tempts, with the array, or the rule, that it leads to."""


class AnswerError(AssertionError):
    """An answer is wrong; the message says what is wrong with it, and where."""


def expect(truth: object, message: str) -> None:
    """Raise `AnswerError` with a message unless something is true."""
    if not truth:
        raise AnswerError(message)


def expect_array(
    found: Any,
    expected: Any,
    what: str,
    *,
    mistakes: Mistakes | None = None,
    rtol: float = 1e-7,
    atol: float = 1e-9,
) -> None:
    """Expect an array, or a number, of given values; for gradients see `expect_gradient`.

    Parameters
    ----------
    found, expected : array_like or Tensor
        What the answer returned, and what is right.
    what : str
        What it is called in the message, such as ``"the mean"``.
    mistakes : mapping of str to array_like, optional
        Sentences that follow "`what`: ", with the values at which each is said.
    rtol, atol : float
        The largest error allowed is atol + rtol * abs(expected).

    Examples
    --------
    >>> from minigen.course.expectations import expect_array
    >>> expect_array([1.0, 4.0, 9.5], [1.0, 4.0, 9.0], "the squares")
    Traceback (most recent call last):
    minigen.course.expectations.AnswerError: the squares is right but for the last index ...
    """
    _compare(found, expected, what, mistakes or {}, (rtol, atol), _without_question)


def expect_gradient(
    found: Any,
    expected: Any,
    of: str,
    *,
    mistakes: Mistakes | None = None,
    rtol: float = 1e-7,
    atol: float = 1e-9,
) -> None:
    """Expect the gradient of a loss with respect to the array called `of`; as `expect_array`.

    Examples
    --------
    >>> import numpy as np
    >>> from minigen.course.expectations import expect_gradient
    >>> right = np.array([[1.0, -2.0], [3.0, 0.5]])
    >>> expect_gradient(2 * right, right, "weight")
    Traceback (most recent call last):
    minigen.course.expectations.AnswerError: d loss / d weight is twice too large everywhere: is the
    batch summed twice?
    """
    _compare(found, expected, f"d loss / d {of}", mistakes or {}, (rtol, atol), str)


def _compare(
    found: Any,
    expected: Any,
    what: str,
    mistakes: Mistakes,
    tolerances: tuple[float, float],
    words: Callable[[str], str],
) -> None:
    """Compare arrays; `words` are made of what the checker's diagnosis says."""
    wanted, got = _numbers(expected, what), _numbers(found, what)
    if _close(got, wanted, *tolerances):
        return
    for text, value in mistakes.items():
        if _close(got, _numbers(value, what), *tolerances):
            raise AnswerError(f"{what}: {text}")
    if got.shape != wanted.shape:
        seen = _axes_of_length_1(got, wanted, *tolerances) or diagnose_shape(got, wanted)
        told = f"{what} has shape {got.shape}, expected {wanted.shape}"
        raise AnswerError(f"{told}: {seen}" if seen else told)
    wrong = ~np.isclose(got, wanted, *tolerances)
    if seen := diagnose(Symptoms(got, wanted, wrong)) if wanted.size > 1 else "":
        raise AnswerError(_sentence(what, words(seen)))
    with np.errstate(invalid="ignore"):  # infinity less infinity
        error = np.where(np.isfinite(got), np.where(wrong, np.abs(got - wanted), 0), np.inf)
    worst = tuple(int(i) for i in np.unravel_index(np.argmax(error), got.shape))
    raise AnswerError(f"{what}{subscript(worst)} is {got[worst]:.6g}, expected {wanted[worst]:.6g}")


def _axes_of_length_1(found: Vector, expected: Vector, rtol: float, atol: float) -> str:
    """Say so if shapes differ by axes of length 1 alone."""
    if found.ndim == expected.ndim:
        return ""
    if not _close(found.squeeze(), expected.squeeze(), rtol, atol):
        return ""
    if found.ndim > expected.ndim:
        return "right but for an axis of length 1 too many: drop it, with [..., 0] or .squeeze()"
    return "right, but an axis of length 1 is missing: keepdims=True keeps it in a sum"


def _without_question(diagnosis: str) -> str:
    """Leave out of a diagnosis the question that only makes sense of a gradient."""
    return re.sub(r": (?:is|does) .*", "", diagnosis)


def expect_rule(
    forward: Callable[..., Any],
    rule: Callable[..., Any],
    inputs: Sequence[Any],
    *,
    order: int = 1,
    mistakes: Mistakes | None = None,
    **options: Any,
) -> None:
    """Expect a gradient rule to be that of a function, for any cotangent.

    The rule is made an op's, and `minigen.gradcheck` compares its whole Jacobian with finite
    differences.

    Parameters
    ----------
    forward : callable
        The function of arrays.
    rule : callable
        The answer: ``rule(g, out, *inputs, **options)``, which returns a tuple with the cotangent
        of each input.
    inputs : sequence of array
        Where it is checked.
    order : {1, 2}
        2 also checks the rule's own gradient.
    mistakes : mapping of str to callable, optional
        Sentences, with the wrong rules at which each is said.
    **options
        Of the op.
    """
    arrays = [np.asarray(x, np.float64) for x in inputs]
    out = np.asarray(forward(*arrays, **options))
    g = Generator(7).normal(out.shape, np.float64)
    found = rule(g, out, *arrays, **options)  # what it raises is the learner's
    expect(
        isinstance(found, tuple | list) and len(found) == len(arrays),
        f"the rule returns {_kind(found)}; expected a tuple with the cotangent of each of the "
        f"{len(arrays)} inputs",
    )
    for text, mistake in (mistakes or {}).items():
        wrong = mistake(g, out, *arrays, **options)
        if len(found) == len(wrong) and all(map(_close, found, wrong)):
            raise AnswerError(text)
    op: Op[Any] = Op(forward)
    try:
        op.vjp(rule)
    except TypeError as error:
        raise AnswerError(str(error)) from error
    report = gradcheck(functools.partial(op, **options), arrays, order=order)
    if not report:
        raise AnswerError(describe(report)) from report.cause


def describe(report: GradReport) -> str:
    """Say what a gradient check found, a sentence a line."""
    diagnosed = {entry.name for entry in report.inputs if entry.diagnosis}
    return "\n".join(_told(failure, failure.input in diagnosed) for failure in report.failures)


def _told(failure: Failure, diagnosed: bool) -> str:
    where = f"d loss / d {failure.input}" if failure.input else "the gradient"
    if failure.kind is FailureKind.WRONG_GRADIENT:
        return _sentence(where, failure.message) if diagnosed else f"{where}: {failure.message}"
    return failure.message if failure.input is None else f"{where}: {failure.message}"


def _sentence(subject: str, finding: str) -> str:
    """Join what is wrong to what it is about: "d loss / d x is twice too large everywhere"."""
    has_a_verb = finding.startswith(("the ", "this ", "each "))
    return f"{subject}: {finding}" if has_a_verb else f"{subject} is {finding}"


def _kind(returned: Any) -> str:
    """Say what was returned."""
    if isinstance(returned, tuple | list):
        return f"{len(returned)} cotangents"
    return "None" if returned is None else f"one {type(returned).__name__}"


def _close(a: npt.ArrayLike, b: npt.ArrayLike, rtol: float = 1e-5, atol: float = 1e-8) -> bool:
    return np.shape(a) == np.shape(b) and np.allclose(a, b, rtol=rtol, atol=atol)


def _numbers(value: Any, what: str) -> npt.NDArray[np.float64]:
    """Return an answer as an array on the host."""
    expect(value is not None, f"{what} is None: is the return missing?")
    array = array_of(value)
    try:
        return np.asarray(to_numpy(array) if hasattr(array, "dtype") else array, np.float64)
    except (TypeError, ValueError) as error:
        raise AnswerError(f"{what} is a {type(value).__name__}, not an array of numbers") from error
