"""VAEs trained by minigen and by PyTorch, from equal weights, on equal batches and noise."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import minigen
from minigen import optim
from minigen.models import VAE, ConvVAE

torch: Any = pytest.importorskip("torch")

STEPS, BATCH, SHAPE, FEATURES, HIDDEN, LATENT = 50, 8, (1, 4, 4), 16, 12, 3
CHANNELS = (3, 5)


def torch_vae(decoder: str) -> Any:
    """Make the modules of the same VAE, under the same names."""
    nn = torch.nn
    modules = {
        "encoder": nn.Sequential(nn.Linear(FEATURES, HIDDEN), nn.ReLU()),
        "to_mu": nn.Linear(HIDDEN, LATENT),
        "to_logvar": nn.Linear(HIDDEN, LATENT),
        "decoder": nn.Sequential(nn.Linear(LATENT, HIDDEN), nn.ReLU()),
        "to_pixels": nn.Linear(HIDDEN, FEATURES),
    }
    if decoder == "gaussian":
        modules["pixels"] = nn.ParameterDict({"logvar": nn.Parameter(torch.zeros(1))})
    return nn.ModuleDict(modules).double()


def torch_loss(model: Any, x: Any, noise: Any, beta: float) -> Any:
    """Return the negative ELBO, from PyTorch's own distributions."""
    distributions = torch.distributions
    convolutional = any(isinstance(part, torch.nn.Conv2d) for part in model["encoder"])
    body = model["encoder"](x if convolutional else x.flatten(1))
    x = x.flatten(1)
    posterior = distributions.Normal(model["to_mu"](body), (model["to_logvar"](body) / 2).exp())
    z = posterior.loc + posterior.scale * noise
    output = model["to_pixels"](model["decoder"](z)).flatten(1)
    if "pixels" in model:
        pixels = distributions.Normal(output.sigmoid(), (model["pixels"]["logvar"] / 2).exp())
        reconstruction = -pixels.log_prob(x).sum()
    else:
        reconstruction = torch.nn.functional.binary_cross_entropy_with_logits(
            output, x, reduction="sum"
        )
    kl = distributions.kl_divergence(posterior, distributions.Normal(0.0, 1.0)).sum()
    return (reconstruction + beta * kl) / len(x)


def torch_conv_vae(batch_norm: bool) -> Any:
    """Make the modules of the same convolutional VAE, under the same names."""
    nn = torch.nn
    first, second = CHANNELS
    bias = not batch_norm

    def normed(channels: int) -> list[Any]:
        return [nn.BatchNorm2d(channels)] if batch_norm else []

    modules = {
        "encoder": nn.Sequential(
            *(nn.Conv2d(1, first, 4, 2, 1, bias=bias), *normed(first), nn.ReLU()),
            *(nn.Conv2d(first, second, 4, 2, 1, bias=bias), *normed(second), nn.ReLU()),
            *(nn.Flatten(), nn.Linear(second, HIDDEN), nn.ReLU()),
        ),
        "to_mu": nn.Linear(HIDDEN, LATENT),
        "to_logvar": nn.Linear(HIDDEN, LATENT),
        "decoder": nn.Sequential(
            *(nn.Linear(LATENT, HIDDEN), nn.ReLU(), nn.Linear(HIDDEN, second), nn.ReLU()),
            nn.Unflatten(1, (second, 1, 1)),
            *(nn.ConvTranspose2d(second, first, 4, 2, 1, bias=bias), *normed(first), nn.ReLU()),
        ),
        "to_pixels": nn.ConvTranspose2d(first, 1, 4, 2, 1),
    }
    return nn.ModuleDict(modules).double()


def dense(decoder: str, generator: minigen.Generator) -> tuple[VAE, Any]:
    ours = VAE(SHAPE, (HIDDEN,), LATENT, decoder=decoder, beta=0.7, generator=generator)
    return ours, torch_vae(decoder)


def convolutional(batch_norm: bool, generator: minigen.Generator) -> tuple[ConvVAE, Any]:
    ours = ConvVAE(
        SHAPE, CHANNELS, (HIDDEN,), LATENT, batch_norm=batch_norm, beta=0.7, generator=generator
    )
    return ours, torch_conv_vae(batch_norm)


Pair = tuple[VAE, Any]

PAIRS: dict[str, Callable[[minigen.Generator], Pair]] = {
    "dense, Bernoulli": lambda g: dense("bernoulli", g),
    "dense, Gaussian": lambda g: dense("gaussian", g),
    "convolutional": lambda g: convolutional(False, g),
    "convolutional, batch norm": lambda g: convolutional(True, g),
}


@pytest.mark.parametrize("pair", PAIRS)
def test_fifty_steps_of_training_follow_pytorchs(pair: str) -> None:
    generator = minigen.Generator(0)
    ours, theirs = PAIRS[pair](generator)
    ours.to("float64")
    theirs.load_state_dict(
        {name: torch.from_numpy(value.numpy()) for name, value in ours.state_dict().items()}
    )
    our_optimizer = optim.Adam(ours.parameters(), lr=1e-2)
    their_optimizer = torch.optim.Adam(theirs.parameters(), lr=1e-2)
    our_losses, their_losses = [], []
    for _ in range(STEPS):
        x = generator.bernoulli(0.1, (BATCH, *SHAPE), "float64")
        noise = generator.normal((BATCH, LATENT), "float64")
        our_loss = ours.terms(x, noise=noise)["loss"]
        their_loss = torch_loss(theirs, torch.from_numpy(x), torch.from_numpy(noise), beta=0.7)
        for loss, optimizer in ((our_loss, our_optimizer), (their_loss, their_optimizer)):
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
        our_losses.append(our_loss.item())
        their_losses.append(their_loss.item())
    np.testing.assert_allclose(our_losses, their_losses, rtol=1e-8)
    assert our_losses[-1] < 0.9 * our_losses[0]
    for name, value in theirs.state_dict().items():
        np.testing.assert_allclose(
            ours.state_dict()[name].numpy(), value.numpy(), rtol=0, atol=1e-8, err_msg=name
        )


@pytest.mark.parametrize("pair", PAIRS)
def test_weights_go_there_and_back_and_make_the_same_images(pair: str) -> None:
    ours, theirs = PAIRS[pair](minigen.Generator(0))
    ours.to("float64").eval()
    theirs.eval()
    ours.load_state_dict(theirs.state_dict())
    z = minigen.Generator(1).normal((BATCH, LATENT), "float64")
    with torch.no_grad():
        shown = theirs["to_pixels"](theirs["decoder"](torch.from_numpy(z))).sigmoid()
    np.testing.assert_allclose(
        ours.decode_images(z).numpy(), shown.reshape(BATCH, *SHAPE).numpy(), rtol=0, atol=1e-12
    )
    theirs.load_state_dict(
        {name: torch.from_numpy(value.numpy()) for name, value in ours.state_dict().items()}
    )
