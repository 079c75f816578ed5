"""Generative adversarial networks: the game, its objectives, and the networks that play it."""

from minigen.models.adversarial.dcgan import DCGAN, ConditionalGAN
from minigen.models.adversarial.game import Game
from minigen.models.adversarial.gan import GAN
from minigen.models.adversarial.model import AdversarialModel
from minigen.models.adversarial.objectives import (
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
from minigen.models.adversarial.penalties import gradient_penalty, r1_penalty

__all__ = [
    "DCGAN",
    "GAN",
    "OBJECTIVES",
    "AdversarialModel",
    "AdversarialObjective",
    "ConditionalGAN",
    "Game",
    "Hinge",
    "LeastSquares",
    "Minimax",
    "NonSaturating",
    "Wasserstein",
    "WassersteinGradientPenalty",
    "adversarial_objective",
    "gradient_penalty",
    "r1_penalty",
]
