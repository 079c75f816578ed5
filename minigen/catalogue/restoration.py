"""Cases of what undoes damage to images, and of the errors of features that it may minimise."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any, Final

import numpy as np

from minigen import models, nn
from minigen.catalogue.case import beside, module_case, normal, probability
from minigen.engine.random import Generator
from minigen.models.inpainting import with_holes

_model = functools.partial(module_case, kind="model", mode="directional")
_TARGET: Final = Generator(12).normal((2, 1, 3, 3), np.float64)
_ORIGINALS: Final = Generator(13).uniform((3, 1, 4, 4), np.float64)


# ------------------------------------------------------------------------------ errors of features


def _features(generator: Generator) -> nn.Sequential:
    """Make a small network of layers that differ in shape, without a kink."""
    convolution = nn.Conv2d(1, 2, 2, generator=generator)
    return nn.Sequential(convolution, nn.Tanh(), nn.Flatten(), nn.Dense(8, 3, generator=generator))


def _perceiving(**options: Any) -> Callable[[Generator], nn.PerceptualLoss]:
    return lambda g: nn.PerceptualLoss(_features(g), [0, 3], **options)


PERCEPTUAL = [
    module_case(
        "PerceptualLoss",
        _perceiving(**options),
        normal(2, 1, 3, 3),
        kind="layer",
        note=note,
        part="none of them learns",
        call=lambda loss, x: loss(x, beside(x, _TARGET)),
    )
    for options, note in (
        ({}, "features"),
        ({"weights": [0.3, 2.0], "normalize": True}, "weights, directions"),
    )
]


# ---------------------------------------------------------------------------------- what restores


def _loss(model: Any, x: Any) -> Any:
    return model.loss(x)


def _restoration_with_noise(model: Any, x: Any, noise: Any) -> Any:
    return model.pixel_loss.terms(model.restore(model.corrupt(x, noise=noise)), x)["mse_loss"]


def _filling(model: Any, x: Any) -> Any:
    """Fill holes in the upper left corner."""
    holes = np.zeros((3, 1, 4, 4), bool)
    holes[..., :2, :2] = True
    return ((model.fill(with_holes(x, beside(x, holes))) - x) ** 2).sum()


def _undoing_blobs(model: Any, x: Any) -> Any:
    """Undo the same blobs every time."""
    return model.loss(x, generator=Generator(0))


def _restoring(build: Any, **options: Any) -> Callable[[Generator], Any]:
    """Return what builds a model whose last convolution, which begins at zero, has weights."""

    def with_weights(generator: Generator) -> Any:
        model = build((1, 4, 4), (3,), **options, generator=generator)
        nn.init.normal_(model.network[-1].weight, 0.0, 0.3, generator)
        return model

    return with_weights


def _detecting(*sizes: Any) -> Callable[[Generator], models.AnomalyDetection]:
    return lambda g: models.AnomalyDetection(*sizes, blobs=0.2, generator=g)


def _loss_with_features(model: Any) -> Any:
    """Restore images that are held: as targets of the errors of features they are constants."""
    weight = model.network[-1].weight
    network = nn.Sequential(nn.Conv2d(1, 2, 2, generator=Generator(14)), nn.Tanh())
    model.perceive(nn.PerceptualLoss(network.to(np.float64).to(weight.device), [1]))
    return model.loss(beside(weight, _ORIGINALS))


RESTORING = [
    *(
        _model(
            "SuperResolution",
            _restoring(models.SuperResolution, **options),
            *images,
            note=note,
            call=_loss,
        )
        for options, images, note in (
            ({}, [probability(3, 1, 4, 4)], "squared errors"),
            ({"factor": 4, "criterion": "l1"}, [probability(3, 1, 4, 4)], "absolute errors"),
        )
    ),
    _model(
        "SuperResolution",
        _restoring(models.SuperResolution, perceptual=2.0),
        note="errors of pixels and of features",
        call=_loss_with_features,
    ),
    _model(
        "Denoising",
        _restoring(models.Denoising, noise=0.01),
        probability(3, 1, 4, 4),
        normal(3, 1, 4, 4),
        note="noise held",
        call=_restoration_with_noise,
    ),
    _model(
        "Deblurring",
        _restoring(models.Deblurring, blur=0.6),
        probability(3, 1, 4, 4),
        normal(3, 1, 4, 4),
        note="noise held",
        call=_restoration_with_noise,
    ),
    _model(
        "Inpainting",
        lambda g: models.Inpainting((1, 4, 4), (8, 8), 3, hole=2, generator=g),
        probability(3, 1, 4, 4),
        note="holes held",
        call=_filling,
    ),
    *(
        _model(
            "AnomalyDetection",
            _detecting(shape, channels, 2, code),
            probability(2, *shape),
            note=note,
            call=_undoing_blobs,
        )
        for shape, channels, code, note in (
            ((1, 8, 8), (3, 4), 0, "a code with places, blobs held"),
            ((1, 4, 4), (3,), 2, "a dense code, blobs held"),
        )
    ),
]
