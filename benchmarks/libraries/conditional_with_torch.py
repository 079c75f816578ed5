"""The conditional GAN of W5 with PyTorch, as `conditional_with_minigen` has it."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from typing import Any

import numpy as np

from benchmarks.architecture import Layer, Projection
from benchmarks.libraries import norm
from benchmarks.libraries.with_torch import make_module, nn, torch
from benchmarks.workloads import (
    DECAY,
    PENALTY_WEIGHT,
    SEED,
    Array,
    Labels,
    SharedNoise,
    Workload,
)

softplus: Any = nn.functional.softplus


class Discriminator(nn.Module):  # type: ignore[misc]  # PyTorch may not be installed
    """Scores pictures with their classes: w . h + b + E[y] . h, where h are the features."""

    def __init__(self, layers: Sequence[Layer]) -> None:
        super().__init__()
        *below, projection = layers
        assert isinstance(projection, Projection)
        self.features = nn.Sequential(*map(make_module, below))
        self.score = nn.Linear(projection.features, 1)
        self.classes = nn.Embedding(projection.classes, projection.features)

    def forward(self, x: Any, labels: Any) -> Any:
        """Return a score a picture."""
        h = self.features(x)
        return self.score(h)[:, 0] + (self.classes(labels) * h).sum(1)


class ConditionalGANTrainee:
    """A training step of W5: a turn of each side, and lazily R1 in the discriminator's."""

    def __init__(
        self,
        workload: Workload,
        weights: Sequence[Array],
        *,
        compiled: bool = False,
        device: str = "cpu",
    ) -> None:
        self.device, self.workload = device, workload
        self.sides = nn.ModuleDict(
            {
                "discriminator": Discriminator(workload.networks["discriminator"]),
                "generator": nn.Sequential(*map(make_module, workload.networks["generator"])),
            }
        )
        with torch.no_grad():
            for parameter, values in zip(self.sides.parameters(), weights, strict=True):
                parameter.copy_(torch.from_numpy(values))
        self.sides.to(device)
        self._run = {
            name: torch.compile(side) if compiled else side for name, side in self.sides.items()
        }
        self.optimizers = {
            name: torch.optim.Adam(side.parameters(), lr=workload.lr, betas=workload.betas)
            for name, side in self.sides.items()
        }
        self._batches = itertools.cycle(
            [
                tuple(torch.from_numpy(array).to(device) for array in arrays)
                for arrays in zip(workload.images(), *workload.labels(), strict=True)
            ]
        )
        self._steps = 0

    def figures(self) -> dict[str, float]:
        """Return each side's loss, R1 included, and the norm of its gradient."""
        images, labels, codes = next(self._batches)
        draw = SharedNoise()
        found: dict[str, float] = {}
        for name, side in self.sides.items():
            z = torch.from_numpy(draw(len(images), self.workload.latent)).to(self.device)
            loss = self._loss(name, images * 2 - 1, labels, codes, z, penalized=True)
            loss.backward()
            slopes = [p.grad.cpu().numpy() for p in side.parameters() if p.grad is not None]
            found |= {name: loss.item(), f"{name} gradient": norm(slopes)}
            self.optimizers[name].zero_grad()
        return found

    def step(self) -> None:
        """Train each side on the next batch."""
        self.train(*next(self._batches))

    def train(self, images: Any, labels: Any, codes: Any) -> None:
        """Train each side on a batch of images in [0, 1], with their classes and one-hot codes."""
        x = images * 2 - 1
        penalized = self._steps % self.workload.period == 0
        for name, optimizer in self.optimizers.items():
            z = torch.randn(len(x), self.workload.latent, device=self.device)
            loss = self._loss(name, x, labels, codes, z, penalized=penalized)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
        self._steps += 1

    def _loss(self, side: str, x: Any, labels: Any, codes: Any, z: Any, *, penalized: bool) -> Any:
        score, generate = self._run["discriminator"], self._run["generator"]
        noise = torch.cat([z, codes], 1)
        if side == "generator":
            self.sides["discriminator"].requires_grad_(False)
            loss = softplus(-score(generate(noise), labels)).mean()
            self.sides["discriminator"].requires_grad_(True)
            return loss
        with torch.no_grad():
            fake = generate(noise)
        loss = softplus(-score(x, labels)).mean() + softplus(score(fake, labels)).mean()
        return loss + self._penalty(x, labels) if penalized else loss

    def _penalty(self, x: Any, labels: Any) -> Any:
        """Return R1, times the steps that it stands for; compiled code has no second derivative."""
        real = x.detach().requires_grad_(True)
        score = self.sides["discriminator"](real, labels)
        (slope,) = torch.autograd.grad(score.sum(), real, create_graph=True)
        weight = self.workload.period * PENALTY_WEIGHT / 2
        return slope.square().flatten(1).sum(1).mean() * weight


class Learner(ConditionalGANTrainee):
    """The step of W5 at changing rates, and an average of the generator: see `learning`."""

    def __init__(self, workload: Workload, weights: Sequence[Array]) -> None:
        super().__init__(workload, weights)
        torch.manual_seed(SEED)
        self.average = torch.optim.swa_utils.AveragedModel(
            self.sides["generator"], avg_fn=_average, use_buffers=True
        )
        self.average.update_parameters(self.sides["generator"])  # the first time, it copies

    def learn(self, images: Array, labels: Labels, codes: Array, rate: float) -> None:
        """Train each side on a batch, and average the generator."""
        for optimizer in self.optimizers.values():
            for group in optimizer.param_groups:
                group["lr"] = rate
        self.train(*map(torch.from_numpy, (images, labels, codes)))
        self.average.update_parameters(self.sides["generator"])

    def generate(self, noise: Array, codes: Array) -> Array:
        """Return images in [0, 1], which the averaged generator makes."""
        self.average.eval()
        with torch.no_grad():
            made = self.average(torch.from_numpy(np.concatenate([noise, codes], axis=1)))
        self.average.train()
        images: Array = ((made + 1) / 2).numpy()
        return images


def _average(averaged: Any, newest: Any, updates: Any) -> Any:
    """Return the next average, as `minigen.nn.ExponentialAverage` with `warmup` has it."""
    decay = min(DECAY, float(updates) / (float(updates) + 9))
    return averaged * decay + newest * (1 - decay)
