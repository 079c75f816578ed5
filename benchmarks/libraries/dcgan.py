r"""The DCGANs of W3 and W4 of minigen's layers, with the interface of models of two sides."""

from __future__ import annotations

from typing import Any

from benchmarks.architecture import (
    LEAKY_SLOPE,
    Activation,
    BatchNorm,
    Convolution,
    Dense,
    Layer,
    Reshape,
)
from benchmarks.workloads import Workload
from minigen import Generator, Tensor, nn, no_grad
from minigen import functional as F
from minigen.backend import Array
from minigen.nn.utils import frozen
from minigen.random import default_generator


class DCGAN(nn.Module):
    r"""A discriminator and a generator, which are trained in turn.

    .. math:: L_D = E[\mathrm{softplus}(-D(x))] + E[\mathrm{softplus}(D(G(z)))], \qquad
              L_G = E[\mathrm{softplus}(-D(G(z)))]

    with logits D: the non-saturating objective of Goodfellow et al. (2014), arXiv:1406.2661.

    Parameters
    ----------
    workload : Workload
        Has the networks.
    generator : Generator
        Draws the initial weights, from N(0, 0.02²).
    """

    def __init__(self, workload: Workload, generator: Generator) -> None:
        super().__init__()
        self.latent = workload.latent
        self.discriminator = _network(workload.networks["discriminator"])
        self.generator = _network(workload.networks["generator"])
        nn.init.initialize_(self, nn.init.dcgan_normal_, generator)

    def sides(self) -> dict[str, nn.Module]:
        """Return the parts that have an optimiser each, in the order of their turns."""
        return {"discriminator": self.discriminator, "generator": self.generator}

    def side_terms(
        self, side: str, x: Array, *, generator: Generator | None = None
    ) -> dict[str, Tensor]:
        """Return the loss of a side, for images (N, C, H, W) in [0, 1]."""
        source = generator or default_generator()
        noise = source.normal((x.shape[0], self.latent))
        if side == "generator":
            with frozen(self.discriminator):
                score = self.discriminator(self.generator(noise))
            return {"generator_loss": F.softplus(-score).mean()}
        with frozen(self.generator), no_grad():
            fake = self.generator(noise)
        real_score = self.discriminator(x * 2 - 1)
        fake_score = self.discriminator(fake)
        loss = F.softplus(-real_score).mean() + F.softplus(fake_score).mean()
        return {"discriminator_loss": loss}


def _network(layers: tuple[Layer, ...]) -> nn.Sequential:
    return nn.Sequential(*map(_module, layers))


def _module(layer: Layer) -> nn.Module:
    match layer:
        case Dense():
            return nn.Dense(layer.inputs, layer.outputs)
        case Convolution():
            kind: Any = nn.ConvTranspose2d if layer.transposed else nn.Conv2d
            size = (layer.kernel, layer.stride, layer.padding)
            module: nn.Module = kind(layer.inputs, layer.outputs, *size, bias=layer.bias)
            return module
        case BatchNorm():
            return (nn.BatchNorm2d if layer.axes == 4 else nn.BatchNorm1d)(layer.features)
        case Activation("leaky_relu"):
            return nn.LeakyReLU(LEAKY_SLOPE)
        case Activation(name):
            return nn.ReLU() if name == "relu" else nn.Tanh()
        case Reshape():
            return nn.Flatten() if len(layer.shape) == 1 else nn.Unflatten(1, layer.shape)
