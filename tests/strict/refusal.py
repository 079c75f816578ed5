"""Who asks: the library, which is held to the rules, or a test, which may look at what it likes."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from types import FrameType


class Refused(Exception):  # noqa: N818 - no error of the stand-in: what the library did is one
    """The library did what CuPy does not offer, or what makes the program wait for the device.

    It is no TypeError or ValueError, which the library might explain away.
    """


def asked_by_library() -> bool:
    """Tell whether the library, not a test, called what is running.

    The nearest of the two counts: a test's function inside the library's gradient check is the
    test's, a picture that matplotlib draws for the library is the library's.
    """
    for frame in _callers():
        name = frame.f_globals.get("__name__", "")
        if name.startswith("minigen."):
            return True
        if is_test(name):
            return False
    return False


def library_line() -> str:
    """Return the library's innermost line that is running, such as ``minigen/ops/linear.py:12``."""
    for frame in _callers():
        name = frame.f_globals.get("__name__", "")
        if name.startswith("minigen."):
            return f"{name.replace('.', '/')}.py:{frame.f_lineno}"
    return "outside the library"


def is_test(module: str) -> bool:
    """Tell a module of tests from the stand-in's own modules and from all others.

    The zoo's rules are written as the library's are, and are held to the same.
    """
    parts = module.split(".")
    own = parts[:2] == ["tests", "strict"] and not parts[-1].startswith("test_")
    return parts[0] == "tests" and not own and parts[1:3] != ["checker", "zoo"]


def refuse(what: str) -> None:
    """Refuse to the library what a test may do."""
    if asked_by_library():
        raise Refused(f"{what} at {library_line()}")


def _callers() -> Iterator[FrameType]:
    frame: FrameType | None = sys._getframe(2)
    while frame is not None:
        yield frame
        frame = frame.f_back
