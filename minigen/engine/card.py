"""A GPU as a program meets it: what may be missing, and on which card an op computes.

CuPy is asked for the first time by a tiny kernel, which needs all that a training step needs: the
driver, memory, and NVRTC, CUDA's compiler, with which CuPy compiles its kernels. What fails is
explained there, and not by whichever op comes first.
"""

from __future__ import annotations

from collections.abc import Iterable
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

_proven: Final[set[tuple[int, int]]] = set()
"""The cards that have run a kernel: the module `cupy`, by its id, and the card's number."""


def prove(library: Any, index: int) -> None:
    """Let the current card add two numbers, once in a process.

    Raises
    ------
    DeviceError
        Says what is missing, and how to mend it.
    """
    if (id(library), index) in _proven:
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
    _proven.add((id(library), index))


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


def follow(role: str, values: Iterable[Any], options: Any = ()) -> None:
    """See to it that arrays live on one device, and make it the current one if it is a card.

    CuPy computes on the current card of the thread. Where two cards can read each other's memory,
    it takes arrays of another one without a word, and leaves the result on the current one.

    Raises
    ------
    DeviceError
        If they live on several; it names them.
    """
    arrays = [array_of(value) for value in values]
    arrays = [array for array in arrays if is_array(array)] + arrays_in(options)
    devices = {device_of(array) for array in arrays}
    if len(devices) > 1:
        raise meeting(role, values, devices)
    for device in devices - {CPU}:
        _make_current(arrays[0], int(device.partition(":")[2]))


def meeting(role: str, values: Iterable[Any], devices: Iterable[str]) -> DeviceError:
    """Return the error of an op whose inputs live on different devices."""
    from minigen.engine.guards import describe_value

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
