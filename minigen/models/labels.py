"""How a conditional model is told the class: labels, checked and joined to what a network takes."""

from __future__ import annotations

from minigen import functional as F
from minigen.engine.backend import CPU, Array, array_of, device_of, namespace


def expect_labels(model: str, labels: Array | None, classes: int, count: int) -> None:
    """Refuse labels that do not fit a model and its batch.

    Parameters
    ----------
    model : str
        What the message calls the model.
    labels : Tensor or array of integers, shape (N,), or None
        What was given.
    classes : int
        How many classes the model knows; 0 if it takes no labels.
    count : int
        How many examples the batch has.

    Raises
    ------
    TypeError
        If labels are missing or not wanted, or no integers.
    ValueError
        If there are more or fewer than examples or, on the CPU, one names no class. (On a GPU that
        check would wait for the device.)
    """
    if classes == 0:
        if labels is not None:
            raise TypeError(f"{model} takes no labels: leave them out, or use a conditional model")
        return
    if labels is None:
        raise TypeError(f"{model} is conditional: labels of shape ({count},) are expected")
    array = array_of(labels)
    if array.dtype.kind not in "iu":
        raise TypeError(f"{model}: labels must be integers, got {array.dtype}")
    if array.shape != (count,):
        raise ValueError(f"{model}: labels of shape ({count},) are expected, got {array.shape}")
    if device_of(array) == CPU and count and not (array.min() >= 0 and array.max() < classes):
        raise ValueError(
            f"{model}: labels from 0 to {classes - 1} are expected, "
            f"got {array.min()} to {array.max()}"
        )


def join_labels(inputs: Array, labels: Array, classes: int) -> Array:
    """Join the class to each example: as features to rows, as planes of 0 or 1 to images.

    Parameters
    ----------
    inputs : Tensor or array, shape (N, F) or (N, C, H, W)
        What a network takes.
    labels : Tensor or array of integers, shape (N,)
        From 0 to ``classes - 1``.
    classes : int
        How many there are.

    Returns
    -------
    Tensor or array, shape (N, F + classes) or (N, C + classes, H, W)

    Examples
    --------
    >>> import numpy as np
    >>> import minigen
    >>> join_labels(minigen.zeros(2, 1), np.array([1, 0]), 3).tolist()
    [[0.0, 0.0, 1.0, 0.0], [0.0, 1.0, 0.0, 0.0]]
    """
    values = array_of(inputs)
    library = namespace(values)
    rows = library.eye(classes, dtype=values.dtype)[array_of(labels)]
    planes = rows.reshape(rows.shape + (1,) * (values.ndim - 2))
    spread = library.broadcast_to(planes, (*rows.shape, *values.shape[2:]))
    return F.cat([inputs, spread], axis=1)
