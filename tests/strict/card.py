"""What ``pytest --backend cuda`` changes besides: tests may look at arrays on a real card.

The tests are written for NumPy's eyes: they compare arrays with NumPy's functions, and mix the two.
CuPy refuses that to everybody. Here it is refused to the library alone, as by the stand-in.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any, Final

import numpy as np

from tests.strict.refusal import asked_by_library

_OPERATORS: Final = (
    *("add", "sub", "mul", "truediv", "floordiv", "mod", "pow", "matmul"),
    *("eq", "ne", "lt", "le", "gt", "ge", "and", "or", "xor"),
)


def let_tests_look(ndarray: Any, send: Callable[[Any], Any]) -> None:
    """Change CuPy's class of arrays.

    Parameters
    ----------
    ndarray : type
        CuPy's.
    send : callable
        Returns an array of the host's as one on the card.
    """
    looks: dict[str, Callable[..., Any]] = {
        "__array__": _array,
        "__array_function__": _array_function,
        "__array_ufunc__": functools.partial(_array_ufunc, send),
    }
    for name, allowed in looks.items():
        setattr(ndarray, name, _for_tests(getattr(ndarray, name), allowed))
    names = [f"__{prefix}{name}__" for name in _OPERATORS for prefix in ("", "r", "i")]
    for name in names:
        if hasattr(ndarray, name):
            setattr(ndarray, name, _mixing(getattr(ndarray, name), send))
    ndarray.__setitem__ = _mixing(ndarray.__setitem__, send)


def _for_tests(original: Any, allowed: Callable[..., Any]) -> Any:
    """Return a method that does what is allowed for tests, and what it did for the library."""

    def method(self: Any, *args: Any, **kwargs: Any) -> Any:
        chosen = original if asked_by_library() else allowed
        return chosen(self, *args, **kwargs)

    return method


def _array(self: Any, dtype: Any = None, copy: bool | None = None) -> Any:
    return np.array(self.get(), dtype=dtype)


def _array_function(self: Any, function: Any, types: Any, args: Any, kwargs: Any) -> Any:
    return function(*_shown(args), **_shown(kwargs))


def _array_ufunc(
    send: Callable[[Any], Any], self: Any, ufunc: Any, method: str, *inputs: Any, **kwargs: Any
) -> Any:
    """Compute on the host; but an operator between an array of each is one of the card's."""
    found = getattr(ufunc, method)(*_shown(inputs), **_shown(kwargs))
    return send(found) if len(inputs) > 1 and method == "__call__" else found


def _mixing(original: Any, send: Callable[[Any], Any]) -> Any:
    """Return a method to which a test's arrays of the host's are sent."""

    def method(self: Any, *args: Any) -> Any:
        if isinstance(args[-1], np.ndarray | list) and not asked_by_library():
            args = (*args[:-1], send(np.asarray(args[-1])))
        return original(self, *args)

    return method


def _shown(value: Any) -> Any:
    """Return arrays on the card as arrays on the host, however deep."""
    if isinstance(value, dict):
        return {name: _shown(part) for name, part in value.items()}
    if type(value) in (tuple, list):
        return type(value)([_shown(part) for part in value])
    return value if isinstance(value, np.ndarray) or not hasattr(value, "get") else value.get()
