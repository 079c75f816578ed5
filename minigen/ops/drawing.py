r"""Classes drawn by their weights, and whole channels left out."""

from __future__ import annotations

from typing import Any

import numpy as np

from minigen.engine.backend import CPU, DEFAULT_FLOAT, Array, array_of, device_of, namespace
from minigen.engine.op import composed, op
from minigen.engine.random import Generator, default_generator
from minigen.ops.stochastic import dropout, gumbel_noise

__all__ = ["dropout2d", "multinomial"]


@op(differentiable=False)
def multinomial(
    weights: Array,
    num_samples: int,
    replacement: bool = False,
    *,
    generator: Generator | None = None,
) -> Array:
    r"""Draw classes, each as often as its weight says.

    The class of the largest :math:`\ln w_i + G_i`, with independent Gumbel noise
    :math:`G_i = -\ln(-\ln u_i)`, has the probability :math:`w_i / \sum_j w_j`; the k largest are
    k draws without replacement. Kool, van Hoof, Welling (2019), arXiv:1903.06059, section 2.3.

    Parameters
    ----------
    weights : Tensor or array, shape (C,) or (N, C)
        Not negative; their sum may be any positive number.
    num_samples : int
        How many classes to draw, in each row.
    replacement : bool, default False
        Whether a class can be drawn again.
    generator : Generator, optional
        Draws the noise; the default generator otherwise.

    Returns
    -------
    Tensor or array of int64, shape (num_samples,) or (N, num_samples)

    Raises
    ------
    ValueError
        If the shape is another, if without replacement fewer classes can be drawn than are asked
        for, or, on the CPU, if a weight is negative or not finite, or all of a row are zero.

    Examples
    --------
    >>> import minigen
    >>> weights = minigen.tensor([0.0, 3.0, 1.0])
    >>> sorted(minigen.multinomial(weights, 2).tolist())
    [1, 2]
    >>> minigen.multinomial(weights, 4, True, generator=minigen.Generator(0)).tolist()
    [2, 1, 1, 2]

    Derivation: sample_categorical
    """
    _expect_weights(weights, num_samples, replacement)
    xp = namespace(weights)
    with np.errstate(divide="ignore"):  # ln 0 is never the largest
        logits = xp.log(weights.astype(np.float64))
    if replacement:
        logits = xp.repeat(logits[..., None, :], num_samples, axis=-2)
        return xp.argmax(logits + gumbel_noise(logits, generator), axis=-1)
    order = xp.argsort(-(logits + gumbel_noise(logits, generator)), axis=-1)
    return order[..., :num_samples]


def _expect_weights(weights: Array, num_samples: int, replacement: bool) -> None:
    """Raise unless so many classes can be drawn by these weights."""
    if weights.ndim not in (1, 2) or not weights.shape[-1]:
        raise ValueError("weights of shape (C,) or (N, C) are expected")
    if num_samples < 1:
        raise ValueError(f"a positive num_samples is expected, got {num_samples}")
    if not replacement and num_samples > weights.shape[-1]:
        raise ValueError(
            f"{num_samples} of {weights.shape[-1]} classes can't be drawn without replacement"
        )
    if device_of(weights) != CPU:
        return
    if not (np.isfinite(weights).all() and (weights >= 0).all()):
        raise ValueError("weights that are finite and not negative are expected")
    possible = (weights > 0).sum(-1)
    if (possible < (1 if replacement else num_samples)).any():
        raise ValueError(
            f"{num_samples} classes are to be drawn, of as few as {int(possible.min())} whose "
            "weight isn't 0"
        )


@composed
def dropout2d(
    x: Array,
    p: float = 0.5,
    training: bool = True,
    *,
    mask: Array | None = None,
    generator: Generator | None = None,
) -> Any:
    r"""Set whole channels to zero with probability p and scale the others by 1 / (1 - p).

    Neighbouring pixels say nearly the same, so that leaving out single ones leaves out little.
    Tompson et al. (2015), arXiv:1411.4280, section 3.2.

    Parameters
    ----------
    x : Tensor or array, shape (N, C, H, W) or (C, H, W)
        Images, or one image.
    p : float, in [0, 1]
        Probability of zero.
    training : bool, default True
        Without it the input is returned as it is.
    mask : array, shape (N, C, 1, 1) or (C, 1, 1), optional
        Ones and zeros to use instead of drawing them.
    generator : Generator, optional
        Draws the mask; the default generator otherwise.

    Raises
    ------
    ValueError
        If `p` lies outside [0, 1], or x has another number of axes.

    Examples
    --------
    >>> import minigen
    >>> import minigen.functional as F
    >>> y = F.dropout2d(minigen.ones(8, 64, 5, 5), generator=minigen.Generator(0))
    >>> sorted({(each.min().item(), each.max().item()) for each in y.flatten(0, 1)})
    [(0.0, 0.0), (2.0, 2.0)]

    Derivation: dropout
    """
    if x.ndim not in (3, 4):
        raise ValueError(
            f"dropout2d: x of shape (N, C, H, W) or (C, H, W) is expected, got {tuple(x.shape)}"
        )
    if training and mask is None and 0 < p < 1:
        array = array_of(x)
        kind = array.dtype if array.dtype.kind == "f" else DEFAULT_FLOAT
        shape = (*array.shape[:-2], 1, 1)
        source = generator or default_generator()
        mask = source.bernoulli(1 - p, shape, kind, device_of(array))
    return dropout(x, p, training, mask=mask)
