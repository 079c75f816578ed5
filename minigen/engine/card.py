"""A GPU as a program meets it: what may be missing, and on which card an op computes.

CuPy is asked for the first time by a tiny kernel, which needs all that a training step needs: the
driver, memory, and NVRTC, CUDA's compiler, with which CuPy compiles its kernels. What fails is
explained there, and not by whichever op comes first.
"""

from __future__ import annotations

import functools
import weakref
from collections.abc import Callable, Iterable, Sequence
from typing import Any, Final

from minigen._version import DISTRIBUTION
from minigen.engine.backend import (
    CPU,
    DeviceError,
    array_of,
    arrays_in,
    device_of,
    is_array,
    namespace,
)
from minigen.engine.choice import READABLE, kernels
from minigen.engine.guards import describe_value, writes
from minigen.engine.recording import recorder

_proven: Final[weakref.WeakKeyDictionary[Any, set[int]]] = weakref.WeakKeyDictionary()
"""The cards that have run a kernel: their numbers, by the module `cupy`."""


def prove(library: Any, index: int) -> None:
    """Let the current card add two numbers, once in a process.

    Raises
    ------
    DeviceError
        Says what is missing, and how to mend it.
    """
    if index in _proven.setdefault(library, set()):
        return
    try:
        found = (library.arange(2, dtype="float32") + 1).sum().item()
    except Exception as error:  # whatever CuPy, CUDA or the loader of libraries raises
        raise DeviceError(
            f"device 'cuda:{index}': the card is there, but did not run a first kernel: "
            f"{remedy(error)} ({type(error).__name__}: {error})"
        ) from error
    if found != 3:
        raise DeviceError(
            f"device 'cuda:{index}': the card added 1 and 2 and found {found}: look at it with "
            "nvidia-smi, and run the test suite on it, pytest --backend cuda"
        )
    _proven[library].add(index)


def remedy(error: Exception) -> str:
    """Say what an error of CuPy's means for somebody who wants to use a card.

    Examples
    --------
    >>> remedy(RuntimeError("cudaErrorInsufficientDriver: CUDA driver version is insufficient"))
    'its driver is too old for this CuPy; update the driver, or install minigen-numpy[cuda12]'
    """
    text = f"{type(error).__name__}: {error}".lower()
    return next((advice for words, advice in _REMEDIES if any(w in text for w in words)), _UNKNOWN)


_REMEDIES: Final = (
    (
        ("insufficientdriver", "driver version is insufficient", "unsupportedptxversion"),
        "its driver is too old for this CuPy; update the driver, or install "
        f"{DISTRIBUTION}[cuda12]",
    ),
    (
        ("outofmemory", "memoryallocation", "out of memory"),
        "no memory is free on it; see with nvidia-smi which programs hold it, end one, or choose "
        "another card, cuda:1",
    ),
    (
        ("nvrtc", "compileexception", "cuda_path", "headers", "cuda root"),
        "CUDA's compiler, NVRTC, or its headers are missing; they come with the extra: pip install "
        f"--upgrade '{DISTRIBUTION}[cuda13]' (or [cuda12], after your driver's version)",
    ),
    (
        ("nokernelimage", "no kernel image", "invalid value for --gpu-architecture"),
        "this CuPy was not built for so old or so new a card; install another version of CuPy",
    ),
    (
        ("cannot open shared object", "dll load failed", "not found", "libcuda"),
        "a library of CUDA's is missing; the extra brings all but the driver: pip install "
        f"--upgrade '{DISTRIBUTION}[cuda13]' (or [cuda12], after your driver's version)",
    ),
)
"""Words of an error, and what to do about it; the first that fits is told."""

_UNKNOWN: Final = (
    "look at the card with nvidia-smi, and at CuPy with python -c 'import cupy; cupy.show_config()'"
)


def follow(role: str, values: Sequence[Any], options: Any = ()) -> bool:
    """See to it that arrays live on one device, and make it the current one if it is a card.

    Tells whether it is one.

    CuPy computes on the current card of the thread. Where two cards can read each other's memory,
    it takes arrays of another one without a word, and leaves the result on the current one.

    Raises
    ------
    DeviceError
        If they live on several; it names them.
    """
    recorded = recorder()
    if recorded is not None:
        recorded.note(role, values, options)
    arrays = [array_of(value) for value in values]
    arrays = [array for array in arrays if is_array(array)] + arrays_in(options)
    devices = {device_of(array) for array in arrays}
    if len(devices) > 1:
        raise meeting(role, values, devices)
    if devices <= {CPU}:
        return False
    _make_current(arrays[0], arrays[0].device.id)
    return True


def meeting(role: str, values: Iterable[Any], devices: Iterable[str]) -> DeviceError:
    """Return the error of an op whose inputs live on different devices."""
    got = ", ".join(describe_value(array_of(value)) for value in values)
    return DeviceError(
        f"{role}: inputs live on different devices, {' and '.join(sorted(devices))} "
        f"(got {got}): move them to one with .to(device)"
    )


def _make_current(array: Any, index: int) -> None:
    """Make a card the current one of the thread, unless it is."""
    cuda = namespace(array).cuda
    if cuda.runtime.getDevice() != index:
        cuda.Device(index).use()


_in_place: Final[dict[Callable[..., None], Callable[..., bool]]] = {}
"""What does on a card what a function does in place."""


def in_place_on_card(readable: Callable[..., None]) -> Callable[..., None]:
    """Declare a function that writes into its arguments, so that a kernel may do it on a card.

    Parameters
    ----------
    readable : callable
        Takes an array, which says where it computes, tensors to write into, and options.
    """

    @functools.wraps(readable)
    def write(array: Any, *arguments: Any) -> None:
        if device_of(array) == CPU or not _written_on_card(write, array, arguments):
            readable(array, *arguments)

    return write


def kernel_of(function: Callable[..., None]) -> Callable[..., Callable[..., bool]]:
    """Declare what does it on a card: it takes arrays, and tells whether it served them."""

    def declare(fast: Callable[..., bool]) -> Callable[..., bool]:
        _in_place[function] = fast
        return fast

    return declare


def _written_on_card(write: Callable[..., None], array: Any, arguments: Sequence[Any]) -> bool:
    fast = _in_place.get(write)
    if fast is None or kernels() == READABLE:
        return False
    follow(write.__name__, (array, *arguments))
    served = fast(array, *map(array_of, arguments))
    for written in map(array_of, arguments):
        if served and is_array(written):
            writes.note(written)
    return served
