"""The stand-in's arrays: NumPy's within, but strangers to NumPy.

What the library may not do with them, and a test may:

- convert without a word: ``float(x)``, ``bool(x)``, ``int(x)``, ``np.asarray(x)``, iteration,
  NumPy's functions, ``repr``; `get` and `item` say plainly that the program waits, and are counted,
- meet NumPy's arrays or lists, in operators, functions and indices.

Where CuPy differs from NumPy, they do as CuPy does: no result is a scalar, results of arithmetic
are contiguous whatever the order of what they are made from, an operation runs on the current
device and takes arrays of that one alone. Where CuPy's result would be undefined or a surprise, as
with an index out of range, which CuPy wraps round, they refuse.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Final, NamedTuple

import numpy as np
import numpy.typing as npt

from tests.strict import cuda
from tests.strict.counters import note_read, note_synchronisation, note_upload
from tests.strict.inventory import check_call, offers
from tests.strict.refusal import Refused, asked_by_library, refuse

_KEEP_ORDER: Final = {"astype", "copy"}
"""Methods whose result has the memory order of what it is made from."""

_METHODS: Final = (
    "all any argmax argmin argsort astype clip compress copy cumprod cumsum diagonal dot fill "
    "flatten max mean min nonzero prod ravel repeat reshape round searchsorted sort squeeze std "
    "sum swapaxes take trace transpose var view"
).split()

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


class Flags(NamedTuple):
    """What CuPy tells of an array's memory."""

    c_contiguous: bool
    f_contiguous: bool
    owndata: bool


class ndarray:  # noqa: N801 - CuPy's name
    """An array on a card that is not there."""

    __module__ = "cupy"
    __slots__ = ("__weakref__", "_device", "_host", "base")
    __array_ufunc__ = None  # NumPy's arrays and scalars leave their operators to this class
    __hash__ = None  # type: ignore[assignment] # as CuPy's

    def __init__(self, host: npt.NDArray[Any], base: ndarray | None, device: int) -> None:
        self._host = host
        self._device = device
        self.base = base

    # ------------------------------------------------------------------------ what is known of it

    @property
    def shape(self) -> tuple[int, ...]:
        return self._host.shape

    @property
    def ndim(self) -> int:
        return self._host.ndim

    @property
    def size(self) -> int:
        return self._host.size

    @property
    def dtype(self) -> np.dtype[Any]:
        return self._host.dtype

    @property
    def itemsize(self) -> int:
        return self._host.itemsize

    @property
    def nbytes(self) -> int:
        return self._host.nbytes

    @property
    def strides(self) -> tuple[int, ...]:
        return self._host.strides

    @property
    def flags(self) -> Flags:
        flags = self._host.flags
        return Flags(flags.c_contiguous, flags.f_contiguous, self.base is None)

    @property
    def device(self) -> cuda.Device:
        return cuda.Device(self._device)

    @property
    def T(self) -> ndarray:  # noqa: N802 - NumPy's name
        return self if self.ndim < 2 else self.transpose()  # type: ignore[no-any-return]

    def __getattr__(self, name: str) -> Any:
        if offers("cupy.ndarray", name):
            raise Refused(f"the stand-in does not imitate cupy.ndarray.{name}")
        raise AttributeError(f"cupy.ndarray has no {name}")

    def __len__(self) -> int:
        if not self.shape:
            raise TypeError("len() of unsized object")
        return self.shape[0]

    # ------------------------------------------------------------------------------- plain reading

    def get(
        self, stream: Any = None, order: Any = "C", out: None = None, blocking: bool = True
    ) -> npt.NDArray[Any]:
        """Return a copy on the host."""
        if out is not None:
            raise Refused("the stand-in does not imitate cupy.ndarray.get(out=...)")
        note_read()
        return np.array(self._host, order=order)

    def item(self) -> Any:
        """Return the only element."""
        if self.size != 1:
            raise ValueError("can only convert an array of size 1 to a Python scalar")
        note_read()
        return self._host.item()

    def tolist(self) -> Any:
        """Return the elements as nested lists."""
        note_read()
        return self._host.tolist()

    def tobytes(self, order: Any = "C") -> bytes:
        """Return the elements as bytes."""
        note_read()
        return self._host.tobytes(order)

    def __reduce__(self) -> Any:
        return upload, (self.get(),)

    def __copy__(self) -> ndarray:
        return self.copy()  # type: ignore[no-any-return]

    def __deepcopy__(self, memo: Any) -> ndarray:
        with self.device:
            return self.copy()  # type: ignore[no-any-return]

    # -------------------------------------------------------------------- what a test alone may do

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> npt.NDArray[Any]:
        if asked_by_library():  # CuPy's own words
            raise TypeError(
                "Implicit conversion to a NumPy array is not allowed. "
                "Please use `.get()` to construct a NumPy array explicitly."
            )
        return np.array(self._host, dtype=dtype)

    def __array_function__(self, function: Any, types: Any, args: Any, kwargs: Any) -> Any:
        refuse(f"NumPy's {function.__name__}() of an array on the device")
        return function(*_shown(args), **_shown(kwargs))

    def __bool__(self) -> bool:
        refuse("bool() of an array on the device, which waits for it,")
        return bool(self._host)

    def __float__(self) -> float:
        refuse("float() of an array on the device, which waits for it,")
        return float(self._host)

    def __int__(self) -> int:
        refuse("int() of an array on the device, which waits for it,")
        return int(self._host)

    def __iter__(self) -> Any:
        refuse("iteration over an array on the device")
        return (self[i] for i in range(len(self)))

    def __repr__(self) -> str:
        refuse("repr() of an array on the device, which waits for it,")
        return f"{self._host!r} on cuda:{self._device}"

    def __format__(self, spec: str) -> str:
        refuse("a string of an array on the device, which waits for it,")
        return format(self._host, spec)

    # ------------------------------------------------------------------------------------ indexing

    def __getitem__(self, index: Any) -> ndarray:
        places, chosen = _as_index(index, self.shape)
        if chosen:
            _expect_current(self, *chosen)
        return wrap(self._host[places], [self])  # type: ignore[no-any-return]

    def __setitem__(self, index: Any, value: Any) -> None:
        places, chosen = _as_index(index, self.shape)
        _expect_current(self, *chosen, *([value] if isinstance(value, ndarray) else []))
        if any(array.dtype != bool for array in chosen):
            _expect_once(places, self.shape)
        if isinstance(value, np.ndarray | list | tuple) and asked_by_library():
            raise ValueError("non-scalar numpy.ndarray cannot be used for fill")
        self._host[places] = inside(value)


def upload(array: Any, dtype: Any = None, device: int | None = None) -> ndarray:
    """Return a copy of an array of the host's on the current device."""
    note_upload()
    current = cuda.thread.device if device is None else device
    return ndarray(np.array(array, dtype=dtype), None, current)


def inside(value: Any) -> Any:
    """Return the NumPy array within, and all else as it is; an array of the host's is refused.

    A test may mix the two: its own arrays are sent to the device.
    """
    if isinstance(value, ndarray):
        return value._host
    if isinstance(value, np.ndarray) and asked_by_library():
        raise TypeError(f"Unsupported type {type(value)}")  # CuPy's own words
    if type(value) in (tuple, list):
        return type(value)([inside(part) for part in value])
    return value


def arrays_in(*values: Any) -> list[ndarray]:
    """Return the stand-in's arrays among values, in lists and tuples too."""
    found: list[ndarray] = []
    for value in values:
        if isinstance(value, ndarray):
            found.append(value)
        elif isinstance(value, tuple | list):
            found += arrays_in(*value)
    return found


def launch(
    function: Callable[..., Any],
    args: Sequence[Any],
    kwargs: dict[str, Any],
    *,
    keep_order: bool = False,
) -> Any:
    """Run NumPy's function on what is within arrays, as CuPy would run its own on the device."""
    sources = arrays_in(*args, *kwargs.values())
    _expect_current(*sources)
    out = kwargs.get("out")
    with np.errstate(all="ignore"):  # a card does not warn
        result = function(
            *[inside(value) for value in args],
            **{name: inside(value) for name, value in kwargs.items()},
        )
    return wrap(result, sources, keep_order=keep_order) if out is None else out


def wrap(result: Any, sources: Sequence[ndarray] = (), *, keep_order: bool = False) -> Any:
    """Put a result on the device: a view if it shares memory with a source, a scalar as 0-d."""
    if isinstance(result, tuple | list):
        return type(result)([wrap(part, sources, keep_order=keep_order) for part in result])
    if isinstance(result, np.generic):
        return ndarray(np.array(result), None, _device_of(sources))
    if not isinstance(result, np.ndarray):
        return result
    for source in sources:
        if result is source._host:
            return source
        if np.may_share_memory(result, source._host):
            base = source if source.base is None else source.base
            return ndarray(result, base, source._device)
    host = result if keep_order else np.ascontiguousarray(result).reshape(result.shape)
    return ndarray(host, None, _device_of(sources))


def _device_of(sources: Sequence[ndarray]) -> int:
    return sources[0]._device if sources else cuda.thread.device


def _expect_current(*arrays: ndarray) -> None:
    """Refuse arrays of another device than the current one, as CuPy does without peer access."""
    for array in arrays:
        if array._device != cuda.thread.device:
            raise ValueError(
                "Array device must be same as the current device: array device = "
                f"{array._device} while current = {cuda.thread.device}"
            )


def _shown(value: Any) -> Any:
    """Return what is within arrays, however deep: a test looks at them with NumPy."""
    if isinstance(value, ndarray):
        return value._host
    if isinstance(value, dict):
        return {name: _shown(part) for name, part in value.items()}
    return type(value)([_shown(part) for part in value]) if type(value) in (tuple, list) else value


# ----------------------------------------------------------------------------------------- indices


def _as_index(index: Any, shape: tuple[int, ...]) -> tuple[Any, list[ndarray]]:
    """Return an index for the array within, and the arrays in it."""
    parts = index if isinstance(index, tuple) else (index,)
    chosen = [part for part in parts if isinstance(part, ndarray)]
    for part in parts:
        if isinstance(part, np.ndarray) and asked_by_library():
            raise Refused("an index that is an array of the host's, sent to the device each time")
    if any(array.dtype == bool for array in chosen):
        note_synchronisation()  # how many elements a mask chooses, only the device knows
    places = tuple(_shown(part) for part in parts)
    if any(isinstance(part, np.ndarray | list) for part in places):
        _expect_inside(places, shape)
    return places, chosen


def _expect_inside(places: tuple[Any, ...], shape: tuple[int, ...]) -> None:
    """Refuse indices out of range: NumPy raises, and CuPy wraps them round."""
    try:
        np.broadcast_to(np.zeros((), bool), shape)[places]
    except IndexError as error:
        if asked_by_library() and "out of bounds" in str(error):
            raise Refused(f"{error}: CuPy would wrap it round") from error
        raise


def _expect_once(places: tuple[Any, ...], shape: tuple[int, ...]) -> None:
    """Refuse to write twice to one element, since the order on a device is not defined."""
    numbers = np.arange(int(np.prod(shape))).reshape(shape)[places]
    if len(np.unique(numbers)) < numbers.size:
        raise Refused("one element is written twice, and which value stays is not defined")


# ------------------------------------------------------------------------- functions of elements


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
        places, chosen = _as_index(indices, a.shape)
        _expect_current(a, *chosen, *arrays_in(b))
        self._numpy.at(a._host, places, inside(b))

    def reduce(self, array: ndarray, *args: Any, **kwargs: Any) -> Any:
        """Combine the elements along an axis."""
        check_call("cupy.ufunc", "reduce", (self, array, *args), kwargs)
        return launch(self._numpy.reduce, (array, *args), kwargs)

    def _refuse(self, value: Any) -> None:
        """Refuse what CuPy does not take; a test's array is sent to the device."""
        if not isinstance(value, np.ndarray) or asked_by_library():
            raise TypeError(f"Unsupported type {type(value)}")

    def _expect_shape(self, out: ndarray, given: Sequence[Any]) -> None:
        shapes = [np.shape(inside(value)) for value in given]
        if self.__name__ != "matmul" and out.shape != np.broadcast_shapes(*shapes):
            raise ValueError("Out shape is mismatched")

    def __repr__(self) -> str:
        return f"<ufunc 'cupy_{self.__name__}'>"


# ---------------------------------------------------------------------------- methods and operators


def _method(name: str) -> Callable[..., Any]:
    numpys = getattr(np.ndarray, name)

    def method(self: ndarray, *args: Any, **kwargs: Any) -> Any:
        check_call("cupy.ndarray", name, (self, *args), kwargs)
        if name in {"nonzero", "compress"}:
            note_synchronisation()
        return launch(numpys, (self, *args), kwargs, keep_order=name in _KEEP_ORDER)

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
    return lambda self: ufunc(self)


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
