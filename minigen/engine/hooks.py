"""Hooks: functions that a backward pass hands the gradient of a tensor, and that may replace it.

They are held by the place where the gradient arrives: the node that made the tensor, or the tensor
itself if it is a leaf. So they live as long as what they watch.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, Final, TypeAlias

Hook: TypeAlias = Callable[[Any], Any]
"""Takes a cotangent as the pass has it, an array or a tensor, and returns what goes on."""


_LAST: Final = math.inf
"""The key of the hook that keeps the gradient: it sees what all others have made of it."""


class Handle:
    """What takes a hook away again.

    Examples
    --------
    >>> import minigen
    >>> x = minigen.tensor(2.0, requires_grad=True)
    >>> handle = x.register_hook(lambda gradient: 10 * gradient)
    >>> (3 * x).backward()
    >>> x.grad
    tensor(30.)
    >>> handle.remove()
    """

    def __init__(self, hooks: dict[float, Any], key: float) -> None:
        self._hooks = hooks
        self._key = key

    def remove(self) -> None:
        """Take the hook away; a second time does nothing."""
        self._hooks.pop(self._key, None)


class Hooks:
    """All hooks: of nodes and of leaves."""

    def __init__(self) -> None:
        self._count = 0

    def __bool__(self) -> bool:
        """Tell whether there has ever been one: without any, a pass looks for none."""
        return self._count > 0

    def add(self, place: Any, hook: Hook) -> Handle:
        """Have a hook called with what arrives at a node or a leaf, after those added before."""
        self._count += 1
        held = self._held(place)
        held[self._count] = hook
        return Handle(held, self._count)

    def keep(self, place: Any, hook: Hook) -> None:
        """Have a hook called after all others, in place of an earlier one."""
        self._count += 1
        self._held(place)[_LAST] = hook

    def apply(self, place: Any, cotangent: Any) -> Any:
        """Hand a cotangent to the hooks of a node or a leaf, one after the other."""
        held: dict[float, Hook] = getattr(place, "_hooks", {})
        for key in sorted(held):
            cotangent = held[key](cotangent)
        return cotangent

    @staticmethod
    def _held(place: Any) -> dict[float, Hook]:
        if not hasattr(place, "_hooks"):
            place._hooks = {}
        held: dict[float, Hook] = place._hooks
        return held


hooks = Hooks()
