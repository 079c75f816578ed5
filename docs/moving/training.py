"""Training a small VAE on pictures."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from minigen import Generator, data, optim
from minigen.models import VAE


def trained(
    images: npt.NDArray[np.float32],
    epochs: int,
    *,
    hidden: tuple[int, ...],
    latent: int,
    beta: float = 1.0,
    rate: float = 2e-3,
    seed: int = 0,
) -> VAE:
    """Return a VAE that was trained with Adam."""
    model = VAE(
        images.shape[1:], hidden=hidden, latent=latent, beta=beta, generator=Generator(seed)
    )
    optimizer, generator = optim.Adam(model.parameters(), lr=rate), Generator(seed + 1)
    batches = data.Batches(images, 128, shuffle=True, generator=generator)
    for _ in range(epochs):
        for batch in batches:
            optimizer.zero_grad()
            model.terms(batch, generator=generator)["loss"].backward()
            optimizer.step()
    return model
