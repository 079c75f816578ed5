r"""Averages of a module's weights over the steps of training."""

from __future__ import annotations

import copy
from typing import Any

from minigen.engine.modes import no_grad
from minigen.engine.tensor import Tensor
from minigen.nn.module import Module


class ExponentialAverage(Module):
    r"""A copy of a module whose parameters are the exponential average of the module's.

    It begins as the module is, :math:`\bar\theta_0 = \theta_0`, and moves with every `update`:

    .. math:: \bar\theta_t = d\,\bar\theta_{t-1} + (1 - d)\,\theta_t
              = d^t\,\theta_0 + (1 - d) \sum_{s=1}^t d^{t-s}\,\theta_s

    so it looks back over about :math:`1 / (1 - d)` updates. The weights of a GAN's generator circle
    around a good point rather than settle on it; their average makes better images than the last of
    them does. Yazıcı et al. (2019), arXiv:1806.04498.

    The copy is no part of what is learnt: its parameters require no gradients. Its buffers are not
    averaged, but those of the module at the last update.

    Parameters
    ----------
    module : Module
        What is copied.
    decay : float, in [0, 1)
        d.

    Attributes
    ----------
    module : Module
        The copy.

    Raises
    ------
    ValueError
        If `decay` lies outside [0, 1); in `update`, if a module of other parameters or buffers is
        given.

    Examples
    --------
    >>> import minigen
    >>> from minigen import nn
    >>> layer = nn.Dense(1, 1, bias=False)
    >>> _ = layer.load_state_dict({"weight": [[0.0]]})
    >>> average = nn.ExponentialAverage(layer, decay=0.75)
    >>> _ = layer.load_state_dict({"weight": [[4.0]]})
    >>> average.update(layer)
    >>> average(minigen.ones(1, 1)).item()
    1.0

    Derivation: exponential_average
    """

    def __init__(self, module: Module, decay: float) -> None:
        super().__init__()
        if not 0 <= decay < 1:
            raise ValueError(f"ExponentialAverage: decay must lie in [0, 1), got {decay}")
        self.decay = decay
        self.module = copy.deepcopy(module).requires_grad_(False)

    def update(self, module: Module) -> None:
        """Move the averages towards the parameters of `module`, and copy its buffers."""
        parameters = _pairs("parameters", self.module.named_parameters(), module.named_parameters())
        buffers = _pairs("buffers", self.module.named_buffers(), module.named_buffers())
        with no_grad():
            for average, newest in parameters:
                average.copy_(average * self.decay + newest * (1 - self.decay))
            for copied, newest in buffers:
                copied.copy_(newest)

    def forward(self, *inputs: Any, **options: Any) -> Any:
        """Call the copy."""
        return self.module(*inputs, **options)

    def extra_repr(self) -> str:
        return f"decay={self.decay}"


def _pairs(kind: str, averages: Any, newest: Any) -> list[tuple[Tensor, Tensor]]:
    """Pair the tensors of equal names; refuse modules whose names or shapes differ."""
    ours, theirs = dict(averages), dict(newest)
    shapes = {name: tensor.shape for name, tensor in ours.items()}
    got = {name: tensor.shape for name, tensor in theirs.items()}
    if shapes != got:
        raise ValueError(f"ExponentialAverage: {kind} {shapes} are expected, got {got}")
    return [(tensor, theirs[name]) for name, tensor in ours.items()]
