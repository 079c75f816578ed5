"""Parameters: the tensors of a module that are learnt."""

from __future__ import annotations

from typing import Any

from minigen.engine.tensor import Tensor, tensor


class Parameter(Tensor):
    """A tensor that a module learns: assigned as its attribute, it is one of its parameters.

    The values are copied: an optimiser writes into a parameter's memory, and nothing else than the
    parameter must change then.

    Parameters
    ----------
    data : array_like or Tensor
        The first values; Python floats become float32, an array keeps its dtype.
    requires_grad : bool, default True
        Whether to accumulate gradients. A parameter without them is frozen.

    Raises
    ------
    TypeError
        If `data` are integers and `requires_grad` is asked for.

    Examples
    --------
    >>> from minigen import nn
    >>> nn.Parameter([1.0, 2.0])
    Parameter containing:
    tensor([1., 2.], requires_grad=True)
    """

    __slots__ = ()

    def __init__(self, data: Any, requires_grad: bool = True) -> None:
        super().__init__(tensor(data).data, requires_grad)

    def __repr__(self) -> str:
        return f"Parameter containing:\n{super().__repr__()}"
