"""A dense VAE trained by minigen and by PyTorch, from equal weights, on equal batches and noise."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import minigen
from minigen import optim
from minigen.models import VAE

torch: Any = pytest.importorskip("torch")

STEPS, BATCH, FEATURES, HIDDEN, LATENT = 50, 8, 16, 12, 3


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
    body = model["encoder"](x)
    posterior = distributions.Normal(model["to_mu"](body), (model["to_logvar"](body) / 2).exp())
    output = model["to_pixels"](model["decoder"](posterior.loc + posterior.scale * noise))
    if "pixels" in model:
        pixels = distributions.Normal(output.sigmoid(), (model["pixels"]["logvar"] / 2).exp())
        reconstruction = -pixels.log_prob(x).sum()
    else:
        reconstruction = torch.nn.functional.binary_cross_entropy_with_logits(
            output, x, reduction="sum"
        )
    kl = distributions.kl_divergence(posterior, distributions.Normal(0.0, 1.0)).sum()
    return (reconstruction + beta * kl) / len(x)


@pytest.mark.parametrize("decoder", ["bernoulli", "gaussian"])
def test_fifty_steps_of_training_follow_pytorchs(decoder: str) -> None:
    generator = minigen.Generator(0)
    ours = VAE((1, 4, 4), (HIDDEN,), LATENT, decoder=decoder, beta=0.7, generator=generator).to(
        "float64"
    )
    theirs = torch_vae(decoder)
    theirs.load_state_dict(
        {name: torch.from_numpy(value.numpy()) for name, value in ours.state_dict().items()}
    )
    our_optimizer = optim.Adam(ours.parameters(), lr=1e-2)
    their_optimizer = torch.optim.Adam(theirs.parameters(), lr=1e-2)
    our_losses, their_losses = [], []
    for _ in range(STEPS):
        x = generator.bernoulli(0.1, (BATCH, FEATURES), "float64")
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
