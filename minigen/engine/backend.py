"""Arrays: NumPy's on the CPU, CuPy's on a GPU, one source for both.

Every other module asks here which library an array belongs to (`namespace`), where it lives
(`device_of`), how to move it (`to_device`), and how dtypes meet (`promote`): a float array decides,
integers and Python numbers follow. NumPy widens float32 to float64 when it meets an int64 array,
and turns integers into float64 where a float is needed; here float32 in means float32 out, as in
PyTorch. CuPy is imported only when a GPU is asked for.
"""

from __future__ import annotations

import importlib
import math
import operator
from collections.abc import Mapping, Sequence
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from minigen._version import DISTRIBUTION
from minigen.engine.recording import recorder

Array: TypeAlias = Any
"""An array of either library: `numpy.ndarray` or `cupy.ndarray`."""

DTypeLike: TypeAlias = npt.DTypeLike
"""Whatever NumPy accepts as a dtype: `numpy.float32`, `"float32"`, `float`, a dtype object."""

CPU = "cpu"

DEFAULT_FLOAT = np.float32
"""The dtype of floats made from integers or Python numbers."""


class DeviceError(RuntimeError):
    """A device was asked for that is not there, or arrays of two devices met in one op."""


def is_array(value: object) -> bool:
    """Tell whether `value` is an array of a supported library."""
    return isinstance(value, np.ndarray) or _is_cupy(type(value))


def _is_cupy(kind: type) -> bool:
    return kind.__module__.startswith("cupy")


def namespace(*arrays: object) -> Any:
    """Return the array library, `numpy` or `cupy`, that `arrays` belong to.

    Python numbers and NumPy scalars go with either.

    Examples
    --------
    >>> import numpy as np
    >>> namespace(np.zeros(3)).__name__
    'numpy'
    """
    for array in arrays:
        if type(array) is not np.ndarray and _is_cupy(type(array)):
            return importlib.import_module("cupy")
    return np


def device_of(array: Array) -> str:
    """Return the device of an array: ``"cpu"``, or ``"cuda:N"`` for the N-th GPU."""
    if type(array) is np.ndarray or not _is_cupy(type(array)):
        return CPU
    return f"cuda:{array.device.id}"


def canonical_device(device: object) -> str:
    """Return `device` in its canonical spelling, ``"cpu"`` or ``"cuda:N"``.

    Raises
    ------
    ValueError
        If `device` is neither ``"cpu"``, ``"cuda"`` nor ``"cuda:N"``.
    """
    text = str(device)
    kind, colon, index = text.partition(":")
    if text == CPU:
        return CPU
    if kind == "cuda" and (index.isdecimal() if colon else True):
        return f"cuda:{int(index or 0)}"
    raise ValueError(f"unknown device {device!r}: use 'cpu', 'cuda' or 'cuda:N'")


def looks_like_device(value: object) -> bool:
    """Tell a device such as ``"cuda:1"`` from a dtype such as ``"float64"``."""
    return isinstance(value, str) and value.partition(":")[0] in {CPU, "cuda"}


def as_dtype(dtype: DTypeLike) -> np.dtype[Any]:
    """Return a dtype object.

    Raises
    ------
    TypeError
        If NumPy does not accept `dtype` as one.
    """
    message = f"{dtype!r} is neither a dtype such as 'float32' nor a device such as 'cuda'"
    if dtype is None:  # which NumPy takes for float64
        raise TypeError(message)
    try:
        return np.dtype(dtype)
    except TypeError as error:
        raise TypeError(message) from error


def promote(a: Any, b: Any) -> tuple[Any, Any]:
    """Convert integers that meet floats to the floats' dtype, and a float without axes likewise.

    All else is left to NumPy.
    """
    left, right = getattr(a, "dtype", type(a)), getattr(b, "dtype", type(b))
    if left is right:
        return a, b
    if _is_integer(left) and _is_float(right):
        return a.astype(_width(right)), b
    if _is_integer(right) and _is_float(left):
        return a, b.astype(_width(left))
    if _is_float(left) and _is_float(right):
        if getattr(a, "ndim", -1) == 0 < getattr(b, "ndim", -1):
            return a.astype(right), b
        if getattr(b, "ndim", -1) == 0 < getattr(a, "ndim", -1):
            return a, b.astype(left)
    if _is_integer(left) and _is_integer(right) and np.result_type(left, right).kind == "f":
        raise TypeError(
            f"{left} and {right} have no common integers: convert one of them, x.long()"
        )
    return a, b


def promote_all(arrays: Any) -> Any:
    """Convert integers among arrays to the floats' dtype."""
    floats = [a.dtype for a in arrays if _is_float(getattr(a, "dtype", None))]
    if not floats:
        return arrays
    width = np.result_type(*floats)
    return [a.astype(width) if _is_integer(getattr(a, "dtype", None)) else a for a in arrays]


def floating(x: Array) -> Array:
    """Return `x` as floats: itself if it holds floats, else as float32."""
    if _is_integer(getattr(x, "dtype", None)):
        return x.astype(DEFAULT_FLOAT)
    return x


def _is_integer(dtype: Any) -> bool:
    """Tell whether this is the dtype of an *array* of integers or Booleans."""
    return isinstance(dtype, np.dtype) and dtype.kind in "iub"


def _is_float(dtype: Any) -> bool:
    return dtype is float or (isinstance(dtype, np.dtype) and dtype.kind == "f")


def _width(dtype: Any) -> Any:
    return DEFAULT_FLOAT if dtype is float else dtype


def cupy() -> Any:
    """Return the module `cupy` once a GPU is known to be usable.

    Raises
    ------
    DeviceError
        If CuPy is not installed, or sees no GPU.
    """
    try:
        module = importlib.import_module("cupy")
    except ImportError as error:
        raise DeviceError(
            "device 'cuda' needs CuPy, which is not installed: "
            f"pip install '{DISTRIBUTION}[cuda13]' "
            f"(or '{DISTRIBUTION}[cuda12]', after your driver's version)"
        ) from error
    try:
        count = module.cuda.runtime.getDeviceCount()
    except Exception as error:
        from minigen.engine.card import remedy

        raise DeviceError(
            f"device 'cuda': CuPy finds no usable GPU ({error}): {remedy(error)}"
        ) from error
    if count == 0:
        raise DeviceError("device 'cuda': CuPy finds no GPU on this machine")
    return module


def to_device(array: Array, device: object) -> Array:
    """Return `array` on `device`: itself if it is there already, else a copy.

    A copy to a GPU makes that one the current card of the thread, on which CuPy computes: a thread
    works on one card at a time.

    Raises
    ------
    DeviceError
        If the device is a GPU that cannot be used.
    ValueError
        If `device` is no device's name.
    """
    present = device_of(array)
    target = device if device == present else canonical_device(device)
    if target == present:
        return array
    recorded = recorder()
    if recorded is not None:
        recorded.forbid(f"a copy from {present} to {target}")
    if target == CPU:
        return to_numpy(array)
    if present != CPU:  # CuPy copies from card to card what is contiguous alone
        array = use_device(present).ascontiguousarray(array)
    return use_device(target).asarray(array)


def use_device(device: str) -> Any:
    """Make a GPU the current one of the thread, on which alone CuPy computes; return `cupy`.

    Raises
    ------
    DeviceError
        If it can't be used: it is told what is missing, a driver, a compiler or memory.
    """
    from minigen.engine.card import prove

    library = cupy()
    index = int(device.partition(":")[2])
    if index >= library.cuda.runtime.getDeviceCount():
        raise DeviceError(f"device {device!r}: this machine has no GPU of that number")
    library.cuda.Device(index).use()
    prove(library, index)
    return library


def to_numpy(array: Array) -> npt.NDArray[Any]:
    """Return `array` as a NumPy array on the host; a GPU's array is copied there."""
    if _is_cupy(type(array)):
        return array.get()  # type: ignore[no-any-return]
    return np.asarray(array)


def add_to(shown: Array, values: Array) -> None:
    """Add values to what a view shows.

    Python makes of ``out[i] += v`` a sum into the view, and then ``out[i] = `` the view. NumPy sees
    that this is done already, and CuPy does, too, but not where the view's first axis has length 1:
    there it copies all of it twice more.
    """
    shown += values


def owner(array: Array) -> Array:
    """Return the array whose memory `array` shows: itself, unless it is a view."""
    while getattr(array, "base", None) is not None and is_array(array.base):
        array = array.base
    return array


def _of_array(attribute: str, doc: str) -> Any:
    """Return a property that is the array's own."""
    return property(operator.attrgetter(f"_data.{attribute}"), doc=doc)


class Size(int):
    """The number of elements, as NumPy's ``x.size``; called, it is PyTorch's ``x.size()``.

    Examples
    --------
    >>> import minigen
    >>> x = minigen.zeros(2, 3)
    >>> x.size, x.size(), x.size(0), x.size(dim=-1)
    (6, (2, 3), 2, 3)
    """

    def __new__(cls, shape: tuple[int, ...]) -> Size:
        """Count the elements of an array of that shape."""
        size = super().__new__(cls, math.prod(shape))
        size._shape = shape
        return size

    _shape: tuple[int, ...]

    def __call__(self, dim: int | None = None) -> Any:
        """Return the lengths of all axes, or that of one.

        Raises
        ------
        IndexError
            If there is no such axis.
        """
        if dim is None:
            return self._shape
        if not -len(self._shape) <= dim < len(self._shape):
            raise IndexError(f"size: axis {dim} is out of range for {len(self._shape)} axes")
        return self._shape[dim]

    def __reduce__(self) -> Any:
        return Size, (self._shape,)


class Holder:
    """What holds an array: all that the ground floor knows of a tensor."""

    __slots__ = ("_data",)

    _data: Array

    shape: tuple[int, ...] = _of_array("shape", "The length of each axis.")
    ndim: int = _of_array("ndim", "The number of axes.")
    dtype: np.dtype[Any] = _of_array("dtype", "The type of the elements, a NumPy dtype.")

    @property
    def size(self) -> Size:
        """The number of elements; called, the lengths of the axes: see `Size`."""
        return Size(self.shape)

    def dim(self) -> int:
        """Return the number of axes, `ndim`."""
        return self.ndim

    def numel(self) -> int:
        """Return the number of elements, `size`."""
        return int(self._data.size)

    nelement = numel

    def element_size(self) -> int:
        """Return how many bytes an element takes."""
        return int(self._data.itemsize)

    def stride(self, dim: int | None = None) -> Any:
        """Return how many elements lie from one to the next along each axis, or along one."""
        steps = tuple(step // self._data.itemsize for step in self._data.strides)
        return steps if dim is None else steps[dim]

    @property
    def device(self) -> str:
        """Where the array lives: ``"cpu"`` or ``"cuda:N"``."""
        return device_of(self._data)

    def numpy(self) -> npt.NDArray[Any]:
        """Return the values as a NumPy array of its own, copied from the GPU if need be."""
        return np.array(to_numpy(self._data))

    def item(self) -> Any:
        """Return the only element as a Python number.

        Raises
        ------
        ValueError
            If there is not exactly one element.
        """
        if self._data.size != 1:
            raise ValueError(f"item: a tensor of shape {self.shape} is not one number")
        return self._data.item()

    def tolist(self) -> Any:
        """Return the values as nested Python lists."""
        return self._data.tolist()

    def __len__(self) -> int:
        if not self.shape:
            raise TypeError("len() of a tensor without axes")
        return self.shape[0]

    def __bool__(self) -> bool:
        return bool(self.item())

    def __float__(self) -> float:
        return float(self.item())

    def __int__(self) -> int:
        return int(self.item())

    def __index__(self) -> int:
        if self.dtype.kind not in "iu":
            raise TypeError(f"a tensor of dtype {self.dtype} is no index")
        return int(self.item())

    def __format__(self, spec: str) -> str:
        return format(self.item(), spec) if spec else str(self)


def one_sequence(values: Sequence[Any]) -> tuple[int, ...]:
    """Read ``f(2, 3)`` and ``f((2, 3))`` alike."""
    if len(values) == 1 and isinstance(values[0], Sequence):
        return tuple(values[0])
    return tuple(values)


def array_of(value: Any) -> Any:
    """Return the array of a tensor, and anything else as it is."""
    return value._data if isinstance(value, Holder) else value


def as_index(index: Any) -> Any:
    """Replace the tensors in an index by their arrays."""
    if isinstance(index, tuple | list):
        return type(index)(as_index(part) for part in index)
    return array_of(index)


def arrays_in(value: Any) -> list[Array]:
    """Return the arrays, and those of tensors, that nested options hold; an index may hold some."""
    if isinstance(value, Mapping):
        value = tuple(value.values())
    if isinstance(value, tuple | list):
        return [array for part in value for array in arrays_in(part)]
    return [array_of(value)] if is_array(array_of(value)) else []
