"""The workloads and single ops with PyTorch, as its own examples write them."""

from __future__ import annotations

import importlib
import itertools
from collections.abc import Iterator, Sequence
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
from benchmarks.libraries import Subject, norm
from benchmarks.ops import AdamStep, SingleOp
from benchmarks.workloads import Array, SharedNoise, Workload

torch: Any = importlib.import_module("torch")
nn: Any = torch.nn


class VAETrainee:
    """A training step of a VAE, as in PyTorch's example ``vae``."""

    def __init__(
        self,
        workload: Workload,
        weights: Sequence[Array],
        *,
        compiled: bool = False,
        device: str = "cpu",
        **adam: Any,
    ) -> None:
        self.device = device
        self._noise_shape = (workload.batch, workload.latent)
        self.networks = _networks(workload, weights).to(device)
        self._loss = torch.compile(self._eager_loss) if compiled else self._eager_loss
        self.optimizer = _adam(self.networks, workload, **adam)
        self.batches = _batches(workload, device)

    def _eager_loss(self, x: Any, noise: Any) -> Any:
        """Return binary cross-entropy plus KL divergence, in nats an image."""
        networks = self.networks
        features = networks["encoder"](x)
        mu, logvar = networks["mu"](features), networks["logvar"](features)
        logits = networks["decoder"](mu + torch.exp(0.5 * logvar) * noise)
        reconstruction = nn.functional.binary_cross_entropy_with_logits(
            logits, x.reshape(logits.shape), reduction="sum"
        )
        kl = -0.5 * torch.sum(1 + logvar - mu.pow(2) - logvar.exp())
        return (reconstruction + kl) / len(x)

    def figures(self) -> dict[str, float]:
        """Return the loss and the norm of its gradient."""
        noise = torch.from_numpy(SharedNoise()(*self._noise_shape)).to(self.device)
        loss = self._loss(next(self.batches), noise)
        loss.backward()
        found = {"loss": loss.item(), "gradient": _gradient_norm(self.networks)}
        self.optimizer.zero_grad()
        return found

    def step(self) -> None:
        """Train on the next batch."""
        self.train(next(self.batches))

    def train(self, batch: Any) -> None:
        """Train on a batch."""
        loss = self._loss(batch, torch.randn(self._noise_shape, device=self.device))
        self.optimizer.zero_grad()
        loss.backward()
        self.optimizer.step()


class GANTrainee:
    """A training step of a GAN, as in PyTorch's example ``dcgan``, with new noise for each turn."""

    def __init__(
        self,
        workload: Workload,
        weights: Sequence[Array],
        *,
        compiled: bool = False,
        device: str = "cpu",
        **adam: Any,
    ) -> None:
        self.device = device
        self._noise_shape = (workload.batch, workload.latent)
        self.networks = _networks(workload, weights).to(device)
        self._run = {
            name: torch.compile(network) if compiled else network
            for name, network in self.networks.items()
        }
        self.optimizers = {
            name: _adam(network, workload, **adam) for name, network in self.networks.items()
        }
        self.batches = _batches(workload, device)

    def _loss(self, side: str, x: Any, noise: Any) -> Any:
        """Return the loss of a side, for images in [0, 1]."""
        discriminator, generator = self._run["discriminator"], self._run["generator"]
        softplus = nn.functional.softplus
        if side == "generator":
            self.networks["discriminator"].requires_grad_(False)
            score = discriminator(generator(noise))
            self.networks["discriminator"].requires_grad_(True)
            return softplus(-score).mean()
        with torch.no_grad():
            fake = generator(noise)
        real_score, fake_score = discriminator(x * 2 - 1), discriminator(fake)
        return softplus(-real_score).mean() + softplus(fake_score).mean()

    def figures(self) -> dict[str, float]:
        """Return each side's loss and the norm of its gradient, before either moves."""
        batch, draw = next(self.batches), SharedNoise()
        found: dict[str, float] = {}
        for name, network in self.networks.items():
            noise = torch.from_numpy(draw(*self._noise_shape)).to(self.device)
            loss = self._loss(name, batch, noise)
            loss.backward()
            found |= {name: loss.item(), f"{name} gradient": _gradient_norm(network)}
            self.optimizers[name].zero_grad()
        return found

    def step(self) -> None:
        """Train each side on the next batch."""
        self.train(next(self.batches))

    def train(self, batch: Any) -> None:
        """Train each side on a batch."""
        for name, optimizer in self.optimizers.items():
            loss = self._loss(name, batch, torch.randn(self._noise_shape, device=self.device))
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()


class Functions:
    """PyTorch's functions under one name, as `minigen.functional` has them."""

    def __getattr__(self, name: str) -> Any:
        module = torch if hasattr(torch, name) else nn.functional
        if name in ("batch_norm", "binary_cross_entropy_with_logits"):
            module = nn.functional  # those of `torch` itself are for internal use
        return getattr(module, name)


class OpSubject:
    """A call of an op, and its backward pass."""

    def __init__(self, op: SingleOp) -> None:
        self._call = op.call
        self._functions = Functions()
        arrays = op.inputs()
        wanted = len(arrays) - op.constants
        self._inputs = [
            torch.from_numpy(array).requires_grad_(i < wanted) for i, array in enumerate(arrays)
        ]
        out = op.call(self._functions, *self._inputs)
        shape = tuple(out.shape)
        self._cotangent = torch.from_numpy(op.cotangent(shape)) if shape else None

    def figures(self) -> dict[str, float]:
        """Return the norms of the output and of the inputs' gradients."""
        out = self._run()
        gradients = [x.grad.numpy() for x in self._inputs if x.grad is not None]
        named = {f"gradient {i}": norm([g]) for i, g in enumerate(gradients)}
        return {"output": norm([out.detach().numpy()]), **named}

    def step(self) -> None:
        """Run the op forward and backward."""
        self._run()

    def _run(self) -> Any:
        for x in self._inputs:
            x.grad = None
        out = self._call(self._functions, *self._inputs)
        out.backward(self._cotangent)
        return out


class AdamSubject:
    """A step of Adam."""

    def __init__(self, op: AdamStep) -> None:
        self._parameters = []
        for values, gradient in op.arrays():
            parameter = nn.Parameter(torch.from_numpy(values))
            parameter.grad = torch.from_numpy(gradient)
            self._parameters.append(parameter)
        self._optimizer = torch.optim.Adam(self._parameters)

    def figures(self) -> dict[str, float]:
        """Return the norm of the parameters after a step."""
        self.step()
        return {"parameters": norm([p.detach().numpy() for p in self._parameters])}

    def step(self) -> None:
        """Move the parameters."""
        self._optimizer.step()


def make_trainee(
    workload: Workload, weights: Sequence[Array], *, compiled: bool, device: str = "cpu"
) -> Subject:
    """Build a workload, eager or with `torch.compile`."""
    if workload.kind == "conditional gan":
        from benchmarks.libraries.conditional_with_torch import ConditionalGANTrainee

        return ConditionalGANTrainee(workload, weights, compiled=compiled, device=device)
    kind = VAETrainee if workload.kind == "vae" else GANTrainee
    return kind(workload, weights, compiled=compiled, device=device)


def make_op(op: SingleOp | AdamStep) -> Subject:
    """Build a single op."""
    return OpSubject(op) if isinstance(op, SingleOp) else AdamSubject(op)


def _batches(workload: Workload, device: str) -> Iterator[Any]:
    """Return the batches of images, over and over; they lie on the device."""
    return itertools.cycle([torch.from_numpy(images).to(device) for images in workload.images()])


def _networks(workload: Workload, weights: Sequence[Array]) -> Any:
    """Make the modules of a workload, and copy all parameters in order."""
    networks = nn.ModuleDict(
        {name: nn.Sequential(*map(make_module, ls)) for name, ls in workload.networks.items()}
    )
    with torch.no_grad():
        for parameter, values in zip(networks.parameters(), weights, strict=True):
            parameter.copy_(torch.from_numpy(values))
    return networks


def make_module(layer: Layer) -> Any:
    """Make PyTorch's module of a layer."""
    match layer:
        case Dense():
            return nn.Linear(layer.inputs, layer.outputs, layer.bias)
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


def _adam(module: Any, workload: Workload, **options: Any) -> Any:
    return torch.optim.Adam(module.parameters(), lr=workload.lr, betas=workload.betas, **options)


def _gradient_norm(module: Any) -> float:
    return norm([p.grad.cpu().numpy() for p in module.parameters() if p.grad is not None])
