"""Cases of GANs: their objectives, the penalties, and whole models, one side at a time.

In a side's turn the other side is a constant, so only the parameters of the side that moves are
inputs. The penalties hold a gradient themselves: a check at order 2 differentiates three times.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

import numpy as np

from minigen import models, nn
from minigen.catalogue.case import Case, beside, distinct, module_case
from minigen.engine.modes import no_grad
from minigen.engine.random import Generator
from minigen.models import (
    OBJECTIVES,
    adversarial_objective,
    gradient_penalty,
    r1_penalty,
)

_COUNT = 6
_MIX = np.array([0.3, 0.8, 0.1, 0.6, 0.9, 0.4])


def _images(*shape: int) -> Any:
    """Return samples in [0, 1), the same at each call."""
    return Generator(10).uniform((_COUNT, *shape), np.float64)


def _noise(latent: int) -> Any:
    return Generator(11).normal((_COUNT, latent), np.float64)


def _held(model: models.AdversarialModel, values: Any) -> Any:
    """Return constants as an array where the model is: where the side is that does not move."""
    return beside(next(model.parameters()), values)


def _smooth_critic(generator: Generator) -> nn.Module:
    """Make a critic of which every parameter matters: a last bias would not, to its slope."""
    first, last = nn.Dense(3, 4, generator=generator), nn.Dense(4, 1, False, generator=generator)
    return nn.Sequential(first, nn.Tanh(), last)


def _losses(name: str) -> list[Case]:
    """Make a case for the loss of either side."""
    game = adversarial_objective(name)
    scores = distinct(5)
    return [
        Case(name, "loss", game.discriminator_loss, [scores, scores], "discriminator"),
        Case(name, "loss", game.generator_loss, [scores], "generator"),
    ]


GAME_LOSSES = [
    *(case for name in OBJECTIVES for case in _losses(name)),
    Case(
        "non-saturating",
        "loss",
        adversarial_objective("non-saturating", label_smoothing=0.1).discriminator_loss,
        [distinct(5), distinct(5)],
        "discriminator, smoothed labels",
    ),
    module_case(
        "gradient_penalty",
        _smooth_critic,
        kind="loss",
        call=lambda critic: gradient_penalty(
            critic, *(beside(critic[0].weight, x) for x in (_images(3), _noise(3), _MIX))
        ),
    ),
    module_case(
        "r1_penalty",
        _smooth_critic,
        kind="loss",
        call=lambda critic: r1_penalty(critic, beside(critic[0].weight, _images(3))),
    ),
]


def _turn(side: str) -> Callable[[Any], Any]:
    """Return the function that computes a side's loss, all that is drawn being held."""

    def loss(model: Any) -> Any:
        terms = model.side_terms(
            side,
            _held(model, _images(*model.image_shape)),
            model.labels_in_turn(_COUNT),
            noise=_held(model, _noise(model.latent)),
            mix=_held(model, _MIX[: _COUNT // model.packing]),
        )
        return terms[f"{side}_loss"]

    return loss


def _both_sides(build: Callable[[Generator], models.AdversarialModel], note: str) -> list[Case]:
    """Make a case for either side of a model."""
    name = type(build(Generator(0))).__name__
    return [
        module_case(
            name,
            build,
            kind="model",
            note=f"{note}, {side}",
            call=_turn(side),
            mode="directional",
            part=f"{side}.",
        )
        for side in ("discriminator", "generator")
    ]


def _gan(**options: Any) -> Callable[[Generator], models.GAN]:
    plain = {"r1": 0.0, "average": 0.0}
    return lambda g: models.GAN((1, 2, 2), (5, 4), 2, generator=g, **plain | options)


def _scattered(model: models.Model, generator: Generator) -> Any:
    """Redraw the parameters: DCGAN's first weights put everything next to the kinks at 0."""
    for parameter in model.parameters():
        nn.init.normal_(parameter, 0.2, 0.5, generator)
    return model


_PLAIN: Final = {"generator_hidden": (), "discriminator_hidden": (), "r1": 0.0, "average": 0.0}
"""Convolutions alone, without a penalty."""


def _dcgan(**options: Any) -> Callable[[Generator], models.DCGAN]:
    def build(generator: Generator) -> Any:
        return _scattered(models.DCGAN((1, 4, 4), (2, 3), 2, **_PLAIN | options), generator)

    return build


def _conditional_gan(**options: Any) -> Callable[[Generator], models.ConditionalGAN]:
    def build(generator: Generator) -> Any:
        made = models.ConditionalGAN((1, 4, 4), 3, (2, 3), 2, packing=2, average=0.0, **options)
        return _scattered(made, generator)

    return build


def _points(generator: Generator) -> models.GAN:
    return models.GAN((2,), (6, 5), 2, objective="wasserstein-gp", generator=generator)


def _sounding(**options: Any) -> Callable[[Generator], models.AudioGAN]:
    def build(generator: Generator) -> Any:
        made = models.AudioGAN((1, 16), (2, 3), 2, hidden=(4,), stride=2, average=0.0, **options)
        return _scattered(made, generator)

    return build


def _spectral(generator: Generator) -> Any:
    """Make a model whose singular vectors fit its weights, and stand still as a check needs."""
    model: Any = _dcgan(spectral_norm=True, r1=0.5)(generator)
    with no_grad():
        for _ in range(60):
            model.discriminator(_images(1, 4, 4).astype(np.float32))
    return model.eval()


def _translating(generator: Generator) -> Any:
    made = models.Pix2Pix((1, 4, 4), (8,), adversarial=2.0, patch_channels=(3,), cut=0.0)
    return _scattered(made, generator)


def _cycling(generator: Generator) -> Any:
    made = models.CycleGAN((1, 4, 4), (8,), patch_channels=(3,))
    return _scattered(made, generator)


def _translating_turn(side: str) -> Callable[[Any], Any]:
    """Return the function that computes a side's loss of pairs."""

    def loss(model: Any) -> Any:
        held = beside(next(model.parameters()), _images(2, 4, 4))
        return model.side_terms(side, held)[f"{side}_loss"]

    return loss


def _restoring(generator: Generator) -> Any:
    made = models.SuperResolution((1, 4, 4), (3,), adversarial=2.0, patch_channels=(3,))
    return _scattered(made, generator)


def _restoring_turn(side: str) -> Callable[[Any], Any]:
    """Return the function that computes a side's loss of images."""

    def loss(model: Any) -> Any:
        return model.side_terms(side, _held(model, _images(1, 4, 4)))[f"{side}_loss"]

    return loss


_VAEGAN_SIDES: Final[dict[str, str | tuple[str, ...]]] = {
    "discriminator": "discriminator.",
    "encoder": ("encoder.", "to_mu.", "to_logvar."),
    "decoder": ("decoder.", "to_pixels."),
}
"""How the names of each side's parameters begin."""


def _encoding(batch_norm: bool) -> Callable[[Generator], models.VAEGAN]:
    def build(generator: Generator) -> Any:
        made = models.VAEGAN(
            (1, 4, 4), (2, 3), (5,), 2, batch_norm=batch_norm, discriminator_hidden=(3,), r1=0.5
        )
        return _scattered(made, generator)

    return build


def _encoding_turn(side: str) -> Callable[[Any], Any]:
    """Return the function that computes a side's loss, all that is drawn being held."""

    def loss(model: Any) -> Any:
        images, noise = _held(model, _images(1, 4, 4)), _held(model, _noise(2))
        terms = model.side_terms(side, images, noise=noise, drawn=_held(model, 0.5 * _noise(2)))
        return terms[f"{side}_loss"]

    return loss


GANS = [
    *(
        module_case(
            "VAEGAN",
            _encoding(batch_norm),
            kind="model",
            note=f"{'batch norm, ' if batch_norm else ''}{side}",
            call=_encoding_turn(side),
            mode="directional",
            part=part,
        )
        for side, part in _VAEGAN_SIDES.items()
        for batch_norm in (False, True)
    ),
    *(
        module_case(
            "SuperResolution",
            _restoring,
            kind="model",
            note=f"non-saturating, {side}",
            call=_restoring_turn(side),
            mode="directional",
            part=part,
        )
        for side, part in (("discriminator", "discriminator."), ("generator", "network."))
    ),
    *(
        module_case(
            name,
            build,
            kind="model",
            note=f"{note}, {side}",
            call=_translating_turn(side),
            mode="directional",
            part=f"{side}.",
        )
        for name, build, note in (
            ("Pix2Pix", _translating, "non-saturating"),
            ("CycleGAN", _cycling, "two styles"),
        )
        for side in ("discriminator", "generator")
    ),
    *_both_sides(_gan(label_smoothing=0.1), "non-saturating, smoothed labels"),
    *_both_sides(_gan(objective="least-squares", batch_norm=False, packing=2), "packs"),
    *_both_sides(_points, "points, Wasserstein with gradient penalty"),
    *_both_sides(_dcgan(batch_norm=True), "non-saturating"),
    *_both_sides(_dcgan(objective="wasserstein-gp"), "Wasserstein with gradient penalty"),
    *_both_sides(_dcgan(upsampling="nearest"), "nearest pixels, then convolutions"),
    *_both_sides(_dcgan(upsampling="bilinear"), "linear between pixels, then convolutions"),
    *_both_sides(_spectral, "spectral norm, R1"),
    *_both_sides(_sounding(), "sounds, R1"),
    *_both_sides(
        _sounding(objective="wasserstein-gp"), "sounds, Wasserstein with gradient penalty"
    ),
    *_both_sides(
        _conditional_gan(
            generator_hidden=(), discriminator_hidden=(), r1=0.0, projection=False, batch_norm=True
        ),
        "planes, packs",
    ),
    *_both_sides(
        _conditional_gan(generator_hidden=(4,), discriminator_hidden=(3,)),
        "projection, hidden layers, R1, packs",
    ),
]
