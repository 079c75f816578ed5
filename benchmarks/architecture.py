"""Networks as data: what every library's version of a workload is built from."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

Shape = tuple[int, ...]


@dataclass(frozen=True)
class Dense:
    """A dense layer; its weight has shape (outputs, inputs)."""

    inputs: int
    outputs: int
    bias: bool = True

    def parameter_shapes(self) -> list[Shape]:
        """Return the shapes of the weight, and of the bias if it has one."""
        weight = (self.outputs, self.inputs)
        return [weight, (self.outputs,)] if self.bias else [weight]


@dataclass(frozen=True)
class Convolution:
    """A convolution of images, or the transpose of one."""

    inputs: int
    outputs: int
    kernel: int = 4
    stride: int = 2
    padding: int = 1
    bias: bool = True
    transposed: bool = False

    def parameter_shapes(self) -> list[Shape]:
        """Return the shapes of the kernels, in PyTorch's layout, and of the bias if it has one."""
        channels = (self.outputs, self.inputs)
        kernels = (*(channels[::-1] if self.transposed else channels), self.kernel, self.kernel)
        return [kernels, (self.outputs,)] if self.bias else [kernels]


@dataclass(frozen=True)
class BatchNorm:
    """Batch norm of features (N, C) or images (N, C, H, W), with scale and shift."""

    features: int
    axes: int
    """How many axes its inputs have: 2 or 4."""

    def parameter_shapes(self) -> list[Shape]:
        """Return the shapes of scale and shift."""
        return [(self.features,), (self.features,)]


@dataclass(frozen=True)
class Projection:
    """A score of features h with their class y: w . h + b + E[y] . h."""

    features: int
    classes: int

    def parameter_shapes(self) -> list[Shape]:
        """Return the shapes of w, of b and of E, which has a row a class."""
        return [(1, self.features), (1,), (self.classes, self.features)]


@dataclass(frozen=True)
class Activation:
    """A function of single elements: ``"relu"``, ``"leaky_relu"`` (of slope 0.2) or ``"tanh"``."""

    name: str

    def parameter_shapes(self) -> list[Shape]:
        """Return none."""
        return []


@dataclass(frozen=True)
class Reshape:
    """Give each example another shape."""

    shape: Shape

    def parameter_shapes(self) -> list[Shape]:
        """Return none."""
        return []


Layer = Dense | Convolution | BatchNorm | Projection | Activation | Reshape

RELU = Activation("relu")
LEAKY_RELU = Activation("leaky_relu")
TANH = Activation("tanh")
LEAKY_SLOPE = 0.2


def parameter_shapes(layers: Iterable[Layer]) -> list[Shape]:
    """Return the shapes of all parameters of a chain of layers, in order.

    Examples
    --------
    >>> parameter_shapes([Dense(784, 400), RELU, Dense(400, 20)])
    [(400, 784), (400,), (20, 400), (20,)]
    """
    return [shape for layer in layers for shape in layer.parameter_shapes()]
