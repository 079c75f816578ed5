"""What NumPy finds in a tensor: its values, operators that are left to it, and words of refusal.

NumPy's functions know no gradients. So ``np.exp(x)`` of a tensor is refused, with the name of what
computes it here. ``array * x`` stays the tensor's, and what takes values alone, as ``np.asarray``
and ``np.allclose`` do, gets them, unless they carry a gradient that would be lost.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt

from minigen.engine import backend
from minigen.engine.backend import DTypeLike
from minigen.engine.graph import functions, ops
from minigen.engine.inplace import Writable

_REFLECTED = {
    "add": "__radd__",
    "subtract": "__rsub__",
    "multiply": "__rmul__",
    "divide": "__rtruediv__",
    "floor_divide": "__rfloordiv__",
    "remainder": "__rmod__",
    "power": "__rpow__",
    "matmul": "__rmatmul__",
    "bitwise_and": "__rand__",
    "bitwise_or": "__ror__",
    "equal": "__eq__",
    "not_equal": "__ne__",
    "less": "__gt__",
    "less_equal": "__ge__",
    "greater": "__lt__",
    "greater_equal": "__le__",
}
"""NumPy's operators, ``array + x``, and the tensor's method that answers each."""

_CALLED_HERE = {
    "absolute": "abs",
    "bitwise_and": "logical_and",
    "bitwise_or": "logical_or",
    "divide": "div",
    "equal": "eq",
    "greater": "gt",
    "greater_equal": "ge",
    "less": "lt",
    "less_equal": "le",
    "multiply": "mul",
    "negative": "neg",
    "not_equal": "ne",
    "power": "pow",
    "subtract": "sub",
}
"""NumPy's names of ops that go by others here; the rest are alike."""

_METHODS_OF_ITS_OWN = {
    "all", "amax", "amin", "any", "max", "mean", "min", "nonzero", "std", "sum", "var",
}  # fmt: skip
"""Functions that NumPy hands on to the method of that name, with arguments of its own."""


class _ArrayUfunc:
    """NumPy, which looks at the class, finds a function here; CuPy, which asks the tensor, None.

    To both it means that ``array + x`` is the tensor's to compute.
    """

    def __get__(self, instance: Any, owner: Any = None) -> Callable[..., Any] | None:
        return _answer_ufunc if instance is None else None


def _answer_ufunc(x: Any, ufunc: np.ufunc, method: str, *inputs: Any, **options: Any) -> Any:
    """Compute ``array + x``, and refuse all else that NumPy does element by element."""
    is_operator = method == "__call__" and not options and not isinstance(inputs[0], Readable)
    if is_operator and ufunc.__name__ in _REFLECTED:
        array = inputs[0]
        number = isinstance(array, np.ndarray) and array.ndim == 0  # as NumPy holds its scalars
        return getattr(x, _REFLECTED[ufunc.__name__])(array[()] if number else array)
    if "out" in options and not isinstance(options["out"][0], Readable):
        raise TypeError(
            f"np.{ufunc.__name__}: a tensor can't be computed into a NumPy array: use "
            "x.detach().numpy(), or a tensor in the array's place"
        )
    name = ufunc.__name__ + ("" if method == "__call__" else f".{method}")
    raise TypeError(_refusal(type(x), name))


def _refusal(kind: type, name: str) -> str:
    """Say what to use in the place of a NumPy function."""
    ours = _CALLED_HERE.get(name, name)
    of_values = f"np.{name}(x.detach().numpy()), which takes the values alone"
    if ours not in {*ops, *functions}:
        return f"np.{name} of a tensor: NumPy knows no gradients; use {of_values}"
    method = f" or x.{ours}()" if hasattr(kind, ours) else ""
    return (
        f"np.{name} of a tensor: NumPy knows no gradients; use F.{ours}(...){method} "
        f"(minigen.functional as F), or {of_values}"
    )


class Readable(Writable):
    """What of a tensor NumPy can read."""

    __slots__ = ()
    __array_ufunc__ = _ArrayUfunc()

    def __array__(
        self, dtype: DTypeLike | None = None, copy: bool | None = None
    ) -> npt.NDArray[Any]:
        if self._requires_grad:
            raise RuntimeError(
                "a NumPy function on a tensor that requires a gradient would cut the graph: "
                "use minigen.functional, or detach() the tensor first"
            )
        array = backend.to_numpy(self._data)
        if copy is False and dtype is not None and array.dtype != np.dtype(dtype):
            raise ValueError(f"a {array.dtype} tensor can't be shown as {dtype} without a copy")
        return array.astype(dtype or array.dtype, copy=bool(copy))

    def __array_function__(self, function: Any, types: Any, args: Any, kwargs: Any) -> Any:
        if function.__name__ in _METHODS_OF_ITS_OWN:
            raise TypeError(_refusal(type(self), function.__name__))
        return function._implementation(*args, **kwargs)
