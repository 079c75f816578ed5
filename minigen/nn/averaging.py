r"""Averages of a module's weights and statistics over the steps of training."""

from __future__ import annotations

import copy
from typing import Any

import numpy as np

from minigen import functional as F
from minigen.engine.creation import zeros
from minigen.engine.modes import no_grad
from minigen.engine.tensor import Tensor
from minigen.nn.module import Module, Parameter


class ExponentialAverage(Module):
    r"""A copy of a module whose parameters and statistics are the exponential average of its own.

    It begins as the module is, :math:`\bar\theta_0 = \theta_0`, and moves with every `update`:

    .. math:: \bar\theta_t = d\,\bar\theta_{t-1} + (1 - d)\,\theta_t
              = d^t\,\theta_0 + (1 - d) \sum_{s=1}^t d^{t-s}\,\theta_s

    so it looks back over about :math:`1 / (1 - d)` updates. The weights of a GAN's generator circle
    around a good point rather than settle on it; their average makes better images than the last of
    them does. Yazıcı et al. (2019), arXiv:1806.04498.

    Buffers of floating-point numbers, such as the running statistics of batch norm, are averaged as
    the parameters are: the newest statistics belong to the newest weights, and fit their average
    badly while these still move. Other buffers, such as counts, are those of the module at the last
    update. `torch.optim.swa_utils.AveragedModel` does the same if `use_buffers` is given.

    The copy is no part of what is learnt: its parameters require no gradients.

    Parameters
    ----------
    module : Module
        What is copied.
    decay : float, in [0, 1)
        d.
    use_buffers : bool, default True
        Whether buffers of floating-point numbers are averaged; otherwise they, too, are those of
        the module at the last update.
    warmup : bool, default False
        Whether update t has the decay :math:`\min(d, \frac{t}{t + 9})` instead of d, so that the
        first weights, which nobody wants, are soon forgotten: the average then looks back over a
        tenth of all updates, more or less, until d is reached.

    Attributes
    ----------
    module : Module
        The copy.
    num_updates : Tensor, shape (), int64
        Buffer, with `warmup` alone: how many updates there were.

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

    Derivation: exponential_average, exponential_average.warmup
    """

    num_updates: Tensor

    def __init__(
        self, module: Module, decay: float, *, use_buffers: bool = True, warmup: bool = False
    ) -> None:
        super().__init__()
        if not 0 <= decay < 1:
            raise ValueError(f"ExponentialAverage: decay must lie in [0, 1), got {decay}")
        self.decay = decay
        self.use_buffers = use_buffers
        self.warmup = warmup
        self.module = copy.deepcopy(module).requires_grad_(False)
        if warmup:
            device = next(self.module.parameters()).device
            self.register_buffer("num_updates", zeros(dtype=np.int64, device=device))

    def update(self, module: Module) -> None:
        """Move the averages towards the parameters and statistics of `module`."""
        pairs = _pairs("parameters", self.module.named_parameters(), module.named_parameters())
        pairs += _pairs("buffers", self.module.named_buffers(), module.named_buffers())
        with no_grad():
            decay = self._next_decay()
            for average, newest in pairs:
                if self._averages(average):
                    kept = decay.astype(average.dtype) if isinstance(decay, Tensor) else decay
                    average.copy_(average * kept + newest * (1 - kept))
                else:
                    average.copy_(newest)

    def _averages(self, tensor: Tensor) -> bool:
        """Tell whether a tensor of the copy is averaged, and not taken over."""
        if isinstance(tensor, Parameter):
            return True
        return self.use_buffers and tensor.dtype.kind == "f"

    def _next_decay(self) -> Tensor | float:
        """Return the decay of this update; it is computed where the module is, without waiting."""
        if not self.warmup:
            return self.decay
        self.num_updates.copy_(self.num_updates + 1)
        t = self.num_updates.astype(np.float64)
        decay: Tensor = F.minimum(t / (t + 9), self.decay)
        return decay

    def forward(self, *inputs: Any, **options: Any) -> Any:
        """Call the copy."""
        return self.module(*inputs, **options)

    def extra_repr(self) -> str:
        return f"decay={self.decay}" + ", warmup=True" * self.warmup


def _pairs(kind: str, averages: Any, newest: Any) -> list[tuple[Tensor, Tensor]]:
    """Pair the tensors of equal names; refuse modules whose names or shapes differ."""
    ours, theirs = dict(averages), dict(newest)
    shapes = {name: tensor.shape for name, tensor in ours.items()}
    got = {name: tensor.shape for name, tensor in theirs.items()}
    if shapes != got:
        raise ValueError(f"ExponentialAverage: {kind} {shapes} are expected, got {got}")
    return [(tensor, theirs[name]) for name, tensor in ours.items()]
