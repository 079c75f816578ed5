"""Batch, instance, group, layer and RMS norm, with their parameters and running statistics."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

import numpy as np

from minigen.engine.backend import Array, DTypeLike
from minigen.engine.creation import ones, zeros
from minigen.engine.tensor import Tensor
from minigen.nn.module import Module, Parameter, check_dtype, named, positive, wrong_shape
from minigen.ops import normalization
from minigen.ops.shaping import as_shape


class _BatchNorm(Module):
    """Batch norm of inputs with any number of axes; a subclass says which it takes."""

    _shapes: ClassVar[dict[int, str]]
    """How many axes an input may have, and how such a shape is written; C stands for num_features.
    """

    running_mean: Tensor | None
    running_var: Tensor | None
    num_batches_tracked: Tensor | None

    def __init__(
        self,
        num_features: int,
        eps: float = 1e-5,
        momentum: float | None = 0.1,
        affine: bool = True,
        track_running_stats: bool = True,
        *,
        bias: bool = True,
        dtype: DTypeLike = np.float32,
    ) -> None:
        super().__init__()
        positive(type(self).__name__, num_features=num_features)
        self.num_features = num_features
        self.eps = eps
        self.momentum = momentum
        self.affine = affine
        self.track_running_stats = track_running_stats
        self.weight = Parameter(ones(num_features, dtype=dtype)) if affine else None
        self.bias = Parameter(zeros(num_features, dtype=dtype)) if affine and bias else None
        track = track_running_stats
        self.register_buffer("running_mean", zeros(num_features, dtype=dtype) if track else None)
        self.register_buffer("running_var", ones(num_features, dtype=dtype) if track else None)
        self.register_buffer("num_batches_tracked", zeros(dtype=np.int64) if track else None)

    def forward(self, x: Array) -> Tensor:
        """Standardise each channel of x, then scale and shift it; the shape stays."""
        check_dtype(self, x, self.running_mean if self.weight is None else self.weight)
        if x.ndim not in self._shapes or x.shape[1] != self.num_features:
            shapes = " or ".join(self._shapes.values())
            raise wrong_shape(self, shapes.replace("C", str(self.num_features)), x)
        still = self.training and self.frozen  # the batch's statistics serve, and leave no trace
        y: Tensor = normalization.batch_norm(
            x,
            None if still else self.running_mean,
            None if still else self.running_var,
            self.weight,
            self.bias,
            training=self.training or self.running_mean is None,
            momentum=self._share_of_batch(),
            eps=self.eps,
        )
        counter = self.num_batches_tracked
        if self.training and not self.frozen and counter is not None:
            counter.copy_(counter + 1)
        return y

    def _share_of_batch(self) -> float:
        """Return the share m of this batch in the running statistics.

        Derivation: batch_norm.cumulative_mean
        """
        if self.momentum is not None:
            return self.momentum
        if self.num_batches_tracked is None:
            return 0.0  # there are none
        return 1 / (float(self.num_batches_tracked) + 1)  # makes them the means of all batches

    def extra_repr(self) -> str:
        return (
            f"{self.num_features}, eps={self.eps}, momentum={self.momentum}, "
            f"affine={self.affine}, track_running_stats={self.track_running_stats}"
        )


class BatchNorm1d(_BatchNorm):
    r"""Batch norm: each channel is shifted and scaled to mean 0 and variance 1 over the batch.

    .. math:: y = \gamma\,\frac{x - \mu}{\sqrt{\sigma^2 + \epsilon}} + \beta

    In training the mean and the variance (without correction) are the batch's, over all axes but
    the channels'; the running statistics move towards them, the variance with Bessel's
    correction. In evaluation the running statistics are used. Ioffe and Szegedy (2015),
    arXiv:1502.03167.

    Parameters
    ----------
    num_features : int
        The number of channels, C, of inputs (N, C) or (N, C, L).
    momentum : float or None, default 0.1
        The share of the newest batch in the running statistics; None makes them the means of all
        batches so far.
    affine : bool, default True
        Whether there are parameters :math:`\gamma` and, with `bias`, :math:`\beta`.
    track_running_stats : bool, default True
        Without running statistics, the batch's serve in evaluation too.
    bias : bool, default True
        See above.
    dtype
        See `Dense`.

    Attributes
    ----------
    weight, bias : Parameter, shape (C,), or None
        :math:`\gamma` and :math:`\beta`.
    running_mean, running_var : Tensor, shape (C,), or None
        Buffers.
    num_batches_tracked : Tensor, shape (), int64, or None
        Buffer: how many batches went into them.

    Raises
    ------
    ValueError
        If `num_features` is not a positive integer; in a call, if x has another shape, or in
        training one value a channel only.
    TypeError
        In a call, if x has another dtype than the parameters.

    Examples
    --------
    >>> import minigen
    >>> from minigen import nn
    >>> norm = nn.BatchNorm1d(1)
    >>> norm(minigen.tensor([[1.0], [3.0]])).tolist()
    [[-0.9999949932098389], [0.9999949932098389]]
    >>> norm.running_mean
    tensor([0.2])

    Derivation: batch_norm
    """

    _shapes: ClassVar = {2: "(N, C)", 3: "(N, C, L)"}


class BatchNorm2d(_BatchNorm):
    r"""Batch norm of images: the mean and the variance of a channel are over all its pixels.

    .. math:: y = \gamma\,\frac{x - \mu}{\sqrt{\sigma^2 + \epsilon}} + \beta

    Parameters, attributes and errors are those of `BatchNorm1d`; inputs have shape (N, C, H, W).

    Examples
    --------
    >>> import minigen
    >>> from minigen import nn
    >>> norm = nn.BatchNorm2d(1)
    >>> norm(minigen.tensor([[[[1.0, 3.0]]]])).tolist()
    [[[[-0.9999949932098389, 0.9999949932098389]]]]

    Derivation: batch_norm
    """

    _shapes: ClassVar = {4: "(N, C, H, W)"}


class _InstanceNorm(Module):
    """Instance norm of inputs with any number of axes; a subclass says which it takes."""

    _places: ClassVar[tuple[str, ...]]
    """The axes behind the channels', as a shape names them."""

    def __init__(
        self,
        num_features: int,
        eps: float = 1e-5,
        *,
        affine: bool = False,
        bias: bool = True,
        dtype: DTypeLike = np.float32,
    ) -> None:
        super().__init__()
        positive(type(self).__name__, num_features=num_features)
        self.num_features = num_features
        self.eps = eps
        self.affine = affine
        self.weight = Parameter(ones(num_features, dtype=dtype)) if affine else None
        self.bias = Parameter(zeros(num_features, dtype=dtype)) if affine and bias else None

    def forward(self, x: Array) -> Tensor:
        """Standardise each channel of each example, then scale and shift it; the shape stays."""
        check_dtype(self, x, self.weight)
        single = 1 + len(self._places)
        if x.ndim not in (single, single + 1) or x.shape[-single] != self.num_features:
            raise wrong_shape(self, f"(N, {self.num_features}, {', '.join(self._places)})", x)
        batch = x[None] if x.ndim == single else x
        with named(self):
            y: Tensor = normalization.instance_norm(
                batch, weight=self.weight, bias=self.bias, eps=self.eps
            )
        return y[0] if x.ndim == single else y

    def extra_repr(self) -> str:
        return f"{self.num_features}, eps={self.eps}, affine={self.affine}"


class InstanceNorm1d(_InstanceNorm):
    r"""Instance norm of signals: each channel of each is brought to mean 0 and variance 1.

    Parameters, attributes and errors are those of `InstanceNorm2d`; inputs have shape (N, C, L) or
    (C, L).

    Examples
    --------
    >>> import minigen
    >>> from minigen import nn
    >>> nn.InstanceNorm1d(1)(minigen.tensor([[[1.0, 3.0]], [[5.0, 5.0]]])).tolist()
    [[[-0.9999949932098389, 0.9999949932098389]], [[0.0, 0.0]]]

    Derivation: instance_norm
    """

    _places: ClassVar = ("L",)


class InstanceNorm2d(_InstanceNorm):
    r"""Instance norm: each channel of each image is shifted and scaled to mean 0 and variance 1.

    .. math:: y = \gamma\,\frac{x - \mu}{\sqrt{\sigma^2 + \epsilon}} + \beta

    The mean and the variance (without correction) are those of one channel of one image, in
    training and in evaluation. Ulyanov, Vedaldi, Lempitsky (2016), arXiv:1607.08022.

    Parameters
    ----------
    num_features : int
        The number of channels, C, of images (N, C, H, W), or of one image (C, H, W).
    affine : bool, default False
        Whether there are parameters :math:`\gamma` and, with `bias`, :math:`\beta`.
    bias : bool, default True
        See above.
    dtype
        See `Dense`.

    Attributes
    ----------
    weight, bias : Parameter, shape (C,), or None
        :math:`\gamma` and :math:`\beta`.

    Raises
    ------
    ValueError
        If `num_features` is not a positive integer; in a call, if x has another shape, or images
        of one pixel.
    TypeError
        In a call, if x has another dtype than the parameters.

    Examples
    --------
    >>> import minigen
    >>> from minigen import nn
    >>> nn.InstanceNorm2d(1)(minigen.tensor([[[[1.0, 3.0]]], [[[5.0, 5.0]]]])).tolist()
    [[[[-0.9999949932098389, 0.9999949932098389]]], [[[0.0, 0.0]]]]

    Derivation: instance_norm
    """

    _places: ClassVar = ("H", "W")


class GroupNorm(Module):
    r"""Group norm: groups of channels of each image are brought to mean 0 and variance 1.

    .. math:: y = \gamma\,\frac{x - \mu}{\sqrt{\sigma^2 + \epsilon}} + \beta

    The mean and the variance (without correction) are those of one group of neighbouring channels
    of one image, in training and in evaluation. Wu, He (2018), arXiv:1803.08494.

    Parameters
    ----------
    num_groups : int
        How many groups there are; it divides `num_channels`.
    num_channels : int
        C, of inputs (N, C, ...).
    affine : bool, default True
        Whether there are parameters :math:`\gamma` and, with `bias`, :math:`\beta`.
    bias : bool, default True
        See above.
    dtype
        See `Dense`.

    Attributes
    ----------
    weight, bias : Parameter, shape (C,), or None
        :math:`\gamma` and :math:`\beta`.

    Raises
    ------
    ValueError
        If a number is not a positive integer, or the groups do not divide the channels; in a call,
        if x has other channels, or a group has one value.
    TypeError
        In a call, if x has another dtype than the parameters.

    Examples
    --------
    >>> import minigen
    >>> from minigen import nn
    >>> nn.GroupNorm(2, 4)(minigen.tensor([[1.0, 3.0, 5.0, 5.0]])).tolist()
    [[-0.9999949932098389, 0.9999949932098389, 0.0, 0.0]]

    Derivation: group_norm
    """

    def __init__(
        self,
        num_groups: int,
        num_channels: int,
        eps: float = 1e-5,
        affine: bool = True,
        *,
        bias: bool = True,
        dtype: DTypeLike = np.float32,
    ) -> None:
        super().__init__()
        positive("GroupNorm", num_groups=num_groups, num_channels=num_channels)
        if num_channels % num_groups:
            raise ValueError(
                f"GroupNorm: num_groups must divide num_channels, got {num_groups} "
                f"and {num_channels}"
            )
        self.num_groups = num_groups
        self.num_channels = num_channels
        self.eps = eps
        self.affine = affine
        self.weight = Parameter(ones(num_channels, dtype=dtype)) if affine else None
        self.bias = Parameter(zeros(num_channels, dtype=dtype)) if affine and bias else None

    def forward(self, x: Array) -> Tensor:
        """Standardise each group of each example, scale and shift each channel; the shape stays."""
        check_dtype(self, x, self.weight)
        if x.ndim < 2 or x.shape[1] != self.num_channels:
            raise wrong_shape(self, f"(N, {self.num_channels}, ...)", x)
        with named(self):
            y: Tensor = normalization.group_norm(
                x, self.num_groups, self.weight, self.bias, self.eps
            )
        return y

    def extra_repr(self) -> str:
        return f"{self.num_groups}, {self.num_channels}, eps={self.eps}, affine={self.affine}"


class LayerNorm(Module):
    r"""Layer norm: each example is shifted and scaled to mean 0 and variance 1 over its last axes.

    .. math:: y = \gamma\,\frac{x - \mu}{\sqrt{\sigma^2 + \epsilon}} + \beta

    Ba, Kiros, Hinton (2016), arXiv:1607.06450.

    Parameters
    ----------
    normalized_shape : int or sequence of int
        The lengths of the last axes, over which mean and variance are taken.
    elementwise_affine : bool, default True
        Whether there are parameters :math:`\gamma` and, with `bias`, :math:`\beta`.
    bias : bool, default True
        See above.
    dtype
        See `Dense`.

    Attributes
    ----------
    weight, bias : Parameter, shape normalized_shape, or None
        :math:`\gamma` and :math:`\beta`.

    Raises
    ------
    ValueError
        If a length is not a positive integer; in a call, if the last axes of x have others.
    TypeError
        In a call, if x has another dtype than the parameters.

    Examples
    --------
    >>> import minigen
    >>> from minigen import nn
    >>> nn.LayerNorm(2)(minigen.tensor([[1.0, 3.0]])).tolist()
    [[-0.9999949932098389, 0.9999949932098389]]

    Derivation: layer_norm
    """

    def __init__(
        self,
        normalized_shape: int | Sequence[int],
        eps: float = 1e-5,
        elementwise_affine: bool = True,
        bias: bool = True,
        *,
        dtype: DTypeLike = np.float32,
    ) -> None:
        super().__init__()
        lengths = _lengths(self, normalized_shape)
        self.normalized_shape = lengths
        self.eps = eps
        self.elementwise_affine = elementwise_affine
        shift = elementwise_affine and bias
        self.weight = Parameter(ones(lengths, dtype=dtype)) if elementwise_affine else None
        self.bias = Parameter(zeros(lengths, dtype=dtype)) if shift else None

    def forward(self, x: Array) -> Tensor:
        """Standardise the last axes of x, then scale and shift them; the shape stays."""
        check_dtype(self, x, self.weight)
        lengths = self.normalized_shape
        if tuple(x.shape[-len(lengths) :]) != lengths:
            raise wrong_shape(self, f"(..., {', '.join(map(str, lengths))})", x)
        y: Tensor = normalization.layer_norm(x, lengths, self.weight, self.bias, self.eps)
        return y

    def extra_repr(self) -> str:
        return (
            f"{self.normalized_shape}, eps={self.eps}, "
            f"elementwise_affine={self.elementwise_affine}, bias={self.bias is not None}"
        )


class RMSNorm(Module):
    r"""Root mean square norm: each example is scaled over its last axes, and not shifted.

    .. math:: y = \frac{x}{\sqrt{\frac1n \sum_i x_i^2 + \epsilon}}\,\gamma

    Parameters
    ----------
    normalized_shape : int or sequence of int
        The lengths of the last axes, over which the mean of squares is taken.
    eps : float, optional
        See `minigen.functional.rms_norm`.
    elementwise_affine : bool, default True
        Whether there is a parameter `weight`, the :math:`\gamma`.
    dtype
        See `Dense`.

    Raises
    ------
    ValueError, TypeError
        As `LayerNorm`.

    Examples
    --------
    >>> import minigen
    >>> from minigen import nn
    >>> nn.RMSNorm(2, eps=0.0)(minigen.tensor([[3.0, -3.0]])).tolist()
    [[1.0, -1.0]]
    """

    def __init__(
        self,
        normalized_shape: int | Sequence[int],
        eps: float | None = None,
        elementwise_affine: bool = True,
        *,
        dtype: DTypeLike = np.float32,
    ) -> None:
        super().__init__()
        self.normalized_shape = _lengths(self, normalized_shape)
        self.eps = eps
        self.elementwise_affine = elementwise_affine
        first = ones(self.normalized_shape, dtype=dtype)
        self.weight = Parameter(first) if elementwise_affine else None

    def forward(self, x: Array) -> Tensor:
        """Scale the last axes of x; the shape stays."""
        check_dtype(self, x, self.weight)
        with named(self):
            y: Tensor = normalization.rms_norm(x, self.normalized_shape, self.weight, self.eps)
        return y

    def extra_repr(self) -> str:
        return (
            f"{self.normalized_shape}, eps={self.eps}, elementwise_affine={self.elementwise_affine}"
        )


def _lengths(module: Module, normalized_shape: int | Sequence[int]) -> tuple[int, ...]:
    """Return the lengths of the last axes, one or more."""
    lengths, name = as_shape(normalized_shape), type(module).__name__
    if not lengths:
        raise ValueError(f"{name}: normalized_shape must name one axis or more, got ()")
    for axis, length in enumerate(lengths):
        positive(name, **{f"normalized_shape[{axis}]": length})
    return lengths
