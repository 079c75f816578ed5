"""The graph in words: on its symbols, and for readers who do not see the picture."""

from __future__ import annotations

from collections import Counter, defaultdict
from typing import Final

from minigen.viz.recorded.sketch import Kind, Sketch, Symbol

KINDS: Final = {
    Kind.OP: "op",
    Kind.OUTPUT: "output",
    Kind.PARAMETER: "parameter",
    Kind.CONSTANT: "input or constant",
    Kind.CHAIN: "chain of ops",
    Kind.REST: "older ops",
}

_PLURALS: Final = {
    Kind.OP: "ops",
    Kind.PARAMETER: "parameters",
    Kind.CONSTANT: "inputs or constants",
    Kind.CHAIN: "chains of ops",
}

_MOST_OPS: Final = 100
"""How many ops are told one by one."""


def form(symbol: Symbol) -> str:
    """Say a symbol's shape and dtype, as far as they are known.

    Examples
    --------
    >>> import numpy as np
    >>> form(Symbol(Kind.OP, "relu", (64, 20), np.dtype("float32")))
    '64 × 20 · float32'
    """
    if symbol.shape is None:
        return "" if symbol.kind is Kind.REST else "shape not kept"
    shape = " × ".join(map(str, symbol.shape)) or "scalar"
    return shape if symbol.dtype is None else f"{shape} · {symbol.dtype}"


def lines(symbol: Symbol) -> list[str]:
    """Return what stands in a symbol below its label."""
    norm = "" if symbol.norm is None else f"‖grad‖ = {symbol.norm:.3g}"
    return [line for line in (*symbol.notes, form(symbol), norm) if line]


def tooltip(symbol: Symbol) -> str:
    """Say all of a symbol in one line."""
    return "; ".join([f"{symbol.label} ({KINDS[symbol.kind]})", *lines(symbol)])


def count(sketch: Sketch) -> str:
    """Say how many symbols there are of each kind.

    Examples
    --------
    >>> count(Sketch([Symbol(Kind.PARAMETER, "w"), Symbol(Kind.OUTPUT, "exp")], []))
    '1 op, 1 parameter'
    """
    kinds = Counter[Kind](Kind.OP if s.kind is Kind.OUTPUT else s.kind for s in sketch.symbols)
    return ", ".join(
        f"{kinds[kind]} {KINDS[kind] if kinds[kind] == 1 else plural}"
        for kind, plural in _PLURALS.items()
        if kinds[kind]
    )


def describe(sketch: Sketch) -> str:
    """Say the whole graph, an op a line, from the first to the output."""
    ops = [number for number, symbol in enumerate(sketch.symbols) if not symbol.is_leaf]
    names = {number: f"the result of {place}" for place, number in enumerate(ops, start=1)}
    inputs = defaultdict(list)
    for arrow in sketch.arrows:
        name = names.get(arrow.source, sketch.symbols[arrow.source].label)
        inputs[arrow.target].append(f"{arrow.role} = {name}" if arrow.role else name)
    told = [f"The recorded graph: {count(sketch)}.", *sketch.remarks]
    for place, number in enumerate(ops[:_MOST_OPS], start=1):
        symbol = sketch.symbols[number]
        told.append(
            f"{place}. {symbol.label}({', '.join(inputs[number])}): {'; '.join(lines(symbol))}."
        )
    if len(ops) > _MOST_OPS:
        told.append(f"And {len(ops) - _MOST_OPS} ops more.")
    return "\n".join(told)
