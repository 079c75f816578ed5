"""The recorded graph behind a tensor, drawn.

`reading` makes a `sketch` of the engine's nodes, small enough to be seen, and `drawing` draws it
where `layout` says.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

from minigen.engine.backend import Array
from minigen.engine.graph import Vertex
from minigen.engine.tensor import Tensor
from minigen.files import write_atomically
from minigen.viz.graphs.drawing import draw
from minigen.viz.graphs.reading import (
    complete_forms,
    gradients_at,
    kept_forms,
    names_of,
    norm,
    read_graph,
    recorded_nodes,
    shapes_by_walking,
)
from minigen.viz.graphs.sketch import prune

if TYPE_CHECKING:
    from minigen.nn import Module


class GraphPicture:
    """A drawn graph: notebooks show it, `save` writes it into a file, and `svg` is its document."""

    def __init__(self, svg: str) -> None:
        self.svg = svg

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write the picture into an SVG file, whole or not at all."""
        write_atomically(path, self.svg.encode())

    def _repr_svg_(self) -> str:
        return self.svg

    def _repr_html_(self) -> str:
        """Return the picture as a part of the page: in an image, links can't be followed."""
        return self.svg


def graph(
    output: Tensor,
    *,
    module: Module | None = None,
    names: Mapping[str, Tensor | Array] | None = None,
    gradients: bool = False,
    gradient: Tensor | Array | None = None,
    derivations: str | None = "derivations",
    limit: int = 200,
    title: str = "",
) -> GraphPicture:
    r"""Draw the recorded graph behind a tensor: ops, shapes, dtypes, and norms of gradients.

    Inputs are at the top, `output` at the bottom. Ops have round corners, parameters (leaves that
    require a gradient) pointed ends, inputs and constants dashed edges; numbers among an op's
    inputs, and options that are not the default, stand in the op. Each op of the library links to
    its derivation.

    The shape of what an op made is known if the op or another that took it kept the array or its
    shape. For the others a backward pass is run, which fills no ``.grad`` and keeps the graph. If
    the engine refuses it, because an op has no gradient rule, say, the picture says so, and these
    shapes are missing. A dtype that can't be told for certain is left out.

    Parameters
    ----------
    output : Tensor
        Such as a loss; its graph must not have been freed.
    module : Module, optional
        Names its parameters and buffers.
    names : mapping from str to Tensor or array, optional
        Names of other tensors: inputs, targets, or what ops made. A constant of which its op kept
        the shape alone, as `add` does, stays without a name.
    gradients : bool, default False
        Show the norm of the gradient with respect to every parameter and everything that an op
        made. It costs a backward pass, with all its gradients in memory at once, and reads each
        from the device. Without it, parameters are shown with the norm of their ``.grad``, if any.
    gradient : Tensor or array, optional
        The cotangent of `output`, of its shape; 1 where the output is a scalar.
    derivations : str, optional
        The folder or address of the derivations' pages; None for no links.
    limit : int, default 200
        How many symbols are drawn. In a larger graph, chains of four or more ops are drawn as one;
        if that does not suffice, the oldest ops are left out. The picture says which.
    title : str, optional
        What screen readers read first; by default, how many ops and leaves there are. The picture's
        ``<desc>`` says the graph in words.

    Raises
    ------
    RuntimeError
        If no op was recorded, the graph was freed, or, with `gradients`, as `Tensor.backward`.
    ValueError
        If `gradient` has another shape than `output`, or `limit` is less than 3.

    Examples
    --------
    >>> import tempfile
    >>> import minigen
    >>> from minigen import nn
    >>> layer = nn.Dense(3, 2)
    >>> x = minigen.ones(5, 3)
    >>> picture = graph(layer(x).pow(2).sum(), module=layer, names={"x": x}, gradients=True)
    >>> "weight" in picture.svg
    True
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     picture.save(f"{folder}/graph.svg")
    """
    if limit < 3:
        raise ValueError(f"viz.graph: limit of at least 3 is expected, got {limit}")
    nodes = recorded_nodes(output)
    forms = kept_forms(output, nodes)
    norms = _accumulated(forms)
    remarks = []
    if gradients:
        arrived = gradients_at(output, forms, gradient)
        complete_forms(forms, nodes, arrived)
        norms = {at: norm(array) for at, array in arrived.items()}
    elif unknown := [at for at, form in forms.items() if not form.known]:
        try:
            complete_forms(forms, nodes, shapes_by_walking(output, unknown))
        except (ArithmeticError, LookupError, RuntimeError, TypeError, ValueError) as error:
            remarks.append(f"What nobody kept, some shapes or dtypes, is missing: {error}.")
    named = {**_members(module), **(names or {})}
    sketch = read_graph(nodes, forms, names_of(named), norms, derivations)
    sketch.remarks.extend(remarks)
    return GraphPicture(draw(prune(sketch, limit), title))


def _accumulated(vertices: Iterable[Vertex]) -> dict[Vertex, float]:
    """Return the norms of the leaves' ``.grad``, where there is one."""
    leaves = [at for at in vertices if isinstance(at, Tensor)]
    return {leaf: norm(leaf.grad.array) for leaf in leaves if leaf.grad is not None}


def _members(module: Module | None) -> dict[str, Tensor]:
    """Return a module's buffers and parameters by name."""
    if module is None:
        return {}
    return {**dict(module.named_buffers()), **dict(module.named_parameters())}
