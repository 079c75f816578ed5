r"""Initial values of weights: Xavier's, He's, orthogonal ones, and the plain distributions.

Each function writes into a tensor, outside the graph, and returns it. An array will do as well,
such as the ``layer.weight.data`` of PyTorch's tutorials. The random ones take a generator, and fall
back to the default one.

The *fans* of a weight are how many numbers meet in one output (fan in) and how many outputs one
input reaches (fan out). They are computed as in PyTorch, from the first two axes and the size of
the kernel: the fan in is ``shape[1]`` and the fan out ``shape[0]``, each times the product of the
other lengths. That is right for dense weights (out, in) and convolutions (out, in, kH, kW). The
weight of a transposed convolution is laid out (in, out, kH, kW), so there, as in PyTorch, the two
fans change places.

Derivation: init.mean_square
"""

from __future__ import annotations

import math
from typing import Any, Protocol, TypeVar

import numpy as np
import numpy.typing as npt

from minigen.engine.backend import Array, is_array, to_device
from minigen.engine.modes import no_grad
from minigen.engine.random import Generator, default_generator
from minigen.engine.tensor import Tensor
from minigen.nn.module import Module, Parameter

Weight = TypeVar("Weight", bound=Tensor | Array)
"""A tensor or an array; what goes in comes out."""


class Initializer(Protocol):
    """A function of this module that `initialize_` can apply."""

    def __call__(self, tensor: Tensor, *, generator: Generator | None) -> Tensor:
        """Write initial values into `tensor` and return it."""


def uniform_(
    tensor: Weight, a: float = 0.0, b: float = 1.0, generator: Generator | None = None
) -> Weight:
    """Fill with numbers drawn uniformly from [a, b).

    Examples
    --------
    >>> import minigen
    >>> from minigen import nn
    >>> x = nn.init.uniform_(minigen.zeros(100), -2, 2, generator=minigen.Generator(0))
    >>> bool((x.array >= -2).all() and (x.array < 2).all())
    True
    """
    with no_grad():
        _as_tensor(tensor).uniform_(a, b, generator=generator)
    return tensor


def normal_(
    tensor: Weight, mean: float = 0.0, std: float = 1.0, generator: Generator | None = None
) -> Weight:
    """Fill with numbers drawn from N(mean, std²)."""
    with no_grad():
        _as_tensor(tensor).normal_(mean, std, generator=generator)
    return tensor


def constant_(tensor: Weight, val: float) -> Weight:
    """Fill with one number."""
    with no_grad():
        _as_tensor(tensor).fill_(val)
    return tensor


def zeros_(tensor: Weight) -> Weight:
    """Fill with zeros."""
    return constant_(tensor, 0)


def ones_(tensor: Weight) -> Weight:
    """Fill with ones."""
    return constant_(tensor, 1)


def xavier_uniform_(
    tensor: Weight, gain: float = 1.0, generator: Generator | None = None
) -> Weight:
    r"""Fill from U(-a, a) so that activations and gradients keep their variance.

    .. math:: a = \mathrm{gain} \sqrt{\frac{6}{\mathrm{fan_{in}} + \mathrm{fan_{out}}}}

    Glorot and Bengio (2010), PMLR 9, equation 16.

    Parameters
    ----------
    tensor : Tensor or array
        The weight, of two axes or more.
    gain : float
        What makes good for the activation that follows; see `calculate_gain`.

    Raises
    ------
    ValueError
        If the tensor has fewer than two axes.

    Examples
    --------
    >>> import minigen
    >>> from minigen import nn
    >>> weight = nn.init.xavier_uniform_(minigen.zeros(2, 4), generator=minigen.Generator(0))
    >>> bool((abs(weight.array) <= 1).all())
    True

    Derivation: init.xavier
    """
    fan_in, fan_out = calculate_fans(tensor)
    bound = gain * math.sqrt(6 / (fan_in + fan_out))
    return uniform_(tensor, -bound, bound, generator)


def xavier_normal_(tensor: Weight, gain: float = 1.0, generator: Generator | None = None) -> Weight:
    r"""Fill from N(0, s²) with the variance of `xavier_uniform_`.

    .. math:: s = \mathrm{gain} \sqrt{\frac{2}{\mathrm{fan_{in}} + \mathrm{fan_{out}}}}

    Parameters and errors are those of `xavier_uniform_`.

    Derivation: init.xavier
    """
    fan_in, fan_out = calculate_fans(tensor)
    return normal_(tensor, 0.0, gain * math.sqrt(2 / (fan_in + fan_out)), generator)


def kaiming_uniform_(
    tensor: Weight,
    a: float = 0.0,
    mode: str = "fan_in",
    nonlinearity: str = "leaky_relu",
    generator: Generator | None = None,
) -> Weight:
    r"""Fill from U(-b, b) so that the variance passes through layers of ReLUs; He's initialisation.

    .. math:: b = \mathrm{gain} \sqrt{\frac{3}{\mathrm{fan}}}

    He et al. (2015), arXiv:1502.01852.

    Parameters
    ----------
    tensor : Tensor or array
        The weight, of two axes or more.
    a : float
        The slope of the negative half, if the nonlinearity is ``"leaky_relu"``; 0 is ReLU.
    mode : {"fan_in", "fan_out"}
        Keep the variance of the activations, or of the gradients.
    nonlinearity : str
        The activation that follows; see `calculate_gain`.

    Raises
    ------
    ValueError
        If the tensor has fewer than two axes, or `mode` or `nonlinearity` is not known.

    Derivation: init.he
    """
    bound = math.sqrt(3) * _kaiming_std(tensor, a, mode, nonlinearity)
    return uniform_(tensor, -bound, bound, generator)


def kaiming_normal_(
    tensor: Weight,
    a: float = 0.0,
    mode: str = "fan_in",
    nonlinearity: str = "leaky_relu",
    generator: Generator | None = None,
) -> Weight:
    r"""Fill from N(0, s²) with the variance of `kaiming_uniform_`; He's initialisation.

    .. math:: s = \frac{\mathrm{gain}}{\sqrt{\mathrm{fan}}}

    Parameters and errors are those of `kaiming_uniform_`.

    Derivation: init.he
    """
    return normal_(tensor, 0.0, _kaiming_std(tensor, a, mode, nonlinearity), generator)


def trunc_normal_(
    tensor: Weight,
    mean: float = 0.0,
    std: float = 1.0,
    a: float = -2.0,
    b: float = 2.0,
    generator: Generator | None = None,
) -> Weight:
    """Fill from N(mean, std²), of which what lies outside [a, b] is drawn again.

    Parameters
    ----------
    a, b : float
        The bounds, which are numbers and not multiples of `std`.

    Raises
    ------
    ValueError
        If `std` isn't positive, or less than a thousandth of the numbers would lie within.

    Examples
    --------
    >>> import minigen
    >>> from minigen import nn
    >>> x = nn.init.trunc_normal_(minigen.zeros(1000), generator=minigen.Generator(0))
    >>> bool((abs(x.array) <= 2).all()), round(x.std().item(), 1)
    (True, 0.9)
    """
    if not std > 0:
        raise ValueError(f"trunc_normal_: a positive std is expected, got {std}")
    below = [0.5 * (1 + math.erf((bound - mean) / (std * math.sqrt(2)))) for bound in (a, b)]
    if not below[1] - below[0] >= 1e-3:
        raise ValueError(
            f"trunc_normal_: [{a}, {b}] holds {max(below[1] - below[0], 0):.1g} of "
            f"N({mean}, {std}²); a thousandth or more is expected"
        )
    source = generator or default_generator()
    drawn = mean + std * source.normal(tuple(tensor.shape), np.float64)
    while (outside := (drawn < a) | (drawn > b)).any():
        drawn[outside] = mean + std * source.normal((int(outside.sum()),), np.float64)
    return _write(tensor, drawn)


def orthogonal_(tensor: Weight, gain: float = 1.0, generator: Generator | None = None) -> Weight:
    r"""Fill with a random matrix whose rows, or columns if these are fewer, are orthonormal.

    The Q of a QR decomposition of normal numbers, its signs so that the diagonal of R is positive:
    every orthogonal matrix is as likely as every other. Lengths stay what they are, however many
    layers follow one another. Saxe, McClelland, Ganguli (2014), arXiv:1312.6120; Mezzadri (2007),
    arXiv:math-ph/0609050.

    Parameters
    ----------
    tensor : Tensor or array
        Of two axes or more; all but the first count as one.
    gain : float
        By what all is multiplied; see `calculate_gain`.

    Raises
    ------
    ValueError
        If the tensor has fewer than two axes.

    Examples
    --------
    >>> import minigen
    >>> from minigen import nn
    >>> q = nn.init.orthogonal_(minigen.zeros(2, 3), generator=minigen.Generator(0))
    >>> minigen.allclose(q @ q.T, minigen.eye(2), atol=1e-6)
    True
    """
    if tensor.ndim < 2:
        raise ValueError(
            f"orthogonal_: a tensor of two axes or more is expected, got shape {tensor.shape}"
        )
    rows, columns = tensor.shape[0], math.prod(tensor.shape[1:])
    longer, shorter = max(rows, columns), min(rows, columns)
    drawn = (generator or default_generator()).normal((longer, shorter), np.float64)
    q, r = np.linalg.qr(drawn)
    q *= np.where(np.diagonal(r) < 0, -gain, gain)
    return _write(tensor, (q if rows >= columns else q.T).reshape(tensor.shape))


def eye_(tensor: Weight) -> Weight:
    """Fill a matrix with the identity, as far as it goes.

    Raises
    ------
    ValueError
        If the tensor has not two axes.
    """
    _expect_axes("eye_", tensor, 2)
    return _write(tensor, np.eye(*tensor.shape))


def dirac_(tensor: Weight, groups: int = 1) -> Weight:
    """Fill a convolution's weight so that it hands on its input, as many channels as there are.

    Parameters
    ----------
    tensor : Tensor or array, shape (out, in / groups, k) or (out, in / groups, kH, kW)
        The weight.
    groups : int, default 1
        Of the convolution; each hands on its own channels.

    Raises
    ------
    ValueError
        If the tensor has not three axes or four, or `groups` does not divide the first.

    Examples
    --------
    >>> import minigen
    >>> from minigen import nn
    >>> layer = nn.Conv2d(3, 3, 3, padding=1, bias=False)
    >>> weight = nn.init.dirac_(layer.weight)
    >>> images = minigen.rand(2, 3, 8, 8)
    >>> minigen.equal(layer(images), images)
    True
    """
    _expect_axes("dirac_", tensor, 3, 4)
    out, into, *kernel = tensor.shape
    if groups < 1 or out % groups:
        raise ValueError(f"dirac_: groups must divide {out} channels out, got {groups}")
    weight = np.zeros(tensor.shape)
    for channel in range(out):
        of_its_group = channel % (out // groups)
        if of_its_group < into:
            weight[(channel, of_its_group, *(size // 2 for size in kernel))] = 1
    return _write(tensor, weight)


def sparse_(
    tensor: Weight, sparsity: float, std: float = 0.01, generator: Generator | None = None
) -> Weight:
    """Fill a matrix from N(0, std²), but for as many zeros in each column; Martens (2010).

    Parameters
    ----------
    sparsity : float, in [0, 1]
        The share of zeros in a column, rounded up.

    Raises
    ------
    ValueError
        If the tensor has not two axes, or `sparsity` lies outside [0, 1].
    """
    _expect_axes("sparse_", tensor, 2)
    if not 0 <= sparsity <= 1:
        raise ValueError(f"sparse_: sparsity must lie in [0, 1], got {sparsity}")
    source, rows = generator or default_generator(), tensor.shape[0]
    drawn = std * source.normal(tuple(tensor.shape), np.float64)
    for column in drawn.T:
        column[source.permutation(rows)[: math.ceil(sparsity * rows)]] = 0
    return _write(tensor, drawn)


def dcgan_normal_(tensor: Weight, generator: Generator | None = None) -> Weight:
    """Fill from N(0, 0.02²), as DCGAN's weights; Radford et al. (2016), arXiv:1511.06434, 4."""
    return normal_(tensor, 0.0, 0.02, generator)


def calculate_gain(nonlinearity: str, param: float | None = None) -> float:
    r"""Return the gain with which an activation keeps the variance, about.

    ========================================  ========================================
    linear, conv and conv_transpose, sigmoid  1
    tanh                                      5/3
    relu                                      :math:`\sqrt 2`
    leaky_relu                                :math:`\sqrt{2 / (1 + \mathrm{param}^2)}`
    selu                                      3/4
    ========================================  ========================================

    Parameters
    ----------
    nonlinearity : str
        The name of the activation in `minigen.functional`.
    param : float, optional
        The negative slope of the leaky ReLU, 0.01 unless given.

    Raises
    ------
    ValueError
        If the activation is not among these.

    Examples
    --------
    >>> from minigen import nn
    >>> nn.init.calculate_gain("leaky_relu", 1.0)
    1.0
    """
    gains = {"sigmoid": 1.0, "tanh": 5 / 3, "relu": math.sqrt(2), "selu": 0.75}
    gains |= dict.fromkeys(_LINEAR, 1.0)
    slope = 0.01 if param is None else param
    gains["leaky_relu"] = math.sqrt(2 / (1 + slope**2))
    if nonlinearity not in gains:
        raise ValueError(
            f"calculate_gain: unknown nonlinearity {nonlinearity!r}: use one of {', '.join(gains)}"
        )
    return gains[nonlinearity]


def calculate_fans(tensor: Tensor | Array) -> tuple[int, int]:
    """Return the fan in and the fan out of a weight, as PyTorch computes them.

    Raises
    ------
    ValueError
        If the tensor has fewer than two axes.

    Examples
    --------
    >>> import minigen
    >>> from minigen import nn
    >>> nn.init.calculate_fans(minigen.zeros(8, 3, 5, 5))
    (75, 200)

    Derivation: init.fans
    """
    if tensor.ndim < 2:
        raise ValueError(
            f"a weight of two axes or more is expected, which has fans, got shape {tensor.shape}"
        )
    kernel = math.prod(tensor.shape[2:])
    return tensor.shape[1] * kernel, tensor.shape[0] * kernel


def initialize_(
    module: Module, initializer: Initializer, generator: Generator | None = None
) -> Module:
    """Initialise every weight of two axes or more below `module`, and set the biases beside to 0.

    Norms, whose weights have one axis, stay as they are. The module itself is returned.

    Parameters
    ----------
    module : Module
        A layer or a whole model.
    initializer : callable
        A function of this module; `functools.partial` fixes its options.

    Examples
    --------
    >>> import minigen
    >>> from minigen import nn
    >>> model = nn.Sequential(nn.Dense(784, 400), nn.ReLU(), nn.Dense(400, 10))
    >>> model = nn.init.initialize_(model, nn.init.dcgan_normal_, minigen.Generator(0))
    >>> round(model[0].weight.std().item(), 3), model[2].bias.sum().item()
    (0.02, 0.0)
    """
    for layer in module.modules():
        weight, bias = getattr(layer, "weight", None), getattr(layer, "bias", None)
        if isinstance(weight, Parameter) and weight.ndim >= 2:
            initializer(weight, generator=generator)
            if isinstance(bias, Parameter):
                zeros_(bias)
    return module


_LINEAR = ("linear", "conv1d", "conv2d", "conv3d",
           "conv_transpose1d", "conv_transpose2d", "conv_transpose3d")  # fmt: skip


def _kaiming_std(tensor: Tensor | Array, a: float, mode: str, nonlinearity: str) -> float:
    fans = dict(zip(("fan_in", "fan_out"), calculate_fans(tensor), strict=True))
    if mode not in fans:
        raise ValueError(f"unknown mode {mode!r}: use 'fan_in' or 'fan_out'")
    return calculate_gain(nonlinearity, a) / math.sqrt(fans[mode])


def _expect_axes(name: str, tensor: Tensor | Array, *counts: int) -> None:
    """Refuse a tensor of another number of axes."""
    if tensor.ndim not in counts:
        expected = " or ".join(map(str, counts))
        raise ValueError(f"{name}: {expected} axes are expected, got shape {tuple(tensor.shape)}")


def _write(tensor: Weight, values: npt.NDArray[Any]) -> Weight:
    """Write numbers of the host's into a tensor, in its dtype and on its device."""
    with no_grad():
        held = _as_tensor(tensor)
        held.copy_(to_device(values.astype(held.dtype), held.device))
    return tensor


def _as_tensor(weight: Any) -> Tensor:
    """Return a tensor whose memory is the weight's own: what is written there is logged."""
    return Tensor(weight) if is_array(weight) else weight
