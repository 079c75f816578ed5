"""Evaluation mode for a while."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from minigen.nn.module import Module


@contextmanager
def evaluating(*modules: Module) -> Iterator[None]:
    """Put modules, and all below them, into evaluation mode inside a ``with`` block.

    Parameters
    ----------
    *modules : Module
        When the block ends, also by an error, each is in the mode in which it was before.

    Examples
    --------
    >>> from minigen import nn
    >>> model = nn.Sequential(nn.BatchNorm1d(2))
    >>> with nn.utils.evaluating(model):
    ...     model[0].training
    False
    >>> model[0].training
    True
    """
    parts = [part for module in modules for part in module.modules()]
    modes = [part.training for part in parts]
    try:
        for part in parts:
            part.training = False
        yield
    finally:
        for part, training in zip(parts, modes, strict=True):
            part.training = training
