"""Reading the recorded graph: its ops and leaves, with their names, shapes, dtypes and roles."""

from __future__ import annotations

import inspect
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, TypeAlias

import numpy as np

from minigen.derivations import place_of
from minigen.engine.backend import (
    Array,
    array_of,
    arrays_in,
    as_dtype,
    is_array,
    namespace,
    owner,
    to_numpy,
)
from minigen.engine.graph import Node, Vertex, vertex, walk_back
from minigen.engine.op import Op, registry
from minigen.engine.tensor import Tensor, seed_of
from minigen.viz.graphs.sketch import Arrow, Kind, Sketch, Symbol

Names: TypeAlias = Mapping[Any, str]
"""Of vertices, and of arrays by their identity."""

_LONGEST: Final = 30
"""How many characters an option gets."""


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
    """Return the nodes behind a tensor, oldest first; a RuntimeError tells that there are none."""
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
                forms[parent] = Form.of(parent.array)
    forms[vertex(output)] = Form.of(output.array)
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


def link(op: Op[Any], base: str | None) -> str | None:
    """Return the address of an op's derivation below the folder of all pages, if it has one."""
    found = place_of(op)
    if base is None or found is None:
        return None
    page, identifier = found
    return f"{base.rstrip('/')}/{page}.html#{identifier}"


def gradients_at(
    output: Tensor, vertices: Iterable[Vertex], gradient: Tensor | Array | None
) -> dict[Vertex, Array]:
    """Return the gradient that arrives at each vertex; fill no ``.grad``, and keep the graph.

    What can go wrong is what can with `Tensor.backward`.
    """
    seed = seed_of(output, gradient, False, "viz.graph")
    return walk_back([output], [seed], targets=set(vertices), retain_graph=True)


def shapes_by_walking(output: Tensor, vertices: Iterable[Vertex]) -> dict[Vertex, Array]:
    """Return arrays of the vertices' shapes: a gradient of any weighted sum of the output."""
    weights = namespace(output.array).ones_like(output.array)
    return gradients_at(output, vertices, weights)


def norm(array: Any) -> float:
    """Return the Euclidean norm of all elements; an array on a GPU is copied from there."""
    return float(np.linalg.norm(to_numpy(array).astype(np.float64)))
