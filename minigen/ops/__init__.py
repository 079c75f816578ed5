"""The differentiable ops, one file a family; an op's forward and its gradient rule stand together.

Importing this package gives `Tensor` its operators and methods.
"""

from minigen.engine.tensor import Tensor
from minigen.ops import (
    activation,
    arithmetic,
    convolution,
    elementwise,
    embedding,
    linear,
    normalization,
    pooling,
    reduction,
    shaping,
)
from minigen.ops.methods import TensorMethods

__all__ = [
    "activation",
    "arithmetic",
    "convolution",
    "elementwise",
    "embedding",
    "linear",
    "normalization",
    "pooling",
    "reduction",
    "shaping",
]


def _add_methods() -> None:
    """Give `Tensor` the methods that the ops make possible."""
    for name, method in vars(TensorMethods).items():
        if name not in {"__module__", "__doc__", "__slots__", "__hash__", "__dict__"}:
            setattr(Tensor, name, method)


_add_methods()
