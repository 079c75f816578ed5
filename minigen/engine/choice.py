"""Which version of an op computes: the one that one reads, or a kernel.

The environment variable ``MINIGEN_KERNELS`` says it:

- ``0``: the readable ops alone,
- ``numpy``: also the kernels that NumPy runs, where they serve,
- ``compiled``: also the loops that Numba compiles; without Numba, an error,
- nothing: ``compiled`` where Numba is installed, and ``numpy`` where it is not.

It is read once, when a kernel could serve for the first time.
"""

from __future__ import annotations

import functools
import importlib.util
import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from minigen._version import DISTRIBUTION

VARIABLE: Final = "MINIGEN_KERNELS"

READABLE: Final = "0"
NUMPY: Final = "numpy"
COMPILED: Final = "compiled"

CHOICES: Final = (READABLE, NUMPY, COMPILED)


class KernelsError(RuntimeError):
    """Kernels were asked for that are unknown, or can't be used here."""


@functools.cache
def kernels() -> str:
    """Return the kernels in use, one of `CHOICES`.

    Raises
    ------
    KernelsError
        If the variable is set to anything else, or to ``compiled`` without Numba.

    Examples
    --------
    >>> kernels() in ("0", "numpy", "compiled")
    True
    """
    wanted = os.environ.get(VARIABLE)
    if not wanted:
        return COMPILED if _is_installed("numba") else NUMPY
    if wanted not in CHOICES:
        raise KernelsError(f"{VARIABLE} must be one of {', '.join(CHOICES)}, got {wanted!r}")
    if wanted == COMPILED and not _is_installed("numba"):
        raise KernelsError(
            f"{VARIABLE}={COMPILED} needs Numba, which is not installed: "
            f"pip install '{DISTRIBUTION}[fast]'"
        )
    return wanted


@contextmanager
def using(wanted: str) -> Iterator[None]:
    """Let other kernels compute inside a ``with`` block, in all threads."""
    before = os.environ.get(VARIABLE)
    os.environ[VARIABLE] = wanted
    kernels.cache_clear()
    try:
        yield
    finally:
        os.environ.pop(VARIABLE, None)
        if before is not None:
            os.environ[VARIABLE] = before
        kernels.cache_clear()


def _is_installed(package: str) -> bool:
    """Tell it without importing the package."""
    return importlib.util.find_spec(package) is not None
