"""The conditional GAN of W5 with minigen: its layers, and `grad` twice for the penalty."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from functools import partial

import minigen
from benchmarks.architecture import (
    LEAKY_SLOPE,
    Activation,
    BatchNorm,
    Convolution,
    Dense,
    Layer,
    Projection,
    Reshape,
)
from benchmarks.libraries import norm
from benchmarks.workloads import DECAY, PENALTY_WEIGHT, SEED, Array, Labels, Workload
from minigen import functional as F
from minigen import nn, no_grad, optim
from minigen.engine.backend import to_device, to_numpy


class Discriminator(nn.Module):
    """Scores pictures with their classes: w . h + b + E[y] . h, where h are the features.

    Miyato and Koyama (2018), arXiv:1802.05637, equation 3.
    """

    def __init__(self, layers: Sequence[Layer], generator: minigen.Generator) -> None:
        super().__init__()
        *below, projection = layers
        assert isinstance(projection, Projection)
        self.features = nn.Sequential(*map(_module, below))
        self.score = nn.Dense(projection.features, 1)
        self.classes = nn.Embedding(projection.classes, projection.features)
        he = partial(nn.init.kaiming_normal_, a=LEAKY_SLOPE)
        nn.init.initialize_(self.features, he, generator)
        nn.init.initialize_(self.score, nn.init.kaiming_normal_, generator)
        nn.init.zeros_(self.classes.weight)

    def forward(self, x: minigen.Tensor, labels: Labels) -> minigen.Tensor:
        """Return a score a picture."""
        h = self.features(x)
        score: minigen.Tensor = self.score(h)[:, 0] + F.sum(self.classes(labels) * h, axis=1)
        return score


class ConditionalGANTrainee:
    """A training step of W5: a turn of each side, and lazily R1 in the discriminator's."""

    def __init__(
        self, workload: Workload, weights: Sequence[Array] | None, device: str = "cpu"
    ) -> None:
        generator = minigen.Generator(SEED)
        self.workload, self.device = workload, device
        self.sides = {
            "discriminator": Discriminator(workload.networks["discriminator"], generator),
            "generator": nn.init.initialize_(
                nn.Sequential(*map(_module, workload.networks["generator"])),
                nn.init.dcgan_normal_,
                generator,
            ),
        }
        if weights is not None:
            with no_grad():
                for parameter, values in zip(self.parameters(), weights, strict=True):
                    parameter.copy_(values)
        self.optimizers = {
            name: optim.Adam(side.to(device).parameters(), lr=workload.lr, betas=workload.betas)
            for name, side in self.sides.items()
        }
        self._batches = itertools.cycle(
            [
                tuple(to_device(array, device) for array in arrays)
                for arrays in zip(workload.images(), *workload.labels(), strict=True)
            ]
        )
        self._steps = 0

    def parameters(self) -> list[nn.Parameter]:
        """Return all parameters in the workload's order: side by side."""
        return [parameter for side in self.sides.values() for parameter in side.parameters()]

    def figures(self) -> dict[str, float]:
        """Return each side's loss, R1 included, and the norm of its gradient."""
        images, labels, codes = next(self._batches)
        generator = minigen.Generator(SEED)
        found: dict[str, float] = {}
        for name, side in self.sides.items():
            loss = self._loss(name, images * 2 - 1, labels, codes, generator, penalized=True)
            loss.backward()
            slopes = [to_numpy(p.grad.array) for p in side.parameters() if p.grad is not None]
            found |= {name: loss.item(), f"{name} gradient": norm(slopes)}
            self.optimizers[name].zero_grad()
        return found

    def step(self) -> None:
        """Train each side on the next batch."""
        self.train(*next(self._batches))

    def train(self, images: Array, labels: Labels, codes: Array) -> None:
        """Train each side on a batch of images in [0, 1], with their classes and one-hot codes."""
        x = images * 2 - 1
        penalized = self._steps % self.workload.period == 0
        for name, optimizer in self.optimizers.items():
            loss = self._loss(name, x, labels, codes, None, penalized=penalized)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
        self._steps += 1

    def _loss(
        self,
        side: str,
        x: Array,
        labels: Labels,
        codes: Array,
        generator: minigen.Generator | None,
        *,
        penalized: bool,
    ) -> minigen.Tensor:
        score = self.sides["discriminator"]
        z = minigen.randn(len(x), self.workload.latent, generator=generator, device=self.device)
        noise = F.cat([z, codes], axis=1)
        if side == "generator":
            score.requires_grad_(False)
            loss = F.mean(F.softplus(-score(self.sides["generator"](noise), labels)))
            score.requires_grad_(True)
            return loss
        with no_grad():
            fake = self.sides["generator"](noise)
        loss = F.mean(F.softplus(-score(minigen.tensor(x), labels)))
        loss = loss + F.mean(F.softplus(score(fake, labels)))
        return loss + self._penalty(x, labels) if penalized else loss

    def _penalty(self, x: Array, labels: Labels) -> minigen.Tensor:
        """Return R1, times the steps that it stands for: gamma / 2 E |dD/dx|^2."""
        real = minigen.tensor(x, requires_grad=True)
        score = self.sides["discriminator"](real, labels)
        (slope,) = minigen.grad(F.sum(score), real, create_graph=True)
        assert slope is not None
        weight = self.workload.period * PENALTY_WEIGHT / 2
        return F.mean(F.sum(F.flatten(slope * slope, 1), axis=1)) * weight


class Learner(ConditionalGANTrainee):
    """The step of W5 at changing rates, and an average of the generator: see `learning`."""

    def __init__(self, workload: Workload, weights: Sequence[Array]) -> None:
        super().__init__(workload, weights)
        minigen.manual_seed(SEED)
        self.average = nn.ExponentialAverage(self.sides["generator"], DECAY, warmup=True)

    def learn(self, images: Array, labels: Labels, codes: Array, rate: float) -> None:
        """Train each side on a batch, and average the generator."""
        for optimizer in self.optimizers.values():
            for group in optimizer.param_groups:
                group["lr"] = rate
        self.train(images, labels, codes)
        self.average.update(self.sides["generator"])

    def generate(self, noise: Array, codes: Array) -> Array:
        """Return images in [0, 1], which the averaged generator makes."""
        with nn.utils.evaluating(self.average), no_grad():
            made = self.average(F.cat([minigen.tensor(noise), codes], axis=1))
        images: Array = (made.numpy() + 1) / 2
        return images


def _module(layer: Layer) -> nn.Module:
    match layer:
        case Dense():
            return nn.Dense(layer.inputs, layer.outputs, layer.bias)
        case Convolution():
            kind = nn.ConvTranspose2d if layer.transposed else nn.Conv2d
            size = (layer.kernel, layer.stride, layer.padding)
            return kind(layer.inputs, layer.outputs, *size, bias=layer.bias)
        case BatchNorm():
            return (nn.BatchNorm2d if layer.axes == 4 else nn.BatchNorm1d)(layer.features)
        case Activation("leaky_relu"):
            return nn.LeakyReLU(LEAKY_SLOPE)
        case Activation(name):
            return nn.ReLU() if name == "relu" else nn.Tanh()
        case Reshape():
            return nn.Flatten() if len(layer.shape) == 1 else nn.Unflatten(1, layer.shape)
        case _:
            raise TypeError(f"a projection ends a discriminator, it is no layer by itself: {layer}")
