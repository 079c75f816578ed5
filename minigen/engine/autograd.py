"""Gradients of some tensors with respect to others, without touching any ``.grad``."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from minigen.engine import backend
from minigen.engine.graph import vertex, walk_back
from minigen.engine.tensor import Tensor, linked, seed_of, settle


def grad(
    outputs: Tensor | Sequence[Tensor],
    inputs: Tensor | Sequence[Tensor],
    grad_outputs: Any = None,
    *,
    create_graph: bool = False,
    retain_graph: bool | None = None,
    allow_unused: bool = False,
) -> tuple[Tensor | None, ...]:
    """Return the gradients of `outputs` with respect to `inputs`; fill no ``.grad``.

    Only the part of the graph that lies between them is walked.

    Parameters
    ----------
    outputs, inputs : Tensor or sequence of Tensor
        Inputs may be leaves or results of ops.
    grad_outputs : Tensor, array or sequence of them, optional
        The cotangent of each output, of its shape; 1 for scalars.
    create_graph : bool, default False
        Record the pass, so that the gradients can be differentiated.
    retain_graph : bool, optional
        Keep the graph; as `create_graph` unless given.
    allow_unused : bool, default False
        Return None for an input on which no output depends, instead of an error.

    Returns
    -------
    tuple of Tensor
        The sum over the outputs, an entry an input, of the input's shape and dtype.

    Raises
    ------
    RuntimeError
        As `Tensor.backward`, or if an input is unused or requires no gradient.

    Examples
    --------
    >>> import minigen
    >>> x = minigen.tensor(3.0, requires_grad=True)
    >>> (first,) = minigen.grad(x**3, x, create_graph=True)
    >>> (second,) = minigen.grad(first, x)
    >>> first.item(), second.item()
    (27.0, 18.0)

    Derivation: autograd.second_order
    """
    outputs = [outputs] if isinstance(outputs, Tensor) else list(outputs)
    inputs = [inputs] if isinstance(inputs, Tensor) else list(inputs)
    if grad_outputs is None:
        grad_outputs = [None] * len(outputs)
    elif isinstance(grad_outputs, Tensor) or backend.is_array(grad_outputs):
        grad_outputs = [grad_outputs]
    if len(grad_outputs) != len(outputs):
        raise ValueError(f"grad: {len(grad_outputs)} grad_outputs for {len(outputs)} outputs")
    for position, x in enumerate(inputs):
        if not x._requires_grad:
            raise RuntimeError(f"grad: input {position} does not require a gradient")
    seeds = [
        seed_of(output, cotangent, create_graph, "grad")
        for output, cotangent in zip(outputs, grad_outputs, strict=True)
    ]
    targets = [vertex(x) for x in inputs]
    found = walk_back(
        outputs,
        seeds,
        targets=set(targets),
        link=linked if create_graph else None,
        retain_graph=create_graph if retain_graph is None else retain_graph,
    )
    gradients: list[Tensor | None] = []
    for position, (x, target) in enumerate(zip(inputs, targets, strict=True)):
        if target not in found and not allow_unused:
            raise RuntimeError(
                f"grad: no output depends on input {position} (shape {x.shape}); "
                "pass allow_unused=True to get None for it"
            )
        gradient = settle(x, found[target]) if target in found else None
        if gradient is not None and any(target is t for t in targets[:position]):
            gradient = gradient.clone() if create_graph else Tensor(gradient.array.copy(order="K"))
        gradients.append(gradient)
    return tuple(gradients)
