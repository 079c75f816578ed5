"""An op's options as they stand in its symbol: those that are not the default."""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from typing import Any, Final

from minigen.engine.backend import arrays_in
from minigen.engine.graph import Node

_LONGEST: Final = 30
"""How many characters an option gets."""


def chosen_options(node: Node) -> Iterator[str]:
    """Iterate over the options of a call that are not the op's default, as ``name = value``."""
    parameters = inspect.signature(node.op.forward).parameters
    for name, value in node.options.items():
        default = parameters[name].default
        chosen = _single(value) if isinstance(default, int) else value
        if arrays_in(value):
            yield f"{name}: an array"
        elif chosen != default:
            text = f"{name} = {_spelled(chosen)}"
            yield text if len(text) <= _LONGEST else text[: _LONGEST - 1] + "…"


def _single(value: Any) -> Any:
    """Return the number that a tuple of equal ones stands for: one for height and width."""
    return value[0] if isinstance(value, tuple) and len(set(value)) == 1 else value


def _spelled(value: Any) -> str:
    """Write an option as a program does, an index with slices too."""
    parts = value if isinstance(value, tuple) else (value,)
    if not any(isinstance(part, slice) or part is Ellipsis for part in parts):
        return str(value)
    return f"[{', '.join(map(_spelled_part, parts))}]"


def _spelled_part(part: Any) -> str:
    if isinstance(part, slice):
        ends = ("" if end is None else str(end) for end in (part.start, part.stop))
        return ":".join(ends) + ("" if part.step is None else f":{part.step}")
    return "..." if part is Ellipsis else str(part)
