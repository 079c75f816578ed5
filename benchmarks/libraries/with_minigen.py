"""The workloads and single ops with minigen, as its lessons write them."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

import minigen
from benchmarks.architecture import Convolution
from benchmarks.libraries import Subject, norm
from benchmarks.libraries.conditional_with_minigen import ConditionalGANTrainee
from benchmarks.ops import AdamStep, SingleOp
from benchmarks.workloads import SEED, Array, Workload
from minigen import functional, models, nn, no_grad, optim
from minigen.engine.backend import to_device, to_numpy
from minigen.kernels.convolution import batch_first, batch_last


class VAETrainee:
    """A training step of a VAE: `model.loss(batch)`, `backward()`, `optimizer.step()`."""

    def __init__(
        self, workload: Workload, weights: Sequence[Array] | None, device: str = "cpu"
    ) -> None:
        self.model = _vae(workload)
        _load(self.model, weights)
        self.model.to(device)
        self.optimizer = _adam(self.model, workload)
        self.batches = _batches(workload, device)

    def figures(self) -> dict[str, float]:
        """Return the loss and the norm of its gradient."""
        loss = self.model.loss(next(self.batches), generator=minigen.Generator(SEED))
        loss.backward()
        found = {"loss": loss.item(), "gradient": _gradient_norm(self.model)}
        self.optimizer.zero_grad()
        return found

    def step(self) -> None:
        """Train on the next batch."""
        self.train(next(self.batches))

    def train(self, batch: Any) -> minigen.Tensor:
        """Train on a batch; return the loss."""
        loss = self.model.loss(batch)
        self.optimizer.zero_grad()
        loss.backward()
        self.optimizer.step()
        return loss


class GANTrainee:
    """A training step of a GAN: each side's turn on one batch."""

    def __init__(
        self, workload: Workload, weights: Sequence[Array] | None, device: str = "cpu"
    ) -> None:
        generator = minigen.Generator(SEED)
        layers = workload.networks["discriminator"]
        self.model = models.DCGAN(
            workload.image_shape,
            [layer.outputs for layer in layers if isinstance(layer, Convolution)],
            workload.latent,
            generator_hidden=(),
            discriminator_hidden=(),
            batch_norm=True,
            r1=0.0,
            average=0.0,
            generator=generator,
        )
        _load(self.model, weights)
        self.model.to(device)
        self.optimizers = {name: _adam(side, workload) for name, side in self.model.sides().items()}
        self.batches = _batches(workload, device)

    def figures(self) -> dict[str, float]:
        """Return each side's loss and the norm of its gradient, before either moves."""
        batch, generator = next(self.batches), minigen.Generator(SEED)
        found: dict[str, float] = {}
        for name, side in self.model.sides().items():
            loss = self._loss(name, batch, generator)
            loss.backward()
            found |= {name: loss.item(), f"{name} gradient": _gradient_norm(side)}
            self.optimizers[name].zero_grad()
        return found

    def step(self) -> None:
        """Train each side on the next batch."""
        self.train(next(self.batches))

    def train(self, batch: Any) -> dict[str, minigen.Tensor]:
        """Train each side on a batch; return their losses."""
        losses = {}
        for name, optimizer in self.optimizers.items():
            losses[name] = self._loss(name, batch)
            optimizer.zero_grad()
            losses[name].backward()
            optimizer.step()
            self.model.finish_turn(name)
        return losses

    def _loss(
        self, side: str, batch: Array, generator: minigen.Generator | None = None
    ) -> minigen.Tensor:
        return next(iter(self.model.side_terms(side, batch, generator=generator).values()))


class Captured:
    """A training step that is captured as a CUDA graph when it is first asked for."""

    def __init__(
        self, workload: Workload, weights: Sequence[Array] | None, device: str = "cuda"
    ) -> None:
        kind = VAETrainee if workload.kind == "vae" else GANTrainee
        self.trainee = kind(workload, weights, device)
        self._train = minigen.cuda.capture(self.trainee.train, device=device)

    def figures(self) -> dict[str, float]:
        """Return what the step computes before it is captured, with the same products."""
        with minigen.cuda.with_own_products():
            return self.trainee.figures()

    def step(self) -> None:
        """Train on the next batch."""
        self._train(next(self.trainee.batches))
        while not self._train.captured:
            self._train(next(self.trainee.batches))


class OpSubject:
    """A call of an op, and its backward pass."""

    def __init__(self, op: SingleOp) -> None:
        self._call = op.call
        arrays = op.inputs()
        if op.images:
            arrays[0] = batch_first(batch_last(arrays[0]))
        wanted = len(arrays) - op.constants
        self._inputs = [minigen.Tensor(a, requires_grad=i < wanted) for i, a in enumerate(arrays)]
        out = op.call(functional, *self._inputs)
        self._cotangent = None
        if out.shape:
            self._cotangent = np.empty_like(out.array)  # in the output's memory order
            self._cotangent[...] = op.cotangent(out.shape)

    def figures(self) -> dict[str, float]:
        """Return the norms of the output and of the inputs' gradients."""
        out = self._run()
        gradients = [x.grad.array for x in self._inputs if x.grad is not None]
        named = {f"gradient {i}": norm([g]) for i, g in enumerate(gradients)}
        return {"output": norm([out.array]), **named}

    def step(self) -> None:
        """Run the op forward and backward."""
        self._run()

    def _run(self) -> minigen.Tensor:
        for x in self._inputs:
            x.grad = None
        out: minigen.Tensor = self._call(functional, *self._inputs)
        out.backward(self._cotangent)
        return out


class AdamSubject:
    """A step of Adam."""

    def __init__(self, op: AdamStep) -> None:
        self._parameters = []
        for values, gradient in op.arrays():
            parameter = nn.Parameter(values)
            parameter.grad = minigen.Tensor(gradient)
            self._parameters.append(parameter)
        self._optimizer = optim.Adam(self._parameters)

    def figures(self) -> dict[str, float]:
        """Return the norm of the parameters after a step."""
        self.step()
        return {"parameters": norm([parameter.array for parameter in self._parameters])}

    def step(self) -> None:
        """Move the parameters."""
        self._optimizer.step()


def make_trainee(
    workload: Workload, weights: Sequence[Array] | None, device: str = "cpu"
) -> Subject:
    """Build a workload; without `weights` it draws its own."""
    if workload.kind == "conditional gan":
        return ConditionalGANTrainee(workload, weights, device)
    return (VAETrainee if workload.kind == "vae" else GANTrainee)(workload, weights, device)


def make_op(op: SingleOp | AdamStep) -> Subject:
    """Build a single op."""
    return OpSubject(op) if isinstance(op, SingleOp) else AdamSubject(op)


def initial_weights(workload: Workload) -> list[Array]:
    """Draw the values that all libraries start from, in the workload's order."""
    trainee = make_trainee(workload, None)
    if isinstance(trainee, ConditionalGANTrainee):
        return [parameter.numpy() for parameter in trainee.parameters()]
    assert isinstance(trainee, VAETrainee | GANTrainee)
    return [parameter.numpy() for parameter in parameters_of(trainee.model)]


def parameters_of(model: models.Model) -> list[nn.Parameter]:
    """Return all parameters in the workload's order: side by side."""
    return [parameter for side in model.sides().values() for parameter in side.parameters()]


def _vae(workload: Workload) -> models.VAE | models.ConvVAE:
    """Return the model of the library that has the workload's architecture."""
    generator = minigen.Generator(SEED)
    if workload.name == "W1":
        return models.VAE(workload.image_shape, (400,), workload.latent, generator=generator)
    return models.ConvVAE(
        workload.image_shape, (32, 64), (256,), workload.latent, generator=generator
    )


def _batches(workload: Workload, device: str) -> Iterator[Any]:
    """Return the batches of images, over and over; they lie on the device."""
    return itertools.cycle([to_device(images, device) for images in workload.images()])


def _load(model: models.Model, weights: Sequence[Array] | None) -> None:
    """Copy the values of all parameters, in order."""
    if weights is None:
        return
    with no_grad():
        for parameter, values in zip(parameters_of(model), weights, strict=True):
            parameter.copy_(values)


def _adam(model: nn.Module, workload: Workload) -> optim.Adam:
    return optim.Adam(model.parameters(), lr=workload.lr, betas=workload.betas)


def _gradient_norm(module: nn.Module) -> float:
    return norm([to_numpy(p.grad.array) for p in module.parameters() if p.grad is not None])
