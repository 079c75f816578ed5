r"""The recorded graph, and the walk back through it that carries cotangents.

An op called on tensors records a `Node`: which op, on which arrays, from which parents. The
backward pass visits the nodes from the newest to the oldest. Each op's gradient rule turns the
cotangent of its output, :math:`\bar y = \partial L / \partial y`, into those of its inputs,
:math:`\bar x = \bar y\,\partial y / \partial x`; where paths meet, cotangents add up.

One rule serves every order. In a first-order pass it is handed raw arrays and runs at their speed.
In a pass that is itself recorded it is handed tensors, and its own ops become nodes.

Derivation: autograd.chain_rule
"""

from __future__ import annotations

import operator
import weakref
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Protocol, TypeAlias

from minigen.engine import allocator
from minigen.engine.backend import Array, array_of, arrays_in, is_array, namespace
from minigen.engine.guards import Trace, tick, writes
from minigen.engine.hooks import hooks
from minigen.engine.modes import recording

ops: dict[str, Callable[..., Any]] = {}
"""Every op of the library by its name.

Declaring an op enters it, and tensors find here what their operators and methods call. So ops
depend on tensors, and tensors on no op.
"""

functions: dict[str, Callable[..., Any]] = {}
"""The functions made of ops by their names, where tensors find those that are methods of theirs."""


class Recorded(Protocol):
    """What the graph knows of a tensor: its array, and the call that made it."""

    @property
    def array(self) -> Array:
        """The values."""

    @property
    def grad_fn(self) -> Node | None:
        """The node of that call; None for a leaf."""


Vertex: TypeAlias = "Node | Recorded"
"""Where a cotangent goes: the node that made a tensor, or the tensor itself if it is a leaf."""

Link: TypeAlias = Callable[[Array, Vertex], Any]
"""Shows an array of a node to its rule as the tensor that it was."""


class Node:
    """One recorded call of an op: what its gradient rule needs, and where cotangents go.

    Attributes
    ----------
    op : Op
        What was called. The walk asks for its name, and has it apply its rule.
    arrays : sequence, or None once the node is freed
        The op's inputs; of one that the rule does not use None, or its shape.
    out : array or None
        The op's output, if the rule uses it.
    parents : sequence of Node, Tensor or None
        For each input the vertex that its cotangent goes to, if any.
    time : int
        When the op was called, on the engine's clock: nodes are younger than their parents.
    """

    __slots__ = (
        "__weakref__", "_hooks", "arrays", "op", "options", "out", "parents", "time", "trace",
    )  # fmt: skip

    def __init__(
        self,
        op: Any,
        arrays: Sequence[Any],
        parents: Sequence[Vertex | None],
        options: Mapping[str, Any],
        out: Array,
    ) -> None:
        self.op = op
        self.arrays: Sequence[Any] | None = arrays
        self.parents: Sequence[Vertex | None] = parents
        self.options = options
        self.out = out
        self.time = tick()
        self.trace: Trace | None = None

    def kept(self) -> Iterator[tuple[str, Array]]:
        """Iterate over (role, array) of all that the rule may look at."""
        inputs = ((f"input {i}", array) for i, array in enumerate(self.arrays or ()))
        options = (("an option", array) for array in arrays_in(self.options))
        for role, value in (("the output", self.out), *inputs, *options):
            if is_array(value):
                yield role, value

    def free(self) -> None:
        """Drop the arrays and the links to older nodes."""
        self.arrays = self.out = None
        self.parents = ()


SHOWS_ITS_INPUT = {
    "broadcast_to", "flatten", "getitem", "permute", "reshape", "squeeze", "sum_to_size",
    "transpose", "unsqueeze",
}  # fmt: skip
"""The ops whose output may be a view: it shows the memory of their input."""

overwritten: weakref.WeakKeyDictionary[Node, int] = weakref.WeakKeyDictionary()
"""The nodes whose outputs were written in place by a recorded op, and when the last was."""

_time = operator.attrgetter("time")


def vertex(x: Recorded) -> Vertex:
    """Return where the cotangent of a tensor goes."""
    return x if x.grad_fn is None else x.grad_fn


def walk_back(
    outputs: Sequence[Recorded],
    cotangents: Sequence[Any],
    *,
    targets: set[Vertex] | None = None,
    link: Link | None = None,
    retain_graph: bool = False,
    arrived: Callable[[Any, Any], object] | None = None,
) -> dict[Any, Any]:
    """Carry cotangents back from `outputs`; return those that arrive at each target.

    The targets are all leaves that require a gradient, unless given. With `link` rules see tensors,
    which records the pass; without it they see arrays. Cotangents come as the rules returned them.
    `arrived` is handed each leaf and its cotangent as soon as nothing will be added to it; these
    are not returned.
    """
    allocator.watch.notice()
    pending: dict[Vertex, Any] = {}
    for output, cotangent in zip(outputs, cotangents, strict=True):
        waiting = pending.get(vertex(output))
        pending[vertex(output)] = cotangent if waiting is None else waiting + cotangent
    found: dict[Vertex, Any] = {}
    nodes, wanted = _history(pending, targets)
    outer = recording.set(link is not None)
    try:
        for node in nodes if arrived is None else _telling(nodes, pending, arrived):
            if hooks and node in pending:
                pending[node] = hooks.apply(node, pending[node])
            if targets is not None and node in targets and node in pending:
                found[node] = pending[node]
            if node not in pending or (wanted is not None and wanted.isdisjoint(node.parents)):
                continue
            _apply_rule(node, pending.pop(node), pending, wanted, link)
            if not retain_graph:
                node.free()
    finally:
        recording.reset(outer)
    found |= {
        leaf: hooks.apply(leaf, cotangent) if hooks else cotangent
        for leaf, cotangent in pending.items()
        if not isinstance(leaf, Node) and (targets is None or leaf in targets)
    }
    if link is not None and any(node.op.piecewise_linear for node in nodes):
        return _with_zero_slopes(found, link)
    return found


def _telling(
    nodes: Sequence[Node], pending: dict[Vertex, Any], arrived: Callable[[Any, Any], object]
) -> Iterator[Node]:
    """Iterate over nodes; after the last one that a leaf is a parent of, hand the leaf out."""
    last: dict[Vertex, Node] = {}
    for node in nodes:
        last |= {parent: node for parent in node.parents if parent is not None}
    leaves: dict[Node, list[Vertex]] = {}
    for parent, node in last.items():
        if not isinstance(parent, Node):
            leaves.setdefault(node, []).append(parent)
    for node in nodes:
        yield node
        for leaf in leaves.get(node, ()):
            if leaf in pending:
                cotangent = pending.pop(leaf)
                arrived(leaf, hooks.apply(leaf, cotangent) if hooks else cotangent)


class _ZeroSlope:
    """Stands for an op in the nodes that tie a gradient to what it is a gradient by.

    The slope of relu is 0 or 1 by the sign of x: a function of x, whose derivative is zero. The ops
    that its rule records don't know of it, since a comparison has no gradient.
    """

    piecewise_linear = False

    def __init__(self, name: str, rule: Callable[..., Sequence[Any]]) -> None:
        self.name = name
        self._rule = rule

    def apply_rule(
        self, g: Any, _out: Any, inputs: Sequence[Any], _options: Mapping[str, Any]
    ) -> Sequence[Any]:
        """Return the cotangents of the inputs."""
        return self._rule(g, inputs)


def _zeros(g: Any, shapes: Sequence[Any]) -> Sequence[Any]:
    """Return what makes zeros of each shape, of the dtype and on the device of a cotangent."""
    array = array_of(g)
    return [lambda shape=shape: namespace(array).zeros(shape, array.dtype) for shape in shapes]


_OF_A_GRADIENT = _ZeroSlope("gradient", lambda g, _inputs: (g, *_zeros(g, [()])))
_OF_INPUTS = _ZeroSlope("zero_slope", _zeros)


def _with_zero_slopes(found: dict[Vertex, Any], link: Link) -> dict[Vertex, Any]:
    """Record of each gradient that it depends on all targets, with zero slope beside its own.

    One node stands for all targets, so that there are as many links as targets, not their square.
    """
    shapes = [tuple(gradient.shape) for gradient in found.values()]
    inputs = Node(_OF_INPUTS, shapes, list(found), {}, None)
    return {
        target: link(
            array_of(gradient),
            Node(
                _OF_A_GRADIENT,
                [tuple(gradient.shape), None],
                [_made_by(gradient), inputs],
                {},
                None,
            ),
        )
        for target, gradient in found.items()
    }


def _made_by(gradient: Any) -> Vertex | None:
    """Return where the cotangent of a gradient goes; None if it is a constant."""
    return vertex(gradient) if getattr(gradient, "requires_grad", False) else None


def _history(
    starts: Mapping[Vertex, Any], targets: set[Vertex] | None
) -> tuple[list[Node], set[Vertex] | None]:
    """Return the nodes behind `starts`, newest first, and the vertices that lead to a target.

    Without targets every vertex leads to one, which None stands for.
    """
    stack: list[Vertex | None] = list(starts)
    seen: set[Node] = set()
    while stack:
        node = stack.pop()
        if not isinstance(node, Node) or node in seen:
            continue
        if node.arrays is None and not (targets is not None and node in targets):
            raise RuntimeError(
                f"the graph was already freed by a backward pass (at the op {node.op.name}): "
                "run the forward pass again, or pass retain_graph=True to the first backward"
            )
        seen.add(node)
        stack.extend(node.parents)
    if overwritten:
        for start in starts:
            _refuse_old_view(start, tick())
        for node in seen:
            for parent in node.parents:
                _refuse_old_view(parent, node.time)
    nodes = sorted(seen, key=_time, reverse=True)
    if targets is None:
        return nodes, None
    wanted = set(targets)
    for node in reversed(nodes):  # oldest first: a node leads to a target if a parent does
        if not wanted.isdisjoint(node.parents):
            wanted.add(node)
    return nodes, wanted


def _refuse_old_view(view: Vertex | None, used: int) -> None:
    """Refuse a view that was used after a recorded write into what it shows."""
    shown = view
    while isinstance(shown, Node) and shown.op.name in SHOWS_ITS_INPUT and shown.parents:
        shown = shown.parents[0]
    if not (isinstance(view, Node) and isinstance(shown, Node)) or shown is view:
        return
    if view.time < overwritten.get(shown, 0) < used:
        raise RuntimeError(
            f"a view (made by the op {view.op.name}) was used after the tensor that it shows, made "
            f"by the op {shown.op.name}, was written in place: take the view after the write"
        )


def _apply_rule(
    node: Node, g: Any, pending: dict[Vertex, Any], wanted: set[Vertex] | None, link: Link | None
) -> None:
    """Run one node's gradient rule and add its cotangents to those that are pending."""
    if node.time < writes.last:
        _refuse_changed_arrays(node)
    if node.trace is not None:
        node.trace.refuse_changed_arrays(node.kept())
    kept: Sequence[Any] = node.arrays or ()
    inputs, out = kept, node.out
    if link is not None:
        inputs = [
            link(array, parent) if parent is not None and is_array(array) else array
            for array, parent in zip(kept, node.parents, strict=True)
        ]
        out = None if out is None else link(out, node)
    entries = node.op.apply_rule(g, out, inputs, node.options)
    taken: list[Any] = []  # what other leaves received from this rule
    for position, parent in enumerate(node.parents):
        entry = entries[position]
        if parent is None or entry is None or (wanted is not None and parent not in wanted):
            continue
        cotangent = entry() if callable(entry) else entry
        if not hasattr(cotangent, "dtype"):
            raise TypeError(
                f"{node.op.name}.vjp: the cotangent of input {position} is a "
                f"{type(cotangent).__name__}, not an array or a tensor of the input's shape"
            )
        waiting = pending.get(parent)
        if isinstance(parent, Node):
            if kept[position] is not None:
                cotangent = _fitted(cotangent, kept[position], node)
        elif waiting is None:  # what comes later is added to it, in an array of its own
            cotangent = owned(cotangent, [g, out, *inputs, *taken])
            taken.append(cotangent)
        if node.trace is not None:
            node.trace.check_cotangent(position, array_of(cotangent), kept)
        pending[parent] = cotangent if waiting is None else waiting + cotangent


def _fitted(cotangent: Any, kept: Any, node: Node) -> Any:
    """Check a cotangent's shape by what was kept of its input, and give it the input's dtype."""
    shape = kept if isinstance(kept, tuple) else kept.shape
    if cotangent.shape != shape:
        raise RuntimeError(
            f"{node.op.name}.vjp: a cotangent has shape {cotangent.shape} for an input of shape "
            f"{shape}; a rule undoes broadcasting with sum_to_size(g, shape)"
        )
    if kept is shape or kept.dtype == cotangent.dtype:
        return cotangent
    return cotangent.astype(kept.dtype)


def owned(cotangent: Any, others: Sequence[Any]) -> Any:
    """Copy a cotangent unless its memory is its own: gradients never alias."""
    array = array_of(cotangent)
    if array.base is None and not any(array is array_of(other) for other in others):
        return cotangent
    return array.copy(order="K") if cotangent is array else cotangent.clone()


_NEEDED_FOR: Mapping[str, Mapping[str, Sequence[int]]] = {
    "mul": {"input 0": (1,), "input 1": (0,)},
    "matmul": {"input 0": (1,), "input 1": (0,)},
    "linear": {"input 0": (1,), "input 1": (0,), "input 2": ()},
    "div": {"input 0": ()},
    "where": {"input 1": (), "input 2": ()},
}
"""Of a few ops the inputs whose values matter to the gradients of some inputs alone, and which: a
factor to the other's. In all other cases what is kept is taken to matter."""


def _refuse_changed_arrays(node: Node) -> None:
    """Refuse to run a rule on arrays that were written to since the op was recorded."""
    needed_for = _NEEDED_FOR.get(node.op.name, {})
    for role, array in node.kept():
        inputs = needed_for.get(role)
        if inputs is not None and all(node.parents[position] is None for position in inputs):
            continue
        if writes.written_since(array, node.time):
            raise RuntimeError(
                f"the data of {role} of the op {node.op.name} (shape {array.shape}) was changed in "
                "place after the op was recorded, and its gradient rule still needs the old "
                "values: run backward before the change, or work on a copy"
            )
