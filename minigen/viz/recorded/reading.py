"""Reading the recorded graph: its ops and leaves, with their names, shapes, dtypes and roles."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np

from minigen.engine.backend import Array, array_of, as_dtype, is_array, owner
from minigen.engine.graph import Node, Vertex, vertex
from minigen.engine.op import Op, registry
from minigen.engine.tensor import Tensor
from minigen.viz.recorded.links import link
from minigen.viz.recorded.options import chosen_options
from minigen.viz.recorded.sketch import Arrow, Kind, Sketch, Symbol

Names: TypeAlias = Mapping[Any, str]
"""Of vertices, and of arrays by their identity."""


@dataclass(frozen=True)
class Form:
    """What is known of an array that may be gone: its shape and dtype."""

    shape: tuple[int, ...] | None = None
    dtype: np.dtype[Any] | None = None

    @classmethod
    def of(cls, kept: Any) -> Form:
        """Return the form of an array, or what its shape alone, or nothing, tells of it."""
        if is_array(kept):
            return cls(tuple(kept.shape), kept.dtype)
        return cls(kept if isinstance(kept, tuple) else None)

    @property
    def known(self) -> bool:
        """Whether both are known."""
        return self.shape is not None and self.dtype is not None

    def completed(self, other: Form) -> Form:
        """Return this form, with what `other` knows besides."""
        return Form(
            other.shape if self.shape is None else self.shape,
            other.dtype if self.dtype is None else self.dtype,
        )


def recorded_nodes(output: Tensor) -> list[Node]:
    """Return the nodes behind a tensor, oldest first.

    Raises
    ------
    RuntimeError
        If no op was recorded, or the graph was freed.
    """
    if output.grad_fn is None:
        raise RuntimeError(
            "viz.graph: no recorded op made this tensor: it is a leaf, was made under no_grad() or "
            "detached, or nothing that it was made of requires a gradient"
        )
    stack, seen = [output.grad_fn], {output.grad_fn}
    while stack:
        node = stack.pop()
        if node.arrays is None:
            raise RuntimeError(
                "viz.graph: the graph was already freed by a backward pass (at the op "
                f"{node.op.name}): draw it before backward, or pass retain_graph=True to backward"
            )
        new = {parent for parent in node.parents if isinstance(parent, Node)} - seen
        seen |= new
        stack += new
    return sorted(seen, key=lambda node: node.time)


def names_of(named: Mapping[str, Tensor | Array]) -> dict[Any, str]:
    """Return the names of tensors and arrays by what a node knows of them."""
    names: dict[Any, str] = {}
    for name, value in named.items():
        names[id(array_of(value))] = name
        if isinstance(value, Tensor):
            names[vertex(value)] = name
    return names


def kept_forms(output: Tensor, nodes: Sequence[Node]) -> dict[Vertex, Form]:
    """Return what is still known of each leaf, and of what each op made."""
    forms: dict[Vertex, Form] = {node: Form.of(node.out) for node in nodes}
    for node in nodes:
        for parent, kept in zip(node.parents, node.arrays or (), strict=True):
            if isinstance(parent, Node):
                forms[parent] = forms[parent].completed(Form.of(kept))
            elif parent is not None:
                forms[parent] = Form.of(parent.data)
    forms[vertex(output)] = Form.of(output.data)
    return forms


def complete_forms(
    forms: dict[Vertex, Form], nodes: Sequence[Node], gradients: Mapping[Vertex, Array]
) -> None:
    """Add the shapes and dtypes that nobody kept: a gradient has those of what it belongs to."""
    for node in nodes:
        if node in gradients:
            arrived = gradients[node]
            found = Form(tuple(arrived.shape), _sure_dtype(node, arrived.dtype, forms))
            forms[node] = forms[node].completed(found)


def _sure_dtype(
    node: Node, arrived: np.dtype[Any], forms: Mapping[Vertex, Form]
) -> np.dtype[Any] | None:
    """Return the dtype of what an op of the library made, given that of its gradient.

    Where dtypes meet, a gradient may be the wider of them. But if it is no wider than the inputs of
    the op, then neither is what the op made of these.
    """
    if registry.get(node.op.name) is not node.op:
        return None
    if "dtype" in node.options:
        return as_dtype(node.options["dtype"])
    inputs = [forms[parent] for parent in node.parents if parent is not None]
    inputs += [Form.of(kept) for kept in node.arrays or ()]
    dtypes = [form.dtype for form in inputs if form.dtype is not None]
    return arrived if dtypes and np.result_type(*dtypes) == arrived else None


def read_graph(
    nodes: Sequence[Node],
    forms: Mapping[Vertex, Form],
    names: Names,
    norms: Mapping[Vertex, float],
    derivations: str | None,
) -> Sketch:
    """Return what there is to be drawn: each op with what it made, each leaf, and who uses them."""
    symbols: list[Symbol] = []
    arrows: list[Arrow] = []
    numbers: dict[Any, int] = {}

    def number_of(key: Any, symbol: Symbol) -> int:
        """Return the number of a symbol, which is entered when it is first met."""
        if key not in numbers:
            numbers[key] = len(symbols)
            symbols.append(symbol)
        return numbers[key]

    def leaf(source: _Source) -> int:
        if source.parent is None:
            form = Form.of(source.kept)
            symbol = Symbol(Kind.CONSTANT, _constant_name(source, names), form.shape, form.dtype)
        else:
            form, norm = forms[source.parent], norms.get(source.parent)
            label = names.get(source.parent, "leaf")
            symbol = Symbol(Kind.PARAMETER, label, form.shape, form.dtype, norm=norm)
        return number_of(source.key, symbol)

    for node in nodes:
        sources = list(_sources(node))
        notes = [source.note for source in sources if source.note]
        incoming = [
            (numbers[s.parent] if isinstance(s.parent, Node) else leaf(s), s.role)
            for s in sources
            if not s.note
        ]
        label = f"{names[node]} = {node.op.name}" if node in names else node.op.name
        symbol = Symbol(
            Kind.OUTPUT if node is nodes[-1] else Kind.OP,
            label,
            forms[node].shape,
            forms[node].dtype,
            (*notes, *chosen_options(node)),
            norms.get(node),
            link(node.op, derivations),
        )
        target = number_of(node, symbol)
        arrows += [Arrow(source, target, role) for source, role in incoming]
    return Sketch(symbols, arrows)


@dataclass(frozen=True)
class _Source:
    """One input of a node."""

    role: str
    parent: Vertex | None
    kept: Any

    @property
    def key(self) -> Any:
        """What makes it the same leaf as another's input; nothing, if only its shape is known."""
        if self.parent is not None:
            return self.parent
        return id(self.kept) if is_array(self.kept) else object()

    @property
    def note(self) -> str:
        """How the op tells of it, if it is a number; empty otherwise."""
        if self.parent is not None or is_array(self.kept):
            return ""
        if isinstance(self.kept, int | float):
            return f"{self.role} = {self.kept:.6g}"
        return f"{self.role}: a number" if self.kept == () else ""


def _sources(node: Node) -> Iterator[_Source]:
    """Iterate over a node's inputs; an optional one that was not given is none."""
    unkept = getattr(node.op, "_unkept", [])
    for position, (parent, kept) in enumerate(zip(node.parents, node.arrays or (), strict=True)):
        if parent is not None or kept is not None or position in unkept:
            yield _Source(_role(node.op, position), parent, kept)


def _role(op: Op[Any], position: int) -> str:
    """Return the name of an op's input in its signature."""
    return op.signature.inputs[position] if op.signature.inputs else f"input {position}"


def _constant_name(source: _Source, names: Names) -> str:
    """Return the name of a constant, or of the array that it shows in another shape."""
    array = source.kept
    if is_array(array) and id(array) not in names:
        whole = owner(array)
        if id(whole) in names and whole.size == array.size:
            return f"view of {names[id(whole)]}"
    return names.get(source.key, "constant")
