"""Passes over a data set that leave the model as it was."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

from minigen import nn
from minigen.engine.backend import Array, to_device
from minigen.engine.modes import no_grad


@contextlib.contextmanager
def evaluating(model: nn.Module) -> Iterator[None]:
    """Put a model into evaluation mode and record no graph inside; restore each module's mode.

    Examples
    --------
    >>> from minigen import nn
    >>> model = nn.Sequential(nn.Dropout(0.5))
    >>> with evaluating(model):
    ...     model.training
    False
    >>> model.training
    True
    """
    with nn.utils.evaluating(model), no_grad():
        yield


def minibatches(
    model: nn.Module, images: Array, batch_size: int, labels: Array | None = None
) -> Iterator[tuple[Array, Array | None]]:
    """Divide images and labels in their order, and bring each part to the model's device.

    Raises
    ------
    ValueError
        If there is no image, or another number of labels.
    """
    if not len(images):
        raise ValueError("at least one image is expected, got none")
    if labels is not None and len(labels) != len(images):
        raise ValueError(f"a label an image is expected, got {len(labels)} for {len(images)}")
    device = next((parameter.device for parameter in model.parameters()), "cpu")
    for start in range(0, len(images), batch_size):
        part = slice(start, start + batch_size)
        classes = None if labels is None else to_device(labels[part], device)
        yield to_device(images[part], device), classes
