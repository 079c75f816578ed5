"""Autoencoders and generative models. Each states its objective, and nothing about loops or files.

Examples
--------
>>> from minigen import models
>>> model = models.build("vae", image_shape=(1, 8, 8), hidden=(32,), latent=2)
>>> model.name
'vae'
"""

from typing import Any

from minigen.models.adversarial import (
    DCGAN,
    GAN,
    OBJECTIVES,
    AdversarialModel,
    ConditionalGAN,
)
from minigen.models.autoencoder import Autoencoder
from minigen.models.base import Model
from minigen.models.conditional_vae import ConditionalVAE
from minigen.models.conv_autoencoder import ConvAutoencoder
from minigen.models.conv_vae import ConvVAE
from minigen.models.deterministic import DeterministicAutoencoder
from minigen.models.latent import interpolate, traverse
from minigen.models.vae import VAE
from minigen.models.variational import Objective, VariationalAutoencoder

MODELS: dict[str, type[Model]] = {
    model.name: model
    for model in (
        Autoencoder,
        ConvAutoencoder,
        VAE,
        ConvVAE,
        ConditionalVAE,
        GAN,
        DCGAN,
        ConditionalGAN,
    )
}
"""Every model by the name that the command line uses."""


def build(name: str, **config: Any) -> Model:
    """Make a model by name.

    Raises
    ------
    ValueError
        If there is no model of that name.
    """
    if name not in MODELS:
        raise ValueError(f"unknown model {name!r}: use one of {', '.join(MODELS)}")
    return MODELS[name](**config)


__all__ = [
    "DCGAN",
    "GAN",
    "MODELS",
    "OBJECTIVES",
    "VAE",
    "AdversarialModel",
    "Autoencoder",
    "ConditionalGAN",
    "ConditionalVAE",
    "ConvAutoencoder",
    "ConvVAE",
    "DeterministicAutoencoder",
    "Model",
    "Objective",
    "VariationalAutoencoder",
    "build",
    "interpolate",
    "traverse",
]
