"""What a picture of a graph shows, before it has a place or a colour: symbols, arrows, and words.

A graph that is too large is made smaller here: chains of ops as one symbol, and an end to what is
drawn.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Any, Final

import numpy as np

_SHORTEST_CHAIN: Final = 4


class Kind(StrEnum):
    """What a symbol stands for."""

    OP = "op"
    OUTPUT = "output"  # the op that made what the graph is drawn of
    PARAMETER = "parameter"  # a leaf that requires a gradient
    CONSTANT = "constant"  # an array that requires none: data, noise, a target
    CHAIN = "chain"  # ops of which each but the first takes what the one before made
    REST = "rest"  # the ops for which there is no room


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


@dataclass(frozen=True)
class Symbol:
    """An op with what it made, or a tensor that no op made.

    Shape and dtype are those of what the op made, or of the tensor; None where nobody kept them.
    `notes` are an op's inputs that are numbers, and its options that are not the default; `norm` is
    that of the gradient with respect to it, `link` the address of its derivation, and `ops` says
    for how many ops it stands.
    """

    kind: Kind
    label: str
    shape: tuple[int, ...] | None = None
    dtype: np.dtype[Any] | None = None
    notes: tuple[str, ...] = ()
    norm: float | None = None
    link: str | None = None
    ops: int = 1

    @property
    def is_leaf(self) -> bool:
        """Whether no op made it."""
        return self.kind in {Kind.PARAMETER, Kind.CONSTANT}

    @property
    def form(self) -> str:
        """The shape and dtype, as far as they are known.

        Examples
        --------
        >>> import numpy as np
        >>> Symbol(Kind.OP, "relu", (64, 20), np.dtype("float32")).form
        '64 × 20 · float32'
        """
        if self.shape is None:
            return "" if self.kind is Kind.REST else "shape not kept"
        shape = " × ".join(map(str, self.shape)) or "scalar"
        return shape if self.dtype is None else f"{shape} · {self.dtype}"

    @property
    def lines(self) -> list[str]:
        """What stands in the symbol below its label."""
        norm = "" if self.norm is None else f"‖grad‖ = {self.norm:.3g}"
        return [line for line in (*self.notes, self.form, norm) if line]

    @property
    def tooltip(self) -> str:
        """All of the symbol in one line."""
        return "; ".join([f"{self.label} ({KINDS[self.kind]})", *self.lines])


@dataclass(frozen=True)
class Arrow:
    """What one op made, or a leaf, as the input of another."""

    source: int
    target: int
    role: str
    """The input's name in the op's signature."""


@dataclass(frozen=True)
class Sketch:
    """Symbols, arrows between them by number, and what is to be said below the picture.

    A leaf comes before the ops that use it, an op after those that it uses, and what the graph is
    drawn of comes last.
    """

    symbols: list[Symbol]
    arrows: list[Arrow]
    remarks: list[str] = field(default_factory=list)

    @property
    def count(self) -> str:
        """How many symbols there are of each kind.

        Examples
        --------
        >>> Sketch([Symbol(Kind.PARAMETER, "w"), Symbol(Kind.OUTPUT, "exp")], []).count
        '1 op, 1 parameter'
        """
        kinds = Counter[Kind](Kind.OP if s.kind is Kind.OUTPUT else s.kind for s in self.symbols)
        return ", ".join(
            f"{kinds[kind]} {KINDS[kind] if kinds[kind] == 1 else plural}"
            for kind, plural in _PLURALS.items()
            if kinds[kind]
        )

    def describe(self) -> str:
        """Say the whole graph, an op a line, from the first to the output."""
        ops = [number for number, symbol in enumerate(self.symbols) if not symbol.is_leaf]
        names = {number: f"the result of {place}" for place, number in enumerate(ops, start=1)}
        inputs = defaultdict(list)
        for arrow in self.arrows:
            name = names.get(arrow.source, self.symbols[arrow.source].label)
            inputs[arrow.target].append(f"{arrow.role} = {name}" if arrow.role else name)
        told = [f"The recorded graph: {self.count}.", *self.remarks]
        for place, number in enumerate(ops[:_MOST_OPS], start=1):
            symbol = self.symbols[number]
            told.append(
                f"{place}. {symbol.label}({', '.join(inputs[number])}): {'; '.join(symbol.lines)}."
            )
        if len(ops) > _MOST_OPS:
            told.append(f"And {len(ops) - _MOST_OPS} ops more.")
        return "\n".join(told)


def prune(sketch: Sketch, limit: int) -> Sketch:
    """Return a sketch of at most `limit` symbols or so, with remarks on what is not drawn.

    One that is larger gets its chains of ops folded: ops of which each but the first takes what the
    one before made, and nothing else that an op made, and which nobody else takes. If that does not
    suffice, the oldest ops are left out.
    """
    if len(sketch.symbols) > limit:
        sketch = _fold_chains(sketch)
    if len(sketch.symbols) > limit:
        sketch = _leave_out_oldest(sketch, limit)
    return replace(sketch, remarks=[*sketch.remarks, *_remarks(sketch)])


def _remarks(sketch: Sketch) -> Iterator[str]:
    """Say what is not drawn one by one, and what not at all."""
    chains = [symbol.ops for symbol in sketch.symbols if symbol.kind is Kind.CHAIN]
    if chains:
        yield f"{sum(chains):,} ops are drawn as {_count(len(chains), 'chain')}."
    for symbol in sketch.symbols:
        if symbol.kind is Kind.REST:
            yield (
                f"The oldest ops, {symbol.ops:,} of them, are not drawn: pass a larger limit to "
                "see them."
            )


def _fold_chains(sketch: Sketch) -> Sketch:
    """Draw each chain of ops, with the leaves that it alone uses, as one symbol."""
    owner: dict[int, int] = {}  # of each symbol that is folded away: the chain's last op
    chains = [chain for chain in _chains(sketch) if len(chain) >= _SHORTEST_CHAIN]
    for chain in chains:
        owner.update(dict.fromkeys(chain, chain[-1]))
    if not chains:
        return sketch
    users = defaultdict(set)
    for arrow in sketch.arrows:
        users[arrow.source].add(owner.get(arrow.target, -1))
    for number, symbol in enumerate(sketch.symbols):
        if symbol.is_leaf and len(users[number]) == 1 and -1 not in users[number]:
            owner[number] = next(iter(users[number]))
    folded = Counter(owner.values())
    summaries = {
        chain[-1]: _summary(sketch, chain, folded[chain[-1]] - len(chain)) for chain in chains
    }
    return _renumbered(sketch, owner, summaries)


def _chains(sketch: Sketch) -> list[list[int]]:
    """Return the chains of ops, each from the oldest on."""
    before, after = defaultdict(set), defaultdict(set)
    for arrow in sketch.arrows:
        after[arrow.source].add(arrow.target)
        if not sketch.symbols[arrow.source].is_leaf:
            before[arrow.target].add(arrow.source)
    chains: dict[int, list[int]] = {}  # by their last op
    for number, symbol in enumerate(sketch.symbols):
        if symbol.kind is Kind.OP:
            chain: list[int] = []
            if len(before[number]) == 1:
                (source,) = before[number]
                if len(after[source]) == 1:
                    chain = chains.pop(source, [])
            chain.append(number)
            chains[number] = chain
    return list(chains.values())


def _summary(sketch: Sketch, chain: Sequence[int], leaves: int) -> Symbol:
    """Return the symbol of a chain: how many ops, of which kinds, and what the last one made."""
    ops = Counter(sketch.symbols[number].label for number in chain)
    common = [label for label, _ in ops.most_common(3)]
    kinds = ", ".join(common) + (", …" if len(ops) > len(common) else "")
    notes = [kinds, *([f"with {_count(leaves, 'leaf', 'leaves')}"] if leaves else [])]
    return replace(
        sketch.symbols[chain[-1]],
        kind=Kind.CHAIN,
        label=f"{len(chain):,} ops",
        notes=tuple(notes),
        link=None,
        ops=len(chain),
    )


def _leave_out_oldest(sketch: Sketch, limit: int) -> Sketch:
    """Draw the newest ops and their leaves; what older ones made comes from one symbol."""
    sources = defaultdict(list)
    for arrow in sketch.arrows:
        sources[arrow.target].append(arrow.source)
    made = {number for number, symbol in enumerate(sketch.symbols) if not symbol.is_leaf}
    drawn: set[int] = set()
    for number in sorted(made, reverse=True):
        more = drawn | {number} | {source for source in sources[number] if source not in made}
        if drawn and len(more) >= limit:  # the last symbol is for those that are left out
            break
        drawn = more
    older = [number for number in range(len(sketch.symbols)) if number not in drawn]
    ops = sum(sketch.symbols[number].ops for number in older if number in made)
    rest = Symbol(Kind.REST, _count(ops, "older op"), notes=("not drawn",), ops=ops)
    return _renumbered(sketch, dict.fromkeys(older, older[-1]), {older[-1]: rest})


def _renumbered(
    sketch: Sketch, owner: Mapping[int, int], summaries: Mapping[int, Symbol]
) -> Sketch:
    """Put a symbol in the place of those that it owns; arrows among these are dropped."""
    stay = [n for n in range(len(sketch.symbols)) if owner.get(n, n) == n]
    number = {old: new for new, old in enumerate(stay)}
    arrows: dict[Arrow, None] = {}
    for arrow in sketch.arrows:
        source, target = (owner.get(end, end) for end in (arrow.source, arrow.target))
        if source != target:
            role = "" if target in summaries else arrow.role
            arrows[Arrow(number[source], number[target], role)] = None
    symbols = [summaries.get(old, sketch.symbols[old]) for old in stay]
    return replace(sketch, symbols=symbols, arrows=list(arrows))


def _count(number: int, one: str, many: str = "") -> str:
    return f"{number:,} {one if number == 1 else many or one + 's'}"
