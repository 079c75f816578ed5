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
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from tests.strict import cuda, graphs
from tests.strict.counters import note_launch, note_read, note_synchronisation, note_upload
from tests.strict.inventory import offers
from tests.strict.ledger import FREE, indexing_launches, note_call, note_write
from tests.strict.refusal import Refused, asked_by_library, refuse
from tests.strict.streams import Memory, thread, wait_for
from tests.strict.subnormal import MOVING, flushed


class Flags(NamedTuple):
    """What CuPy tells of an array's memory."""

    c_contiguous: bool
    f_contiguous: bool
    owndata: bool


class Pointer(NamedTuple):
    """What CuPy tells of where an array lies, and in which piece of memory."""

    ptr: int
    mem: graphs.Block


class ndarray:  # noqa: N801 - CuPy's name
    """An array on a card that is not there."""

    __module__ = "cupy"
    __slots__ = ("__weakref__", "_device", "_host", "_memory", "base")
    __hash__ = None  # type: ignore[assignment] # as CuPy's
    _memory: Memory

    def __init__(self, host: npt.NDArray[Any], base: ndarray | None, device: int) -> None:
        self._host = host
        self._device = device
        self.base = base
        self._memory = Memory() if base is None else base._memory
        graphs.keep(self)

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
    def data(self) -> Pointer:
        """Where it lies in memory: whoever asks is taken to read and write there."""
        expect_current(self)
        self._memory.write()
        graphs.keep(self)
        return Pointer(self._host.ctypes.data, self._memory.block)

    @property
    def T(self) -> ndarray:  # noqa: N802 - NumPy's name
        return self if self.ndim < 2 else self.transpose()

    @property
    def flat(self) -> Any:
        refuse("the elements of an array on the device, one by one,")
        return self._host.flat

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
        self._come_to_host()
        return np.array(self._host, order=order)

    def item(self) -> Any:
        """Return the only element."""
        if self.size != 1:
            raise ValueError("can only convert an array of size 1 to a Python scalar")
        self._come_to_host()
        return self._host.item()

    def tolist(self) -> Any:
        """Return the elements as nested lists."""
        self._come_to_host()
        return self._host.tolist()

    def tobytes(self, order: Any = "C") -> bytes:
        """Return the elements as bytes."""
        self._come_to_host()
        return self._host.tobytes(order)

    def _come_to_host(self) -> None:
        """Wait for what the current stream was told so far."""
        note_read()
        self._memory.read()
        wait_for(thread.stream.queue.known)

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

    def __array_ufunc__(self, ufunc: Any, method: str, *inputs: Any, **kwargs: Any) -> Any:
        if len(inputs) > 1 and method == "__call__":  # an operator's: np.float32(2) * x
            from tests.strict.operators import Ufunc

            return Ufunc(ufunc.__name__)(*inputs, **kwargs)
        refuse(f"NumPy's {ufunc.__name__}() of an array on the device")
        return getattr(ufunc, method)(*_shown(inputs), **_shown(kwargs))

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
        places, chosen = as_index(index, self.shape)
        if chosen:
            expect_current(self, *chosen)
            note_launch("kernel", "getitem", indexing_launches(chosen))
        found: ndarray = wrap(self._host[places], [self])
        _record(found, [self], lambda: self._host[places])
        return found

    def __setitem__(self, index: Any, value: Any) -> None:
        places, chosen = as_index(index, self.shape)
        expect_current(self, *chosen, *([value] if isinstance(value, ndarray) else []))
        if any(array.dtype != bool for array in chosen):
            _expect_once(places, self.shape)
        if isinstance(value, np.ndarray | list | tuple) and asked_by_library():
            raise ValueError("non-scalar numpy.ndarray cannot be used for fill")
        self._memory.write()
        whole = any(part is Ellipsis for part in places)
        note_write(
            chosen, None if chosen else self._host[places if whole else (*places, ...)], value
        )
        graphs.do(lambda: self._host.__setitem__(places, inside(value)))

    def set(self, arr: Any, stream: Any = None) -> None:
        """Copy an array of the host's here."""
        if not isinstance(arr, np.ndarray):
            raise TypeError("Only numpy.ndarray can be set to cupy.ndarray")
        if arr.dtype != self.dtype or arr.shape != self.shape:
            raise ValueError("an array of another shape or dtype can't be set")
        note_upload()
        expect_current(self)
        self._memory.write()
        self._host[...] = arr


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
    in_place: bool = False,
) -> Any:
    """Run NumPy's function on what is within arrays, as CuPy would run its own on the device."""
    sources = arrays_in(*args, *kwargs.values())
    expect_current(*sources)
    out = kwargs.get("out")
    if out is not None:
        out._memory.write()
    name = function.__name__
    graphs.expect_capturable(name)
    given: Any = inside if name in MOVING else _flushed_inside

    def compute() -> Any:
        with np.errstate(all="ignore"):  # a card does not warn
            result = function(
                *[given(value) for value in args],
                **{key: given(value) for key, value in kwargs.items() if key != "out"},
                **({} if out is None else {"out": out._host}),
            )
            return result if name in MOVING else flushed(result, in_place=out is not None)

    if out is not None:
        graphs.do(compute)
        note_call(name, [source for source in sources if source is not out], out)
        return out
    if in_place:
        graphs.do(compute)
        note_call(name, sources, None)
        return None
    found = wrap(compute(), sources, keep_order=keep_order)
    note_call(name, sources, found)
    if name not in FREE:
        _record(found, sources, compute)
    return found


def _record(found: Any, sources: Sequence[ndarray], compute: Callable[[], Any]) -> None:
    """Record, if a stream is captured, how to compute new arrays again; until then they are NaN."""
    if graphs.capturing() is None:
        return
    if isinstance(found, tuple | list):
        for number, part in enumerate(found):
            _record(part, sources, lambda number=number: compute()[number])  # type: ignore[misc]
    elif isinstance(found, ndarray) and not any(found._memory is s._memory for s in sources):
        graphs.do(lambda: found._host.__setitem__(..., compute()))
        if found.dtype.kind == "f":
            found._host[...] = np.nan


def _flushed_inside(value: Any) -> Any:
    """Return what is within arrays as arithmetic on a card reads it."""
    found = inside(value)
    return flushed(found) if arrays_in(value) else found


def wrap(result: Any, sources: Sequence[ndarray] = (), *, keep_order: bool = False) -> Any:
    """Put a result on the device: a view if it shares memory with a source, a scalar as 0-d."""
    if isinstance(result, tuple | list):
        return type(result)([wrap(part, sources, keep_order=keep_order) for part in result])
    if isinstance(result, np.generic):
        return ndarray(np.array(result), None, cuda.thread.device)
    if not isinstance(result, np.ndarray):
        return result
    for source in sources:
        if result is source._host:
            return source
        if np.may_share_memory(result, source._host):
            base = source if source.base is None else source.base
            return ndarray(result, base, source._device)
    host = result if keep_order else np.ascontiguousarray(result).reshape(result.shape)
    return ndarray(host, None, cuda.thread.device)


def expect_current(*arrays: ndarray) -> None:
    """Refuse arrays of another device than the current one, as CuPy does without peer access.

    They are about to be read: see `tests.strict.streams`. With peer access CuPy takes them.
    """
    for array in arrays:
        array._memory.read()
        if array._device != cuda.thread.device and not cuda.PEERS:
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


def as_index(index: Any, shape: tuple[int, ...]) -> tuple[Any, list[ndarray]]:
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
