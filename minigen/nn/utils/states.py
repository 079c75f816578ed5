"""A module in another state for a while: evaluating, held still, or with other parameters."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from minigen.engine.tensor import Tensor
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


@contextmanager
def substituted(module: Module, parameters: Mapping[str, Tensor]) -> Iterator[Module]:
    """Put other tensors in the place of parameters inside a ``with`` block.

    A parameter that is shared is replaced wherever it occurs.

    Parameters
    ----------
    module : Module
        Its own parameters come back at the end of the block, unchanged, also after an error.
    parameters : mapping of str to Tensor
        By dotted name; parameters without an entry stay.

    Raises
    ------
    KeyError
        If the module has no parameter of some name.

    Examples
    --------
    >>> import minigen
    >>> from minigen import nn
    >>> layer = nn.Dense(1, 1, bias=False)
    >>> with nn.substituted(layer, {"weight": minigen.tensor([[3.0]])}):
    ...     layer(minigen.tensor([[2.0]])).item()
    6.0
    """
    own = dict(module.named_parameters())
    unknown = parameters.keys() - own.keys()
    if unknown:
        raise KeyError(f"{type(module).__name__} has no parameter {min(unknown)!r}")
    replacements = {id(own[name]): tensor for name, tensor in parameters.items()}
    places = [
        (vars(part), name, value)
        for part in module.modules()
        for name, value in vars(part).items()
        if id(value) in replacements
    ]
    try:
        for attributes, name, value in places:
            attributes[name] = replacements[id(value)]
        yield module
    finally:
        for attributes, name, value in places:
            attributes[name] = value


def functional_call(
    module: Module, parameters: Mapping[str, Tensor], *inputs: Any, **options: Any
) -> Any:
    """Call a module with other tensors in the place of its parameters; see `substituted`.

    Examples
    --------
    >>> import minigen
    >>> from minigen import nn
    >>> layer = nn.Dense(1, 1, bias=False)
    >>> weight = minigen.tensor([[3.0]], requires_grad=True)
    >>> y = nn.functional_call(layer, {"weight": weight}, minigen.tensor([[2.0]]))
    >>> y.backward()
    >>> weight.grad.item()
    2.0
    """
    with substituted(module, parameters):
        return module(*inputs, **options)
