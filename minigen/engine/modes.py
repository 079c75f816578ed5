"""What the engine does with each op: record it or not, and watch it for NaN or not."""

from __future__ import annotations

import contextlib
import functools
import inspect
from contextvars import ContextVar
from typing import Any, ClassVar

import numpy as np

recording: ContextVar[bool] = ContextVar("recording", default=True)
"""Whether calls of ops are recorded; each thread has its own, so that sampling in one does not stop
another's training."""

watching: ContextVar[bool] = ContextVar("watching", default=False)
"""Whether what ops and rules return is watched for values that are not finite, in this thread."""


class _Switch(contextlib.ContextDecorator):
    """Set one mode inside a `with` block or a decorated function, and restore it after."""

    mode: ClassVar[ContextVar[bool]]
    value: ClassVar[bool]

    def __init__(self) -> None:
        self._outer: list[bool] = []

    def __call__(self, function: Any) -> Any:
        if not inspect.isgeneratorfunction(function):
            return super().__call__(function)

        @functools.wraps(function)
        def switched(*args: Any, **kwargs: Any) -> Any:
            generator = function(*args, **kwargs)
            try:
                while True:
                    with self._recreate_cm():
                        item = next(generator)
                    yield item
            except StopIteration as stop:
                return stop.value

        return switched

    def _recreate_cm(self) -> _Switch:
        """Make a block a call: threads and recursions do not share one."""
        return type(self)()

    def __enter__(self) -> None:
        self._outer.append(self.mode.get())
        self.mode.set(self.value)

    def __exit__(self, *exception: Any) -> None:
        self.mode.set(self._outer.pop())


class no_grad(_Switch):  # noqa: N801 - PyTorch's name, used like a function
    """Record no graph inside: results do not require gradients.

    Examples
    --------
    >>> import minigen
    >>> x = minigen.tensor([1.0, 2.0], requires_grad=True)
    >>> with minigen.no_grad():
    ...     y = x * 2
    >>> y.requires_grad
    False
    """

    mode, value = recording, False


class enable_grad(_Switch):  # noqa: N801 - PyTorch's name, used like a function
    """Record the graph inside, also within a `no_grad` block."""

    mode, value = recording, True


class set_grad_enabled:  # noqa: N801 - PyTorch's name, used like a function
    """Record graphs or not, by a condition: from now on, or in a `with` block.

    Parameters
    ----------
    mode : bool
        True records as `enable_grad` does, False leaves off as `no_grad` does.

    Examples
    --------
    >>> import minigen
    >>> x = minigen.ones(2, requires_grad=True)
    >>> training = False
    >>> with minigen.set_grad_enabled(training):
    ...     (x * 2).requires_grad
    False
    """

    def __init__(self, mode: bool) -> None:
        self._outer = recording.get()
        recording.set(bool(mode))

    def __enter__(self) -> None:
        """Leave the mode as it was set."""

    def __exit__(self, *exception: Any) -> None:
        recording.set(self._outer)


class detect_anomaly(_Switch):  # noqa: N801 - PyTorch's name, used like a function
    """Stop at the first NaN or infinity, and name the op, its shapes and the line that made it.

    Watches the forward pass and, where the graph was recorded inside the block, the backward pass.
    It also finds arrays that were written to behind the engine's back (through `tensor.array[...]`,
    say) between the forward and the backward pass. Every result is read, so it is slow: for
    debugging.

    Raises
    ------
    AnomalyError
        Inside the block, when an op or a gradient rule yields the first value that is not finite.

    Examples
    --------
    >>> import minigen
    >>> x = minigen.tensor([0.0, 1.0], requires_grad=True)
    >>> with minigen.detect_anomaly():  # doctest: +IGNORE_EXCEPTION_DETAIL
    ...     x.log()
    Traceback (most recent call last):
    minigen.engine.guards.AnomalyError: log made -inf ...
    """

    mode, value = watching, True

    def __init__(self) -> None:
        super().__init__()
        self._errors: list[np.errstate] = []

    def __enter__(self) -> None:
        """Watch; NumPy's own warnings are silenced, since an error will say more."""
        super().__enter__()
        self._errors.append(np.errstate(all="ignore"))
        self._errors[-1].__enter__()

    def __exit__(self, *exception: Any) -> None:
        """Restore both."""
        self._errors.pop().__exit__(*exception)
        super().__exit__(*exception)


def is_grad_enabled() -> bool:
    """Tell whether ops are being recorded."""
    return recording.get()
