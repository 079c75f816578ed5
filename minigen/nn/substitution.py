"""A module with other parameters for a while."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from minigen.engine.tensor import Tensor
from minigen.nn.module import Module


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
