"""Activations, and the identity, as layers."""

from __future__ import annotations

from typing import Any

import numpy as np

from minigen import functional as F
from minigen.engine.backend import Array, DTypeLike, array_of
from minigen.engine.creation import full
from minigen.nn.module import Module, Parameter, positive


class Identity(Module):
    """The input as it is; arguments are taken and not used, so that it can replace any layer."""

    def __init__(self, *_arguments: Any, **_options: Any) -> None:
        super().__init__()

    def forward(self, x: Array) -> Array:
        return x


class ReLU(Module):
    r"""Rectified linear unit, :math:`\max(x, 0)`; see `minigen.functional.relu`.

    Here, and wherever PyTorch has it, `inplace` is taken and has no effect: ops return new arrays.

    Examples
    --------
    >>> import minigen
    >>> from minigen import nn
    >>> nn.ReLU()(minigen.tensor([-1.0, 2.0])).tolist()
    [0.0, 2.0]

    Derivation: relu
    """

    def __init__(self, inplace: bool = False) -> None:  # noqa: ARG002 - PyTorch's
        super().__init__()

    def forward(self, x: Array) -> Array:
        return F.relu(x)


class LeakyReLU(Module):
    """Leaky ReLU, x or ``negative_slope * x`` below 0; see `minigen.functional.leaky_relu`.

    Derivation: leaky_relu
    """

    def __init__(self, negative_slope: float = 0.01, inplace: bool = False) -> None:  # noqa: ARG002
        super().__init__()
        self.negative_slope = negative_slope

    def forward(self, x: Array) -> Array:
        return F.leaky_relu(x, self.negative_slope)

    def extra_repr(self) -> str:
        return f"negative_slope={self.negative_slope}"


class PReLU(Module):
    r"""Leaky ReLU whose slopes are learnt; see `minigen.functional.prelu`.

    Parameters
    ----------
    num_parameters : int, default 1
        One slope for all channels, or one for each of so many.
    init : float, default 0.25
        The first slope.
    dtype
        See `Dense`.

    Attributes
    ----------
    weight : Parameter, shape (num_parameters,)
        The slopes. A penalty on large weights would draw them to 0: see the paper's section 2.1.

    Raises
    ------
    ValueError
        If `num_parameters` is not a positive integer; in a call, if x has other channels.

    Examples
    --------
    >>> import minigen
    >>> from minigen import nn
    >>> nn.PReLU()(minigen.tensor([-1.0, 2.0])).tolist()
    [-0.25, 2.0]

    Derivation: prelu
    """

    def __init__(
        self, num_parameters: int = 1, init: float = 0.25, *, dtype: DTypeLike = np.float32
    ) -> None:
        super().__init__()
        positive("PReLU", num_parameters=num_parameters)
        self.num_parameters = num_parameters
        self.weight = Parameter(full((num_parameters,), init, dtype=dtype))

    def forward(self, x: Array) -> Array:
        return F.prelu(x, self.weight)

    def extra_repr(self) -> str:
        return f"num_parameters={self.num_parameters}"


class ELU(Module):
    r"""Exponential linear unit, x or :math:`\alpha(e^x - 1)` below 0; `minigen.functional.elu`.

    Derivation: elu
    """

    def __init__(self, alpha: float = 1.0, inplace: bool = False) -> None:  # noqa: ARG002
        super().__init__()
        self.alpha = alpha

    def forward(self, x: Array) -> Array:
        return F.elu(x, self.alpha)

    def extra_repr(self) -> str:
        return f"alpha={self.alpha}"


class SELU(Module):
    """Scaled exponential linear unit, which keeps mean and variance; `minigen.functional.selu`.

    Derivation: elu.self_normalizing
    """

    def __init__(self, inplace: bool = False) -> None:  # noqa: ARG002
        super().__init__()

    def forward(self, x: Array) -> Array:
        return F.selu(x)


class Hardtanh(Module):
    r"""Values limited to an interval; see `minigen.functional.hardtanh`.

    Derivation: hardtanh
    """

    def __init__(
        self,
        min_val: float = -1.0,
        max_val: float = 1.0,
        inplace: bool = False,  # noqa: ARG002
    ) -> None:
        super().__init__()
        self.min_val, self.max_val = min_val, max_val

    def forward(self, x: Array) -> Array:
        return F.hardtanh(x, self.min_val, self.max_val)

    def extra_repr(self) -> str:
        return f"min_val={self.min_val}, max_val={self.max_val}"


class ReLU6(Module):
    r"""ReLU that levels off at 6; see `minigen.functional.relu6`.

    Derivation: hardtanh
    """

    def __init__(self, inplace: bool = False) -> None:  # noqa: ARG002
        super().__init__()

    def forward(self, x: Array) -> Array:
        return F.relu6(x)


class Sigmoid(Module):
    r"""Logistic function, :math:`1 / (1 + e^{-x})`; see `minigen.functional.sigmoid`.

    Losses from logits (`minigen.functional.binary_cross_entropy_with_logits`) do without it.

    Derivation: sigmoid
    """

    def forward(self, x: Array) -> Array:
        return F.sigmoid(x)


class SiLU(Module):
    """Sigmoid linear unit, the swish, x times its sigmoid; see `minigen.functional.silu`.

    Derivation: sigmoid
    """

    def __init__(self, inplace: bool = False) -> None:  # noqa: ARG002
        super().__init__()

    def forward(self, x: Array) -> Array:
        return F.silu(x)


class Mish(Module):
    r"""Mish, :math:`x \tanh(\ln(1 + e^x))`; see `minigen.functional.mish`.

    Derivation: tanh, softplus
    """

    def __init__(self, inplace: bool = False) -> None:  # noqa: ARG002
        super().__init__()

    def forward(self, x: Array) -> Array:
        return F.mish(x)


class GELU(Module):
    r"""Gaussian error linear unit, :math:`x\,\Phi(x)`; see `minigen.functional.gelu`.

    Examples
    --------
    >>> import minigen
    >>> from minigen import nn
    >>> nn.GELU(approximate="tanh")(minigen.tensor([-10.0, 10.0])).tolist()
    [-0.0, 10.0]

    Derivation: gelu, gelu.tanh
    """

    def __init__(self, approximate: str = "none") -> None:
        super().__init__()
        self.approximate = approximate

    def forward(self, x: Array) -> Array:
        return F.gelu(x, self.approximate)

    def extra_repr(self) -> str:
        return f"approximate={self.approximate!r}"


class LogSigmoid(Module):
    """Logarithm of the sigmoid, without underflow; see `minigen.functional.logsigmoid`.

    Derivation: softplus
    """

    def forward(self, x: Array) -> Any:
        return F.logsigmoid(x)


class Softsign(Module):
    r"""A slower tanh, :math:`x / (1 + |x|)`; see `minigen.functional.softsign`.

    Derivation: elementwise
    """

    def forward(self, x: Array) -> Any:
        return F.softsign(x)


class Tanh(Module):
    """Hyperbolic tangent; see `minigen.functional.tanh`.

    Derivation: tanh
    """

    def forward(self, x: Array) -> Array:
        return F.tanh(x)


class Softplus(Module):
    r"""Smooth ReLU, :math:`\ln(1 + e^{\beta x}) / \beta`; see `minigen.functional.softplus`.

    Parameters
    ----------
    beta : float, default 1
        How sharply it bends at 0.
    threshold : float, default 20
        Beyond which :math:`\beta x` the result is x itself, from which float32 can't tell it there.

    Raises
    ------
    ValueError
        If `beta` isn't positive.

    Examples
    --------
    >>> import minigen
    >>> from minigen import nn
    >>> round(nn.Softplus(beta=2.0)(minigen.tensor(0.0)).item(), 4)
    0.3466

    Derivation: softplus
    """

    def __init__(self, beta: float = 1.0, threshold: float = 20.0) -> None:
        super().__init__()
        if not beta > 0:
            raise ValueError(f"Softplus: a positive beta is expected, got {beta}")
        self.beta = beta
        self.threshold = threshold

    def forward(self, x: Array) -> Array:
        if self.beta == 1 and self.threshold >= 20:
            return F.softplus(x)
        scaled = F.mul(x, self.beta)
        bent = F.softplus(scaled) / self.beta
        return F.where(array_of(scaled) > self.threshold, x, bent)

    def extra_repr(self) -> str:
        return f"beta={self.beta}, threshold={self.threshold}"


class _AlongAxis(Module):
    """An activation over one axis, named `dim` as PyTorch does."""

    def __init__(self, dim: int = -1) -> None:
        super().__init__()
        self.dim = dim

    def extra_repr(self) -> str:
        return f"dim={self.dim}"


class Softmax(_AlongAxis):
    """Softmax over the axis `dim`; see `minigen.functional.softmax`.

    Examples
    --------
    >>> import minigen
    >>> from minigen import nn
    >>> nn.Softmax(dim=1)(minigen.zeros(1, 4)).tolist()
    [[0.25, 0.25, 0.25, 0.25]]

    Derivation: softmax
    """

    def forward(self, x: Array) -> Array:
        return F.softmax(x, self.dim)


class LogSoftmax(_AlongAxis):
    """Logarithm of the softmax over the axis `dim`; see `minigen.functional.log_softmax`.

    Derivation: log_softmax
    """

    def forward(self, x: Array) -> Array:
        return F.log_softmax(x, self.dim)


class Softmin(_AlongAxis):
    """Softmax of -x over the axis `dim`; see `minigen.functional.softmin`.

    Derivation: softmax
    """

    def forward(self, x: Array) -> Any:
        return F.softmin(x, self.dim)


class GLU(_AlongAxis):
    """Half of the channels, gated by the others, over the axis `dim`; `minigen.functional.glu`.

    Examples
    --------
    >>> import minigen
    >>> from minigen import nn
    >>> nn.Sequential(nn.Conv2d(3, 32, 3), nn.GLU(dim=1))(minigen.zeros(8, 3, 5, 5)).shape
    (8, 16, 3, 3)

    Derivation: sigmoid
    """

    def forward(self, x: Array) -> Any:
        return F.glu(x, self.dim)
