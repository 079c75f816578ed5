r"""Spectral normalisation: a weight divided by its largest singular value."""

from __future__ import annotations

import functools
from typing import Any, TypeVar

import numpy as np

from minigen import functional as F
from minigen.engine.backend import Array, namespace
from minigen.engine.modes import no_grad
from minigen.engine.random import Generator, default_generator
from minigen.engine.tensor import Tensor
from minigen.nn.convolution import ConvTranspose2d
from minigen.nn.module import Module, Parameter

Layer = TypeVar("Layer", bound=Module)

FIRST_ITERATIONS = 15
"""Steps of the power iteration before the first use, as in PyTorch."""


def spectral_norm(
    module: Layer,
    name: str = "weight",
    n_power_iterations: int = 1,
    eps: float = 1e-12,
    dim: int | None = None,
    *,
    generator: Generator | None = None,
) -> Layer:
    r"""Let a layer divide its weight by the weight's largest singular value, whenever it is called.

    .. math:: \bar W = \frac{W}{\sigma(W)}, \qquad \sigma(W) = u^\top W v, \qquad
              u \leftarrow \frac{W v}{\|W v\|},\quad v \leftarrow \frac{W^\top u}{\|W^\top u\|}

    Then the layer, as a matrix of one row an output channel, lengthens no vector, up to the error
    of the iteration. The singular vectors u and v are buffers that each call in training mode
    brings nearer to those of the present weight, by power iteration; for the gradient they are
    constants, and :math:`\partial\sigma / \partial W = u v^\top`. Miyato, Kataoka, Koyama, Yoshida
    (2018), arXiv:1802.05957, algorithm 1.

    As `torch.nn.utils.parametrizations.spectral_norm`, with the same names in the `state_dict`:
    ``parametrizations.weight.original`` is W, the parameter that is learnt, and
    ``parametrizations.weight.0._u`` and ``._v`` are the buffers.

    Parameters
    ----------
    module : Module
        A layer with a weight of two axes or more. Initialise it before: its parameter moves.
    name : str
        The weight's name.
    n_power_iterations : int
        Steps of the power iteration a call in training mode; none is taken in evaluation, nor
        inside `frozen`.
    eps : float
        The least norm that a vector is divided by in the power iteration.
    dim : int, optional
        The axis of the output channels; by default 1 for `ConvTranspose2d`, otherwise 0.
    generator : Generator, optional
        Draws the first vectors; the default generator otherwise.

    Returns
    -------
    Module
        The layer itself. Reading its weight gives :math:`\bar W`, a new tensor each time.

    Raises
    ------
    TypeError
        If the layer has no such parameter, or has been given to `spectral_norm` before.
    ValueError
        If the weight has fewer than two axes or is zero, or `n_power_iterations` is not positive.

    Examples
    --------
    >>> import numpy as np
    >>> import minigen
    >>> from minigen import nn
    >>> layer = nn.utils.spectral_norm(nn.Dense(3, 2, generator=minigen.Generator(0)))
    >>> _ = layer(minigen.ones(1, 3))
    >>> round(float(np.linalg.norm(layer.weight.numpy(), 2)), 4)
    1.0

    Derivation: spectral_norm
    """
    weight = vars(module).get(name)
    label = f"spectral_norm: {type(module).__name__}.{name}"
    if not isinstance(weight, Parameter):
        raise TypeError(f"{label} is no parameter" + _already(module, name))
    if weight.ndim < 2:
        raise ValueError(f"{label}: two axes or more are expected, got shape {weight.shape}")
    if n_power_iterations < 1:
        raise ValueError(f"{label}: n_power_iterations must be positive, got {n_power_iterations}")
    if not weight.array.any().item():
        raise ValueError(f"{label} is zero, and so is its largest singular value: initialise it")
    axis = int(isinstance(module, ConvTranspose2d)) if dim is None else dim
    rescaled = _Rescaled(weight, n_power_iterations, eps, axis, generator)
    delattr(module, name)
    if not isinstance(module, _WithRescaledWeights):
        kind: Any = type(module)
        module.__class__ = _with_rescaled_weights(kind)
        vars(module)["parametrizations"] = Module()
    setattr(vars(module)["parametrizations"], name, rescaled)
    return module


def _already(module: Module, name: str) -> str:
    """Say so if the parameter is missing because it was normalised before."""
    held = vars(module).get("parametrizations")
    return "; it is normalised already" if held is not None and name in vars(held) else ""


class _WithRescaledWeights(Module):
    """What a layer whose weights are normalised inherits from, before its own class.

    During a call its weights are found where the layer looks for them, computed once a call.
    """

    parametrizations: Module

    def forward(self, *inputs: Any, **options: Any) -> Any:
        held = dict(self.parametrizations.named_children())
        try:
            for name, rescaled in held.items():
                vars(self)[name] = rescaled()
            return super().forward(*inputs, **options)
        finally:
            for name in held:
                vars(self).pop(name, None)

    def __getattr__(self, name: str) -> Any:
        """Return a normalised weight outside a call; reading moves no buffer."""
        held = vars(self).get("parametrizations")
        if held is None or name not in vars(held) or not isinstance(vars(held)[name], _Rescaled):
            raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}")
        return vars(held)[name].divide()


@functools.cache
def _with_rescaled_weights(kind: type[Module]) -> Any:
    """Return a layer's class with `_WithRescaledWeights` before it, under PyTorch's name for it."""
    return type(f"Parametrized{kind.__name__}", (_WithRescaledWeights, kind), {})


class _Rescaled(Module):
    """A weight as it is learnt, and how to normalise it."""

    def __init__(
        self, weight: Parameter, iterations: int, eps: float, dim: int, generator: Generator | None
    ) -> None:
        super().__init__()
        self.original = weight
        setattr(self, "0", _SpectralNorm(weight, iterations, eps, dim, generator))

    @property
    def norm(self) -> _SpectralNorm:
        """What normalises it, under PyTorch's name, a number."""
        return vars(self)["0"]  # type: ignore[no-any-return]

    def forward(self) -> Tensor:
        """Return the normalised weight, for a call of the layer."""
        weight: Tensor = self.norm(self.original)
        return weight

    def divide(self) -> Tensor:
        """Return the normalised weight as it is now."""
        return self.norm.divide(self.original)


def _unflagged() -> np.errstate:
    """Return a context for products of a matrix and a vector.

    A BLAS may leave the flag of an invalid value set by what it reads beside short vectors. NumPy
    would warn of it.
    """
    return np.errstate(invalid="ignore")


class _SpectralNorm(Module):
    """The map from a weight to the weight over its largest singular value."""

    _u: Tensor
    _v: Tensor

    def __init__(
        self, weight: Tensor, iterations: int, eps: float, dim: int, generator: Generator | None
    ) -> None:
        super().__init__()
        self.iterations = iterations
        self.eps = eps
        self.dim = dim
        matrix = self._as_matrix(weight.detach()).array
        source = generator or default_generator()
        for name, length in zip(("_u", "_v"), matrix.shape, strict=True):
            drawn = source.normal(length, weight.dtype, weight.device)
            self.register_buffer(name, Tensor(self._unit(drawn)))
        self._iterate(matrix, FIRST_ITERATIONS)

    def forward(self, weight: Tensor) -> Tensor:
        """Bring u and v nearer, in training; return the normalised weight."""
        if self.training and not self.frozen:
            self._iterate(self._as_matrix(weight.detach()).array, self.iterations)
        return self.divide(weight)

    def divide(self, weight: Tensor) -> Tensor:
        """Return the weight over :math:`u^T W v`; the graph keeps vectors of its own.

        Derivation: spectral_norm.grad_sigma, spectral_norm.gradient
        """
        u, v = self._u.array.copy(), self._v.array.copy()
        with _unflagged():
            product = F.matmul(self._as_matrix(weight), v)
        return weight / F.sum(product * u)

    def _iterate(self, matrix: Array, iterations: int) -> None:
        """Take steps of the power iteration.

        Derivation: spectral_norm.power_iteration
        """
        with no_grad(), _unflagged():
            for _ in range(iterations):
                self._u.copy_(self._unit(matrix @ self._v.array))
                self._v.copy_(self._unit(matrix.T @ self._u.array))

    def _unit(self, vector: Array) -> Array:
        """Return a vector over its length."""
        xp = namespace(vector)
        return vector / xp.maximum(xp.linalg.norm(vector), self.eps)

    def _as_matrix(self, weight: Tensor) -> Tensor:
        """Return the weight as a matrix with one row an output channel."""
        others = [axis for axis in range(weight.ndim) if axis != self.dim % weight.ndim]
        rows = F.permute(weight, (self.dim, *others))
        return F.reshape(rows, (rows.shape[0], -1))

    def extra_repr(self) -> str:
        return f"n_power_iterations={self.iterations}, eps={self.eps}, dim={self.dim}"
