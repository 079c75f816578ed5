"""The workloads with DeZero.

DeZero 0.0.13 was written for NumPy 1. Two lines make it what it was there: it names ``np.int``, and
it makes arrays of Python's numbers, which since NumPy 2 would turn all it computes into float64.
"""

from __future__ import annotations

import importlib
import itertools
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from benchmarks.architecture import (
    LEAKY_SLOPE,
    Activation,
    BatchNorm,
    Convolution,
    Dense,
    Layer,
    Reshape,
)
from benchmarks.libraries import Subject, norm
from benchmarks.workloads import Array, SharedNoise, Workload

if not hasattr(np, "int"):
    vars(np)["int"] = int
dezero: Any = importlib.import_module("dezero")
F: Any = dezero.functions
L: Any = dezero.layers

EPSILON = 1e-5
"""What batch norm adds to a variance, as PyTorch does; DeZero's layer adds 2e-5."""


def as_float32(x: Any, array_module: Any = np) -> Any:
    """Return a number as an array of float32, and an array as it is: for `dezero.core.as_array`."""
    return array_module.array(x, np.float32) if np.isscalar(x) else x


dezero.core.as_array = as_float32


class BatchNormLayer(L.Layer):  # type: ignore[misc]  # DeZero has no types
    """DeZero's batch norm with PyTorch's epsilon."""

    def __init__(self, gamma: Array, beta: Array) -> None:
        super().__init__()
        self.gamma = dezero.Parameter(gamma.copy())
        self.beta = dezero.Parameter(beta.copy())
        self._mean, self._var = np.zeros_like(beta), np.ones_like(gamma)

    def forward(self, x: Any) -> Any:
        """Standardise each channel, then scale and shift it."""
        return F.batch_nrom(x, self.gamma, self.beta, self._mean, self._var, 0.9, EPSILON)


class Network:
    """A chain of layers."""

    def __init__(self, layers: Sequence[Layer], weights: Iterator[Array]) -> None:
        self._layers = [_layer(layer, weights) for layer in layers]

    def __call__(self, x: Any) -> Any:
        """Apply the layers one after the other."""
        for layer in self._layers:
            x = layer(x)
        return x

    def params(self) -> Iterator[Any]:
        """Iterate over the parameters: DeZero's layers hold them in a set, in any order."""
        for layer in self._layers:
            if isinstance(layer, L.Layer):
                yield from layer.params()

    def cleargrads(self) -> None:
        """Forget the gradients."""
        for parameter in self.params():
            parameter.cleargrad()

    def gradient_norm(self) -> float:
        """Return the norm of the gradient of all parameters."""
        return norm([p.grad.data for p in self.params() if p.grad is not None])


class VAETrainee:
    """A training step of a VAE."""

    def __init__(self, workload: Workload, weights: Sequence[Array]) -> None:
        self._shape = (workload.batch, workload.latent)
        self._networks = _networks(workload, weights)
        self._optimizers = [_adam(network, workload) for network in self._networks.values()]
        self._batches = itertools.cycle(workload.images())

    def _loss(self, x: Array, noise: Array) -> Any:
        networks = self._networks
        features = networks["encoder"](x)
        mu, logvar = networks["mu"](features), networks["logvar"](features)
        logits = networks["decoder"](mu + F.exp(logvar * 0.5) * noise)
        target = x.reshape(logits.shape)
        reconstruction = F.sum(F.log(F.exp(logits) + 1) - logits * target)
        kl = F.sum(mu * mu + F.exp(logvar) - logvar - 1) * 0.5
        return (reconstruction + kl) / len(x)

    def figures(self) -> dict[str, float]:
        """Return the loss and the norm of its gradient."""
        loss = self._loss(next(self._batches), SharedNoise()(*self._shape))
        loss.backward()
        parts = [network.gradient_norm() for network in self._networks.values()]
        for network in self._networks.values():
            network.cleargrads()
        return {"loss": float(loss.data), "gradient": float(np.linalg.norm(parts))}

    def step(self) -> None:
        """Train on the next batch."""
        noise = np.random.standard_normal(self._shape).astype(np.float32)  # noqa: NPY002 - DeZero's way
        loss = self._loss(next(self._batches), noise)
        for network in self._networks.values():
            network.cleargrads()
        loss.backward()
        for optimizer in self._optimizers:
            optimizer.update()


class GANTrainee:
    """A training step of a GAN. (DeZero cannot hold the discriminator still.)"""

    def __init__(self, workload: Workload, weights: Sequence[Array]) -> None:
        self._shape = (workload.batch, workload.latent)
        self._networks = _networks(workload, weights)
        self._optimizers = {
            name: _adam(network, workload) for name, network in self._networks.items()
        }
        self._batches = itertools.cycle(workload.images())

    def _loss(self, side: str, x: Array, noise: Array) -> Any:
        discriminator, generator = self._networks["discriminator"], self._networks["generator"]
        if side == "generator":
            return _mean_softplus(-discriminator(generator(noise)))
        with dezero.no_grad():
            fake = generator(noise)
        real_score, fake_score = discriminator(x * 2 - 1), discriminator(fake)
        return _mean_softplus(-real_score) + _mean_softplus(fake_score)

    def figures(self) -> dict[str, float]:
        """Return each side's loss and the norm of its gradient, before either moves."""
        batch, draw = next(self._batches), SharedNoise()
        found: dict[str, float] = {}
        for name, network in self._networks.items():
            network.cleargrads()
            loss = self._loss(name, batch, draw(*self._shape))
            loss.backward()
            found |= {name: float(loss.data), f"{name} gradient": network.gradient_norm()}
        return found

    def step(self) -> None:
        """Train each side on the next batch."""
        batch = next(self._batches)
        for name, network in self._networks.items():
            noise = np.random.standard_normal(self._shape).astype(np.float32)  # noqa: NPY002 - DeZero's way
            loss = self._loss(name, batch, noise)
            network.cleargrads()
            loss.backward()
            self._optimizers[name].update()


def make_trainee(workload: Workload, weights: Sequence[Array]) -> Subject:
    """Build a workload."""
    return (VAETrainee if workload.kind == "vae" else GANTrainee)(workload, weights)


def _mean_softplus(x: Any) -> Any:
    return F.sum(F.log(F.exp(x) + 1)) / x.size


def _networks(workload: Workload, weights: Sequence[Array]) -> dict[str, Network]:
    rest = iter(weights)
    return {name: Network(layers, rest) for name, layers in workload.networks.items()}


def _adam(network: Network, workload: Workload) -> Any:
    return dezero.optimizers.Adam(workload.lr, *workload.betas).setup(network)


def _layer(layer: Layer, weights: Iterator[Array]) -> Any:
    """Make a layer, or a function, and give it its first weights."""
    match layer:
        case Dense():
            dense = L.Linear(layer.outputs, nobias=not layer.bias, in_size=layer.inputs)
            dense.W.data = next(weights).T.copy()
            if layer.bias:
                dense.b.data = next(weights).copy()
            return dense
        case Convolution():
            kind = L.Deconv2d if layer.transposed else L.Conv2d
            convolution = kind(
                layer.outputs, layer.kernel, layer.stride, layer.padding,
                nobias=not layer.bias, in_channels=layer.inputs,
            )  # fmt: skip
            convolution.W.data = next(weights).copy()
            if layer.bias:
                convolution.b.data = next(weights).copy()
            return convolution
        case BatchNorm():
            return BatchNormLayer(next(weights), next(weights))
        case Activation("leaky_relu"):
            return lambda x: F.leaky_relu(x, LEAKY_SLOPE)
        case Activation(name):
            return getattr(F, name)
        case Reshape():
            return lambda x: F.reshape(x, (x.shape[0], *layer.shape))
