"""Functions of elements, and the methods and operators of the stand-in's arrays made of them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Final

import numpy as np

from tests.strict import graphs
from tests.strict.array import (
    arrays_in,
    as_index,
    expect_current,
    inside,
    launch,
    ndarray,
)
from tests.strict.counters import note_launch, note_synchronisation
from tests.strict.inventory import OWNERS, check_call, offers
from tests.strict.ledger import IN_PLACE, indexing_launches
from tests.strict.refusal import asked_by_library
from tests.strict.subnormal import flushed

_KEEP_ORDER: Final = {"astype", "copy"}
"""Methods whose result has the memory order of what it is made from."""

_METHODS: Final = [
    name
    for name, signature in OWNERS["cupy.ndarray"].items()
    if signature is not None
    and name.isalpha()
    and name not in vars(ndarray)
    and name not in {"choose", "dump", "dumps", "put", "tofile"}
    and hasattr(np.ndarray, name)
]
"""Methods that are NumPy's own, as far as CuPy has them."""

_BINARY: Final = {
    "add": "add",
    "sub": "subtract",
    "mul": "multiply",
    "truediv": "true_divide",
    "floordiv": "floor_divide",
    "mod": "remainder",
    "pow": "power",
    "matmul": "matmul",
    "and": "bitwise_and",
    "or": "bitwise_or",
    "xor": "bitwise_xor",
    "lshift": "left_shift",
    "rshift": "right_shift",
}
"""Operators, and the functions they call."""

_COMPARISONS: Final = {
    "eq": "equal",
    "ne": "not_equal",
    "lt": "less",
    "le": "less_equal",
    "gt": "greater",
    "ge": "greater_equal",
}

_SCATTERED: Final = {"int32", "uint32", "uint64", "float16", "float32", "float64"}
"""The dtypes that CuPy's ``add.at`` takes: those that CUDA adds to atomically."""


class Ufunc:
    """A function of elements, such as ``cupy.add``."""

    def __init__(self, name: str) -> None:
        self.__name__ = name
        self._numpy: np.ufunc = getattr(np, name)

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Compute it, for arrays of the device and numbers."""
        check_call("cupy", self.__name__, args, kwargs)
        outs = args[self._numpy.nin :] if "out" not in kwargs else (kwargs["out"],)
        given = args[: self._numpy.nin]
        for value in given:
            if not isinstance(value, ndarray | bool | int | float | complex | np.generic):
                self._refuse(value)
        for out in outs:
            if not isinstance(out, ndarray):
                raise TypeError("Output arguments type must be cupy.ndarray")
            self._expect_shape(out, given)
        options = {name: value for name, value in kwargs.items() if name != "out"}
        return launch(self._numpy, given, {**options, **({"out": outs[0]} if outs else {})})

    def at(self, a: ndarray, indices: Any, b: Any = None) -> None:
        """Work on chosen elements in place, as often as each is chosen."""
        check_call("cupy.ufunc", "at", (self, a, indices, b), {})
        if self.__name__ == "add" and str(a.dtype) not in _SCATTERED:
            raise TypeError(f"cupyx.scatter_add does not support {a.dtype}")
        places, chosen = as_index(indices, a.shape)
        expect_current(a, *chosen, *arrays_in(b))
        a._memory.write()
        note_launch("kernel", f"{self.__name__}.at", indexing_launches(chosen) if chosen else 1)

        def add() -> None:
            self._numpy.at(a._host, places, flushed(inside(b)))
            flushed(a._host, in_place=True)

        graphs.do(add)

    def reduce(self, array: ndarray, *args: Any, **kwargs: Any) -> Any:
        """Combine the elements along an axis."""
        check_call("cupy.ufunc", "reduce", (self, array, *args), kwargs)
        return launch(self._numpy.reduce, (array, *args), kwargs)

    def _refuse(self, value: Any) -> None:
        """Refuse what CuPy does not take; a test's array is sent to the device."""
        if not isinstance(value, np.ndarray | list) or asked_by_library():
            raise TypeError(f"Unsupported type {type(value)}")

    def _expect_shape(self, out: ndarray, given: Sequence[Any]) -> None:
        shapes = [np.shape(inside(value)) for value in given]
        if self.__name__ != "matmul" and out.shape != np.broadcast_shapes(*shapes):
            raise ValueError("Out shape is mismatched")

    def __repr__(self) -> str:
        return f"<ufunc 'cupy_{self.__name__}'>"


def _method(name: str) -> Callable[..., Any]:
    numpys = getattr(np.ndarray, name)

    def method(self: ndarray, *args: Any, **kwargs: Any) -> Any:
        check_call("cupy.ndarray", name, (self, *args), kwargs)
        if name in {"nonzero", "compress"}:
            note_synchronisation()
        in_place = name in IN_PLACE
        if in_place:
            self._memory.write()
        keep_order = name in _KEEP_ORDER
        return launch(numpys, (self, *args), kwargs, keep_order=keep_order, in_place=in_place)

    method.__name__ = name
    return method


def _operator(function: str, turned: bool) -> Callable[[ndarray, Any], Any]:
    ufunc = Ufunc(function)

    def operator(self: ndarray, other: Any) -> Any:
        if _defers_to(other):
            return NotImplemented
        return ufunc(other, self) if turned else ufunc(self, other)

    return operator


def _in_place(function: str) -> Callable[[ndarray, Any], Any]:
    ufunc = Ufunc(function)
    return lambda self, other: ufunc(self, other, out=self)


def _defers_to(other: Any) -> bool:
    """Tell whether the other operand's class wants to decide, as a tensor does."""
    return not isinstance(other, ndarray) and getattr(other, "__array_ufunc__", 0) is None


def _unary(function: str) -> Callable[[ndarray], Any]:
    ufunc = Ufunc(function)

    def operator(self: ndarray) -> Any:
        return ufunc(self)

    return operator


for _name in _METHODS:
    setattr(ndarray, _name, _method(_name))
for _name, _function in _BINARY.items():
    setattr(ndarray, f"__{_name}__", _operator(_function, turned=False))
    setattr(ndarray, f"__r{_name}__", _operator(_function, turned=True))
    if offers("cupy.ndarray", f"__i{_name}__"):
        setattr(ndarray, f"__i{_name}__", _in_place(_function))
for _name, _function in _COMPARISONS.items():
    setattr(ndarray, f"__{_name}__", _operator(_function, turned=False))
for _name, _function in {"neg": "negative", "abs": "absolute", "invert": "invert"}.items():
    setattr(ndarray, f"__{_name}__", _unary(_function))
