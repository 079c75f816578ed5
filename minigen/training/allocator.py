"""The C library's allocator, which by default costs a training step much of its time."""

from __future__ import annotations

import ctypes
import platform

_M_TRIM_THRESHOLD, _M_TOP_PAD, _M_MMAP_THRESHOLD = -1, -2, -3

SETTINGS = {_M_MMAP_THRESHOLD: 2**25, _M_TRIM_THRESHOLD: 2**30, _M_TOP_PAD: 2**26}
"""What glibc's ``mallopt`` is told, in bytes. Of the first, every version accepts 32 MiB."""


def keep_freed_memory() -> bool:
    """Let this process keep the memory of freed arrays, and use it for the next ones.

    By default glibc takes every array of more than 128 KiB from the operating system and gives it
    back afterwards. Each page then costs a fault when it is first written to, which can be a third
    of the time of a training step. The command line calls this; in a script or a notebook, call it
    once at the beginning. It changes the whole process, which is why ``import minigen`` does not
    do it. The most memory that a process needs stays the same, but it gives less of it back.

    Return whether the allocator is glibc's and took the settings; elsewhere nothing is done.

    Examples
    --------
    >>> import minigen
    >>> kept = minigen.keep_freed_memory()
    """
    if platform.libc_ver()[0] != "glibc":
        return False
    mallopt = ctypes.CDLL(None).mallopt
    return all(mallopt(option, size) == 1 for option, size in SETTINGS.items())
