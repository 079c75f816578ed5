"""Autoencoders and generative models. Each states its objective, and nothing about loops or files.

Examples
--------
>>> from minigen import models
>>> model = models.build("vae", image_shape=(1, 8, 8), hidden=(32,), latent=2)
>>> model.name
'vae'
"""

import importlib
import pkgutil

from minigen.models.autoencoder import Autoencoder, ConvAutoencoder
from minigen.models.base import MODELS, AbilityError, Model, ability, build, can, find
from minigen.models.game import Game
from minigen.models.latent import interpolate, traverse
from minigen.models.objectives import (
    OBJECTIVES,
    AdversarialObjective,
    Hinge,
    LeastSquares,
    Minimax,
    NonSaturating,
    Wasserstein,
    WassersteinGradientPenalty,
    adversarial_objective,
)
from minigen.models.options import Option, options
from minigen.models.penalties import gradient_penalty, r1_penalty
from minigen.models.vae import VAE, ConditionalVAE, ConvVAE, Objective

# isort: split
# The order of `MODELS`.
from minigen.models.gan import DCGAN, GAN, ConditionalGAN

# isort: split
from minigen.models.vae_gan import VAEGAN

# isort: split
from minigen.models.restoration import Deblurring, Denoising, SuperResolution

# isort: split
from minigen.models.anomaly import AnomalyDetection
from minigen.models.inpainting import Inpainting

# isort: split
from minigen.models.translation import Pix2Pix

# isort: split
from minigen.models.cyclegan import CycleGAN
from minigen.models.prediction import FramePrediction
from minigen.models.spoken import SpokenVAE
from minigen.models.text_to_image import TextToImage

# isort: split
from minigen.models.audio_vae import AudioVAE

# isort: split
from minigen.models.audio_gan import AudioGAN
from minigen.models.language import CharGRU, LanguageModel, TextModel

# isort: split
from minigen.models.char_transformer import CharTransformer
from minigen.models.text_vae import TextVAE

for _file in pkgutil.iter_modules(__path__):  # a model in a file of its own is known by being there
    importlib.import_module(f"{__name__}.{_file.name}")

AdversarialModel = GAN
DeterministicAutoencoder = Autoencoder
VariationalAutoencoder = VAE

__all__ = [
    "DCGAN",
    "GAN",
    "MODELS",
    "OBJECTIVES",
    "VAE",
    "VAEGAN",
    "AbilityError",
    "AdversarialModel",
    "AdversarialObjective",
    "AnomalyDetection",
    "AudioGAN",
    "AudioVAE",
    "Autoencoder",
    "CharGRU",
    "CharTransformer",
    "ConditionalGAN",
    "ConditionalVAE",
    "ConvAutoencoder",
    "ConvVAE",
    "CycleGAN",
    "Deblurring",
    "Denoising",
    "DeterministicAutoencoder",
    "FramePrediction",
    "Game",
    "Hinge",
    "Inpainting",
    "LanguageModel",
    "LeastSquares",
    "Minimax",
    "Model",
    "NonSaturating",
    "Objective",
    "Option",
    "Pix2Pix",
    "SpokenVAE",
    "SuperResolution",
    "TextModel",
    "TextToImage",
    "TextVAE",
    "VariationalAutoencoder",
    "Wasserstein",
    "WassersteinGradientPenalty",
    "ability",
    "adversarial_objective",
    "build",
    "can",
    "find",
    "gradient_penalty",
    "interpolate",
    "options",
    "r1_penalty",
    "traverse",
]
