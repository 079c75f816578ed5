"""Array libraries and devices: NumPy on the CPU, CuPy on a GPU, one source for both.

Every other module asks here which library an array belongs to (`namespace`), where it lives
(`device_of`), and how to move it (`to_device`). CuPy is imported only when a GPU is asked for.
"""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

Array: TypeAlias = Any
"""An array of either library: `numpy.ndarray` or `cupy.ndarray`."""

DTypeLike: TypeAlias = npt.DTypeLike
"""Whatever NumPy accepts as a dtype: `numpy.float32`, `"float32"`, `float`, a dtype object."""

CPU = "cpu"


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
    return f"cuda:{array.device.id}" if _is_cupy(type(array)) else CPU


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
            "pip install 'minigen[cuda13]' (or 'minigen[cuda12]', after your driver's version)"
        ) from error
    try:
        count = module.cuda.runtime.getDeviceCount()
    except Exception as error:
        raise DeviceError(f"device 'cuda': CuPy finds no usable GPU ({error})") from error
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
    target = canonical_device(device)
    if device_of(array) == target:
        return array
    if target == CPU:
        return to_numpy(array)
    return _use(target).asarray(array)


def _use(device: str) -> Any:
    """Make a GPU the current one of the thread, on which alone CuPy computes; return `cupy`."""
    library = cupy()
    index = int(device.partition(":")[2])
    if index >= library.cuda.runtime.getDeviceCount():
        raise DeviceError(f"device {device!r}: this machine has no GPU of that number")
    library.cuda.Device(index).use()
    return library


class Uploader:
    """Sends one batch after the other to a device, on a GPU beside what it computes.

    A program runs ahead of its GPU. When it sends the next batch, the GPU still computes on the
    present one; sent like any other array, the copy would queue up behind that. The uploader copies
    on a stream of its own, from page-locked memory (CuPy's `asarray` passes it through such
    memory), and the computing stream waits for the copy alone.

    A batch must be used before the next one is sent: what was sent two calls ago is taken to be
    done with once nobody holds it, and its memory is then written to again.

    Parameters
    ----------
    device : str
        Where batches go. On the CPU they stay what they are.

    Examples
    --------
    >>> import numpy as np
    >>> uploader = Uploader("cpu")
    >>> images, labels = uploader.send(np.zeros((2, 3)), None)
    >>> images.shape, labels
    ((2, 3), None)
    """

    def __init__(self, device: object) -> None:
        self._device = canonical_device(device)
        self._stream: Any = None
        self._before_last: Any = None
        self._last: tuple[Array | None, ...] = ()

    def send(self, *arrays: Array | None) -> tuple[Array | None, ...]:
        """Return the arrays of a batch on the device; None stands for one that is not there.

        Raises
        ------
        DeviceError
            If the device is a GPU that cannot be used.
        """
        if self._device == CPU:
            return tuple(None if array is None else to_numpy(array) for array in arrays)
        library = _use(self._device)
        computing = library.cuda.get_current_stream()
        before_this = computing.record()
        if self._stream is None:
            self._stream = library.cuda.Stream(non_blocking=True)
        else:
            # CuPy hands memory out again at once when nobody holds it, to the stream that it was
            # allocated on. The last batch is held, so what this copy writes over belonged to an
            # earlier one, on which all work was queued before the last was sent.
            self._stream.wait_event(self._before_last)
        with self._stream:
            sent = tuple(None if array is None else library.asarray(array) for array in arrays)
        computing.wait_event(self._stream.record())
        self._before_last, self._last = before_this, sent
        return sent


def to_numpy(array: Array) -> npt.NDArray[Any]:
    """Return `array` as a NumPy array on the host; a GPU's array is copied there."""
    if _is_cupy(type(array)):
        return array.get()  # type: ignore[no-any-return]
    return np.asarray(array)


def owner(array: Array) -> Array:
    """Return the array whose memory `array` shows: itself, unless it is a view."""
    while getattr(array, "base", None) is not None and is_array(array.base):
        array = array.base
    return array


def array_of(value: Any) -> Any:
    """Return the array of a tensor, and anything else as it is."""
    return getattr(value, "_data", value)


def arrays_in(value: Any) -> list[Array]:
    """Return the arrays, and those of tensors, that nested options hold; an index may hold some."""
    if isinstance(value, Mapping):
        value = tuple(value.values())
    if isinstance(value, tuple | list):
        return [array for part in value for array in arrays_in(part)]
    return [array_of(value)] if is_array(array_of(value)) else []
