"""A module in another state for a while: evaluating, or held still."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from minigen.nn.module import Module


@contextmanager
def evaluating(*modules: Module) -> Iterator[None]:
    """Put modules, and all below them, into evaluation mode inside a ``with`` block.

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


@contextmanager
def frozen(*modules: Module) -> Iterator[None]:
    """Keep modules as they are, inside a ``with`` block, whatever they are called on.

    Gradients still flow *through* them, to their inputs. Their parameters require none, so that
    none is computed, and their buffers do not move: batch norm in training mode standardises by the
    batch's statistics, but leaves the running ones and their counter alone; spectral norm iterates
    no further. The mode, training or evaluation, is not changed.

    What is recorded inside counts: the backward pass may run after the block. When it ends, also by
    an error, each parameter and module, and all below it, is what it was before: what had been
    frozen stays so.

    Examples
    --------
    >>> import minigen
    >>> from minigen import nn
    >>> generator, discriminator = nn.Dense(2, 3), nn.Dense(3, 1)
    >>> with nn.utils.frozen(discriminator):
    ...     score = discriminator(generator(minigen.ones(1, 2))).sum()
    >>> score.backward()
    >>> generator.weight.grad is None, discriminator.weight.grad is None
    (False, True)
    """
    parts = [part for module in modules for part in module.modules()]
    parameters = [parameter for module in modules for parameter in module.parameters()]
    flags = [part.frozen for part in parts]
    required = [parameter.requires_grad for parameter in parameters]
    try:
        for part in parts:
            part.frozen = True
        for parameter in parameters:
            parameter.requires_grad = False
        yield
    finally:
        for part, flag in zip(parts, flags, strict=True):
            part.frozen = flag
        for parameter, requires_grad in zip(parameters, required, strict=True):
            parameter.requires_grad = requires_grad
