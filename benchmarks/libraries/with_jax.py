"""The workloads with JAX: the whole training step, Adam included, is one compiled function."""

from __future__ import annotations

import importlib
import itertools
from collections.abc import Callable, Iterator, Sequence
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
from benchmarks.workloads import SEED, Array, SharedNoise, Workload

jax: Any = importlib.import_module("jax")
jnp: Any = jax.numpy

Networks = dict[str, list[Any]]
"""The parameters of each network, in order."""

EPSILON = 1e-5
"""What is added to a variance, as PyTorch does."""

LAYOUTS = ("NCHW", "OIHW", "NCHW")
"""The orders of the axes of images, kernels and results."""


class Trainee:
    """A training step of a workload: one compiled function for each loss that is minimised."""

    def __init__(self, workload: Workload, weights: Sequence[Array]) -> None:
        self._shape = (workload.batch, workload.latent)
        rest = iter(weights)
        self._networks: Networks = {
            name: [jnp.asarray(next(rest)) for _ in shapes]
            for name, shapes in workload.parameter_shapes().items()
        }
        self._losses = _losses(workload)
        self._sides = {name: _trained(workload, name) for name in self._losses}
        self._moments = {
            name: _zeros({network: self._networks[network] for network in trained})
            for name, trained in self._sides.items()
        }
        self._steps = {name: self._compiled(workload, name) for name in self._losses}
        self._batches = itertools.cycle([jnp.asarray(x) for x in workload.images()])
        self._key = jax.random.key(SEED)
        self._count = 0

    def figures(self) -> dict[str, float]:
        """Return each loss and the norm of its gradient, before anything moves."""
        batch, draw = next(self._batches), SharedNoise()
        found: dict[str, float] = {}
        for name, loss in self._losses.items():
            noise = jnp.asarray(draw(*self._shape))
            value, gradients = jax.value_and_grad(loss)(self._networks, batch, noise)
            own = [np.asarray(g) for network in self._sides[name] for g in gradients[network]]
            label = "gradient" if name == "loss" else f"{name} gradient"
            found |= {name: float(value), label: norm(own)}
        return found

    def step(self) -> None:
        """Train each side on the next batch, and wait for it."""
        batch = next(self._batches)
        self._count += 1
        for name, step in self._steps.items():
            self._key, key = jax.random.split(self._key)
            own = {network: self._networks[network] for network in self._sides[name]}
            others = {n: p for n, p in self._networks.items() if n not in own}
            own, self._moments[name] = step(
                own, self._moments[name], others, batch, key, self._count
            )
            self._networks |= own
        jax.block_until_ready(self._networks)

    def _compiled(self, workload: Workload, name: str) -> Callable[..., Any]:
        """Return a compiled step of Adam on one loss, which may overwrite what it changes."""
        loss, (beta1, beta2) = self._losses[name], workload.betas

        def step(own: Any, moments: Any, others: Any, batch: Any, key: Any, count: Any) -> Any:
            noise = jax.random.normal(key, self._shape)
            gradients = jax.grad(lambda own: loss({**others, **own}, batch, noise))(own)
            means = _map(lambda m, g: beta1 * m + (1 - beta1) * g, moments[0], gradients)
            squares = _map(lambda v, g: beta2 * v + (1 - beta2) * g * g, moments[1], gradients)
            correction1, correction2 = 1 - beta1**count, 1 - beta2**count

            def moved(w: Any, m: Any, v: Any) -> Any:
                return w - workload.lr * (m / correction1) / (jnp.sqrt(v / correction2) + 1e-8)

            return _map(moved, own, means, squares), (means, squares)

        compiled: Callable[..., Any] = jax.jit(step, donate_argnums=(0, 1))
        return compiled


def make_trainee(workload: Workload, weights: Sequence[Array]) -> Subject:
    """Build a workload."""
    return Trainee(workload, weights)


def _trained(workload: Workload, loss: str) -> tuple[str, ...]:
    """Name the networks that a loss moves."""
    return tuple(workload.networks) if workload.kind == "vae" else (loss,)


def _losses(workload: Workload) -> dict[str, Callable[[Networks, Any, Any], Any]]:
    """Return the losses of a workload, functions of (networks, images, noise)."""

    def apply(name: str, networks: Networks, x: Any) -> Any:
        return _apply(workload.networks[name], iter(networks[name]), x)

    def vae(networks: Networks, x: Any, noise: Any) -> Any:
        features = apply("encoder", networks, x)
        mu, logvar = apply("mu", networks, features), apply("logvar", networks, features)
        logits = apply("decoder", networks, mu + jnp.exp(0.5 * logvar) * noise)
        target = x.reshape(logits.shape)
        reconstruction = jnp.sum(jax.nn.softplus(logits) - logits * target)
        kl = 0.5 * jnp.sum(mu**2 + jnp.exp(logvar) - 1 - logvar)
        return (reconstruction + kl) / len(x)

    def discriminator(networks: Networks, x: Any, noise: Any) -> Any:
        fake = jax.lax.stop_gradient(apply("generator", networks, noise))
        real_score = apply("discriminator", networks, x * 2 - 1)
        fake_score = apply("discriminator", networks, fake)
        return jax.nn.softplus(-real_score).mean() + jax.nn.softplus(fake_score).mean()

    def generator(networks: Networks, _x: Any, noise: Any) -> Any:
        score = apply("discriminator", networks, apply("generator", networks, noise))
        return jax.nn.softplus(-score).mean()

    if workload.kind == "vae":
        return {"loss": vae}
    return {"discriminator": discriminator, "generator": generator}


def _apply(layers: Sequence[Layer], parameters: Iterator[Any], x: Any) -> Any:
    """Run a chain of layers. (Batch norm keeps no running statistics, which training ignores.)"""
    for layer in layers:
        match layer:
            case Dense():
                x = x @ next(parameters).T
                if layer.bias:
                    x = x + next(parameters)
            case Convolution():
                x = _convolve(layer, next(parameters), x)
                if layer.bias:
                    x = x + next(parameters).reshape(-1, 1, 1)
            case BatchNorm():
                axes = (0, *range(2, x.ndim))
                scale, shift = (
                    next(parameters).reshape(-1, *(1,) * (x.ndim - 2)) for _ in range(2)
                )
                deviation = x - x.mean(axes, keepdims=True)
                variance = (deviation * deviation).mean(axes, keepdims=True)
                x = deviation * jax.lax.rsqrt(variance + EPSILON) * scale + shift
            case Activation("leaky_relu"):
                x = jax.nn.leaky_relu(x, LEAKY_SLOPE)
            case Activation(name):
                x = jax.nn.relu(x) if name == "relu" else jnp.tanh(x)
            case Reshape():
                x = x.reshape(x.shape[0], *layer.shape)
    return x


def _convolve(layer: Convolution, kernels: Any, x: Any) -> Any:
    """Convolve images; the transpose spreads them by the stride and slides flipped kernels."""
    convolve = jax.lax.conv_general_dilated
    if not layer.transposed:
        padding = [(layer.padding, layer.padding)] * 2
        return convolve(x, kernels, (layer.stride,) * 2, padding, dimension_numbers=LAYOUTS)
    margin = layer.kernel - 1 - layer.padding
    flipped = jnp.flip(kernels, (2, 3)).swapaxes(0, 1)
    return convolve(
        x, flipped, (1, 1), [(margin, margin)] * 2, (layer.stride,) * 2, dimension_numbers=LAYOUTS
    )


def _map(function: Callable[..., Any], *trees: Any) -> Any:
    return jax.tree.map(function, *trees)


def _zeros(parameters: Networks) -> tuple[Any, Any]:
    """Return the moments of Adam at the beginning."""
    return _map(jnp.zeros_like, parameters), _map(jnp.zeros_like, parameters)
