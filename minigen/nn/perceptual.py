"""The perceptual loss: errors of the features that a frozen network has of images."""

from __future__ import annotations

from collections.abc import Sequence

from minigen import functional as F
from minigen.engine.backend import Array
from minigen.engine.modes import no_grad
from minigen.engine.tensor import Tensor
from minigen.nn.containers import Sequential
from minigen.nn.module import Module
from minigen.nn.utils import evaluating, frozen


class PerceptualLoss(Module):
    r"""Mean squared errors of a network's hidden layers, added up over the layers.

    .. math:: \ell(x, t) = \frac1N \sum_n \sum_l \frac{1}{F_l}
              \left\| \varphi_l(x_n) - \varphi_l(t_n) \right\|^2

    :math:`\varphi_l` are the :math:`F_l` features of layer l. An edge that is moved by a pixel
    changes many pixels and few features. The network is one that was trained for something else,
    such as telling classes apart; it evaluates, and does not learn. Gradients pass through it to
    the images.

    Parameters
    ----------
    network : Sequential
        Its entries are applied in turn to images (N, C, H, W), as far as the last one compared.
    layers : sequence of int
        The entries whose outputs are compared, counted from 0.

    Raises
    ------
    ValueError
        If no layers are named, or one that there is not; in a call, if two shapes differ.

    References
    ----------
    Johnson, Alahi, Fei-Fei (2016), arXiv:1603.08155, equation 2, the *feature reconstruction loss*.

    Examples
    --------
    >>> import minigen
    >>> from minigen import nn
    >>> network = nn.Sequential(nn.Conv2d(1, 4, 3), nn.ReLU(), nn.Flatten(), nn.Dense(144, 10))
    >>> loss = nn.PerceptualLoss(network, [1, 3])
    >>> x = minigen.rand(5, 1, 8, 8)
    >>> loss(x, x).item(), loss(x, 1 - x).shape
    (0.0, ())

    Derivation: perceptual_loss
    """

    def __init__(self, network: Sequential, layers: Sequence[int]) -> None:
        super().__init__()
        if not layers or not all(0 <= layer < len(network) for layer in layers):
            raise ValueError(
                f"PerceptualLoss: layers from 0 to {len(network) - 1}, at least one, are expected, "
                f"got {list(layers)}"
            )
        self.network, self.layers = network, tuple(layers)

    def forward(self, x: Array, target: Array) -> Tensor:
        """Return the loss of images (N, C, H, W) and their targets, which are constants."""
        if x.shape != target.shape:
            raise ValueError(
                "PerceptualLoss: images and targets of one shape are expected, got "
                f"{tuple(x.shape)} and {tuple(target.shape)}"
            )
        with evaluating(self.network), frozen(self.network):
            with no_grad():
                wanted = self.features(target)
            made = self.features(x)
        errors = [F.mse_loss(*pair, "mean") for pair in zip(made, wanted, strict=True)]
        total: Tensor = F.sum(F.stack(errors))
        return total

    def features(self, x: Array) -> list[Array]:
        """Return the outputs of the layers that are compared, of images (N, C, H, W)."""
        found = []
        for number in range(max(self.layers) + 1):
            x = self.network[number](x)
            if number in self.layers:
                found.append(x)
        return found

    def extra_repr(self) -> str:
        return f"layers={self.layers}"
