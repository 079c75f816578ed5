r"""Two steps of arithmetic in one call, as optimisers and clipped weights are written with them.

None of these functions has a rule of its own: each is made of ops whose rules are known.
"""

from __future__ import annotations

from typing import Any

from minigen.engine.backend import Array
from minigen.engine.op import composed
from minigen.ops.arithmetic import add, clip, div, mul

__all__ = ["addcdiv", "addcmul", "clamp_max", "clamp_min"]


@composed
def addcmul(x: Array, tensor1: Array, tensor2: Array, *, value: float = 1) -> Any:
    r"""Add a product: :math:`x + v\,a b`, with broadcasting.

    In place, ``square.mul_(0.999).addcmul_(grad, grad, value=0.001)`` is the step of Adam's mean of
    squares.

    Examples
    --------
    >>> import minigen
    >>> x = minigen.tensor([1.0, 2.0])
    >>> x.addcmul(minigen.tensor([3.0, 4.0]), minigen.tensor(5.0), value=0.5).tolist()
    [8.5, 12.0]
    """
    return add(x, _times(mul(tensor1, tensor2), value))


@composed
def addcdiv(x: Array, tensor1: Array, tensor2: Array, *, value: float = 1) -> Any:
    r"""Add a quotient: :math:`x + v\,a / b`, with broadcasting.

    In place, ``weight.addcdiv_(mean, root, value=-rate)`` is Adam's step itself.

    Examples
    --------
    >>> import minigen
    >>> x = minigen.tensor([1.0, 2.0])
    >>> x.addcdiv(minigen.tensor([3.0, 4.0]), minigen.tensor(2.0), value=-1).tolist()
    [-0.5, 0.0]
    """
    return add(x, _times(div(tensor1, tensor2), value))


def _times(x: Any, value: float) -> Any:
    """Multiply by a number, unless it is 1."""
    return x if value == 1 else mul(x, value)


@composed
def clamp_min(x: Array, min: Array) -> Any:
    """Raise values below a limit to it; see `clip`.

    Examples
    --------
    >>> import minigen
    >>> minigen.tensor([-1.0, 2.0]).clamp_min(0).tolist()
    [0.0, 2.0]
    """
    return clip(x, min=min)


@composed
def clamp_max(x: Array, max: Array) -> Any:
    """Lower values above a limit to it; see `clip`.

    Examples
    --------
    >>> import minigen
    >>> minigen.tensor([-1.0, 2.0]).clamp_max(0).tolist()
    [-1.0, 0.0]
    """
    return clip(x, max=max)
