"""Whether a stream is being captured, and what may not be done then: see `tests.strict.graphs`."""

from __future__ import annotations

from typing import Any, Final

from tests.strict.refusal import Refused, library_line


class _State:
    """What is being captured, on which stream, and where memory comes from."""

    graph: Any = None
    stream: Any = None
    allocators: Final[list[Any]] = []


state: Final = _State()


def expect_uncaptured(what: str) -> None:
    """Refuse what may not be done while a stream is captured."""
    if state.graph is not None:
        raise Refused(f"{what} while a stream is captured, at {library_line()}")
