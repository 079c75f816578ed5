"""Hooks of modules: functions that are called before or after a module's forward pass.

A hook sees what goes in or comes out, and may put something else in its place. That of a gradient
is `Tensor.register_hook`, of an input or an output.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeAlias

from minigen.engine.hooks import Handle

Inputs: TypeAlias = tuple[Any, ...]
Options: TypeAlias = dict[str, Any]

_Before: TypeAlias = Callable[[Any, Inputs, Options], tuple[Inputs, Options]]
"""Takes a module, its inputs and options; returns those of the forward pass."""

_After: TypeAlias = Callable[[Any, Inputs, Options, Any], Any]
"""Takes a module, its inputs, options and output; returns what the caller gets."""


class ForwardHooks:
    """The hooks of one module, in the order in which they are called."""

    def __init__(self) -> None:
        self._before: dict[float, _Before] = {}
        self._after: dict[float, _After] = {}
        self._count = 0

    def __bool__(self) -> bool:
        """Tell whether there is any."""
        return bool(self._before or self._after)

    def call(self, module: Any, inputs: Inputs, options: Options) -> Any:
        """Run a module's forward pass with the hooks around it."""
        for _, hook in sorted(self._before.items()):
            inputs, options = hook(module, inputs, options)
        output = module.forward(*inputs, **options)
        for _, follow in sorted(self._after.items()):
            output = follow(module, inputs, options, output)
        return output

    def add_before(self, hook: Callable[..., Any], prepend: bool, with_kwargs: bool) -> Handle:
        """Have a hook called before the forward pass."""
        key = self._key(prepend)
        self._before[key] = _with_options(hook) if with_kwargs else _with_inputs(hook)
        return Handle(self._before, key)

    def add_after(self, hook: Callable[..., Any], prepend: bool, with_kwargs: bool) -> Handle:
        """Have a hook called after the forward pass."""
        key = self._key(prepend)
        self._after[key] = _with_output(hook, with_kwargs)
        return Handle(self._after, key)

    def _key(self, prepend: bool) -> float:
        """Return a key behind all others, or before them."""
        self._count += 1
        return -self._count if prepend else self._count


def _with_inputs(hook: Callable[..., Any]) -> _Before:
    """Return a hook of inputs alone as one of inputs and options."""

    def before(module: Any, inputs: Inputs, options: Options) -> tuple[Inputs, Options]:
        changed = hook(module, inputs)
        if changed is None:
            return inputs, options
        return (changed if isinstance(changed, tuple) else (changed,)), options

    return before


def _with_options(hook: Callable[..., Any]) -> _Before:
    """Return a hook of inputs and options, which may return both or None."""

    def before(module: Any, inputs: Inputs, options: Options) -> tuple[Inputs, Options]:
        changed = hook(module, inputs, options)
        if changed is None:
            return inputs, options
        if not isinstance(changed, tuple) or len(changed) != 2:
            raise TypeError(
                f"register_forward_pre_hook: a hook with_kwargs returns None or a pair of inputs, "
                f"a tuple, and options, a dict; got {type(changed).__name__}"
            )
        return changed

    return before


def _with_output(hook: Callable[..., Any], with_kwargs: bool) -> _After:
    """Return a hook of the output, which stays where the hook returns None."""

    def after(module: Any, inputs: Inputs, options: Options, output: Any) -> Any:
        given = (module, inputs, options, output) if with_kwargs else (module, inputs, output)
        changed = hook(*given)
        return output if changed is None else changed

    return after
