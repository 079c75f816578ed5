"""Standing between minigen's engine and its ops, to time or to count what they do."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Literal

from minigen.engine.op import registry

Kind = Literal["forward", "rule", "cotangent"]
"""An op's function, its gradient rule, or one cotangent that a rule left to be computed."""

Run = Callable[[Kind, str, Callable[[], Any]], Any]
"""``run(kind, op, function)`` calls the function, whatever it does besides, and returns its result.
"""


@contextmanager
def between(run: Run) -> Iterator[None]:
    """Let every op of the registry be run by `run` inside a ``with`` block.

    The functions of the ops are replaced, on the `Op` objects that everybody calls, and put back
    at the end.
    """
    originals = [(op, op.compute, op.compute_rule) for op in registry.values()]
    try:
        for op, compute, rule in originals:
            op.compute = _forward(run, op.name, compute)
            op.compute_rule = None if rule is None else _rule(run, op.name, rule)
        yield
    finally:
        for op, compute, rule in originals:
            op.compute, op.compute_rule = compute, rule


def _forward(run: Run, name: str, function: Callable[..., Any]) -> Callable[..., Any]:
    def forward(*args: Any, **options: Any) -> Any:
        return run("forward", name, lambda: function(*args, **options))

    return forward


def _rule(run: Run, name: str, function: Callable[..., Any]) -> Callable[..., Any]:
    """Wrap a rule, and the functions among the cotangents that it returns."""

    def rule(*args: Any, **options: Any) -> Any:
        entries = run("rule", name, lambda: function(*args, **options))
        return tuple(_later(run, name, entry) if callable(entry) else entry for entry in entries)

    return rule


def _later(run: Run, name: str, entry: Callable[[], Any]) -> Callable[[], Any]:
    return lambda: run("cotangent", name, entry)
