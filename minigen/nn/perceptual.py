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
    r"""Mean squared errors of a network's hidden layers, weighted and added up over the layers.

    .. math:: \ell(x, t) = \frac1N \sum_n \sum_l \frac{w_l}{F_l}
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
        The entries whose outputs are compared, counted from 0, each once.
    weights : sequence of float, optional
        The weight :math:`w_l` of each of them, in the same order, not negative; 1 if not given.
    normalize : bool, default False
        Compare directions: at each place, divide the features by their length over the channels.
        Then layers with large features count for no more than others.

    Raises
    ------
    ValueError
        If no layers are named, one twice, or one that there is not; if there are not as many
        weights, or one is negative; in a call, if two shapes differ.

    References
    ----------
    Johnson, Alahi, Fei-Fei (2016), arXiv:1603.08155, equation 2, the *feature reconstruction loss*.
    Dosovitskiy, Brox (2016), arXiv:1602.02644, section 3: beside an error of pixels. Zhang, Isola,
    Efros, Shechtman, Wang (2018), arXiv:1801.03924, equation 1: features of length 1.

    Examples
    --------
    >>> import minigen
    >>> from minigen import nn
    >>> network = nn.Sequential(nn.Conv2d(1, 4, 3), nn.ReLU(), nn.Flatten(), nn.Dense(144, 10))
    >>> loss = nn.PerceptualLoss(network, [1, 3], weights=[1.0, 0.1])
    >>> x = minigen.rand(5, 1, 8, 8)
    >>> loss(x, x).item(), loss(x, 1 - x).shape
    (0.0, ())

    Derivation: perceptual_loss
    """

    def __init__(
        self,
        network: Sequential,
        layers: Sequence[int],
        weights: Sequence[float] | None = None,
        *,
        normalize: bool = False,
    ) -> None:
        super().__init__()
        known = all(0 <= layer < len(network) for layer in layers)
        if not layers or not known or len(set(layers)) != len(layers):
            raise ValueError(
                f"PerceptualLoss: layers from 0 to {len(network) - 1}, at least one, each once, "
                f"are expected, got {list(layers)}"
            )
        weights = [1.0] * len(layers) if weights is None else weights
        if len(weights) != len(layers) or not all(weight >= 0 for weight in weights):
            raise ValueError(
                f"PerceptualLoss: a weight of at least 0 for each of {len(layers)} layers is "
                f"expected, got {list(weights)}"
            )
        self.network, self.layers, self.weights = network, tuple(layers), tuple(weights)
        self.normalize = normalize

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
        errors = [
            weight * F.mse_loss(made[layer], wanted[layer], "mean")
            for layer, weight in zip(self.layers, self.weights, strict=True)
        ]
        total: Tensor = F.sum(F.stack(errors))
        return total

    def features(self, x: Array) -> dict[int, Array]:
        """Return the features of images (N, C, H, W) that are compared, by their layer."""
        found = {}
        for number in range(max(self.layers) + 1):
            x = self.network[number](x)
            if number in self.layers:
                found[number] = F.normalize(x) if self.normalize else x
        return found

    def extra_repr(self) -> str:
        return f"layers={self.layers}, weights={self.weights}, normalize={self.normalize}"
