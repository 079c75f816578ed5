"""Errors of a prediction: squared, absolute, and Huber's between the two."""

from __future__ import annotations

from minigen.engine.backend import Array, namespace, promote
from minigen.engine.op import Cotangents, op
from minigen.engine.tensor import Tensor
from minigen.ops.arithmetic import abs, clip, sub
from minigen.ops.losses.reductions import reduce, reduce_by_weight, weighted
from minigen.ops.losses.refusals import expect_one_shape, given

__all__ = ["huber_loss", "l1_loss", "mse_loss", "smooth_l1_loss"]


@op
def squared_error(x: Array, target: Array) -> Array:
    r"""Squared error of each element: :math:`(x - t)^2`.

    Derivation: squared_error
    """
    x, target = promote(x, target)
    difference = x - target
    difference *= difference
    return difference


@squared_error.vjp
def squared_error_vjp(g: Array, _out: Array, x: Array, target: Array) -> Cotangents:
    r""":math:`\bar x = 2 g (x - t),\ \bar t = -\bar x`.

    Derivation: squared_error.grad
    """
    return lambda: g * ((x - target) * 2), lambda: g * ((target - x) * 2)


def mse_loss(
    x: Array, target: Array, reduction: str = "batchmean", *, weight: Array | None = None
) -> Tensor:
    r"""Squared error :math:`\sum_d (x_d - t_d)^2`, averaged over the batch.

    Up to a constant, twice the negative log-likelihood of a Gaussian with variance 1.

    Parameters
    ----------
    x, target : Tensor or array, shape (N, ...)
        Prediction and target, of one shape.
    reduction : {"batchmean", "sum", "mean", "none"}
        See `reduce`.
    weight : Tensor or array, of the same shape, optional
        How much each element counts; ``"mean"`` then divides by the sum of the weights.

    Raises
    ------
    ValueError
        If the shapes differ.

    Examples
    --------
    >>> import minigen
    >>> import minigen.functional as F
    >>> F.mse_loss(minigen.zeros(2, 3), minigen.ones(2, 3)).item()
    3.0

    Derivation: mse, squared_error, losses.weighted
    """
    expect_one_shape("mse_loss", x=x, target=target, **given(weight=weight))
    values = squared_error(x, target)
    return reduce_by_weight("mse_loss", values, weight, reduction)  # type: ignore[no-any-return]


def l1_loss(
    x: Array, target: Array, reduction: str = "batchmean", *, weight: Array | None = None
) -> Tensor:
    r"""Absolute error :math:`\sum_d |x_d - t_d|`, averaged over the batch.

    The negative log-likelihood of a Laplace distribution of scale 1, but for :math:`\ln 2` an
    element. It asks for the median of the targets where `mse_loss` asks for their mean.

    Parameters
    ----------
    x, target : Tensor or array, shape (N, ...)
        Prediction and target, of one shape.
    reduction : {"batchmean", "sum", "mean", "none"}
        See `reduce`.
    weight : Tensor or array, of the same shape, optional
        How much each element counts; ``"mean"`` then divides by the sum of the weights.

    Raises
    ------
    ValueError
        If the shapes differ.

    Examples
    --------
    >>> import minigen
    >>> import minigen.functional as F
    >>> F.l1_loss(minigen.zeros(2, 3), minigen.full((2, 3), -2.0)).item()
    6.0

    Derivation: absolute_error, losses.weighted
    """
    expect_one_shape("l1_loss", x=x, target=target, **given(weight=weight))
    values = abs(sub(x, target))
    return reduce_by_weight("l1_loss", values, weight, reduction)  # type: ignore[no-any-return]


@op
def huber_error(x: Array, target: Array, delta: float = 1.0) -> Array:
    r"""Huber's error of each element, of :math:`d = |x - t|`: :math:`m\,(d - m/2)`.

    Here :math:`m = \min(d, \delta)`: it is :math:`d^2/2` up to :math:`\delta`, and goes on along
    its tangent.

    Derivation: huber_error
    """
    x, target = promote(x, target)
    xp = namespace(x)
    distance = xp.abs(x - target)
    near = xp.minimum(distance, delta)
    return near * (distance - near / 2)


@huber_error.vjp
def huber_error_vjp(g: Array, _out: Array, x: Array, target: Array, *, delta: float) -> Cotangents:
    r""":math:`\bar x = g\,\max(-\delta, \min(\delta, x - t)),\ \bar t = -\bar x`.

    Derivation: huber_error.grad
    """
    return lambda: g * clip(x - target, -delta, delta), lambda: g * clip(target - x, -delta, delta)


def huber_loss(
    x: Array,
    target: Array,
    reduction: str = "batchmean",
    delta: float = 1.0,
    *,
    weight: Array | None = None,
) -> Tensor:
    r"""Huber's error, squared when near and absolute when far, averaged over the batch.

    .. math:: \sum_d \begin{cases} (x_d - t_d)^2 / 2 & |x_d - t_d| \le \delta \\
              \delta\,(|x_d - t_d| - \delta/2) & \text{else} \end{cases}

    Parameters
    ----------
    x, target : Tensor or array, shape (N, ...)
        Prediction and target, of one shape.
    reduction : {"batchmean", "sum", "mean", "none"}
        See `reduce`.
    delta : float, default 1
        The distance from which on the slope stays the same.
    weight : Tensor or array, of the same shape, optional
        A factor of each element; ``"mean"`` is still over all elements.

    Raises
    ------
    ValueError
        If the shapes differ, or `delta` isn't positive.

    References
    ----------
    Huber (1964), Robust Estimation of a Location Parameter, Ann. Math. Statist. 35.

    Examples
    --------
    >>> import minigen
    >>> import minigen.functional as F
    >>> F.huber_loss(minigen.tensor([[0.5, 3.0]]), minigen.zeros(1, 2), reduction="none").tolist()
    [[0.125, 2.5]]

    Derivation: huber_error, losses.weighted
    """
    expect_one_shape("huber_loss", x=x, target=target, **given(weight=weight))
    if not delta > 0:
        raise ValueError(f"huber_loss: a positive delta is expected, got {delta}")
    values = weighted("huber_loss", huber_error(x, target, delta), weight)
    return reduce(values, reduction)  # type: ignore[no-any-return]


def smooth_l1_loss(
    x: Array, target: Array, reduction: str = "batchmean", beta: float = 1.0
) -> Tensor:
    r"""Huber's error divided by `beta`: an absolute error that is rounded at 0.

    Its slope is 1 when far, whatever `beta`, that of `huber_loss` is :math:`\delta`.

    Parameters
    ----------
    x, target : Tensor or array, shape (N, ...)
        Prediction and target, of one shape.
    reduction : {"batchmean", "sum", "mean", "none"}
        See `reduce`.
    beta : float, default 1
        Up to which distance it is rounded; 0 is `l1_loss`.

    Raises
    ------
    ValueError
        If the shapes differ, or `beta` is negative.

    Examples
    --------
    >>> import minigen
    >>> import minigen.functional as F
    >>> F.smooth_l1_loss(minigen.tensor([[3.0]]), minigen.zeros(1, 1), beta=0.5).item()
    2.75

    Derivation: huber_error
    """
    expect_one_shape("smooth_l1_loss", x=x, target=target)
    if not beta >= 0:
        raise ValueError(f"smooth_l1_loss: a beta of 0 or more is expected, got {beta}")
    if beta == 0:
        return l1_loss(x, target, reduction)
    return reduce(huber_error(x, target, beta) / beta, reduction)  # type: ignore[no-any-return]
