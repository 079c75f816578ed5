"""Cases of the layers and of whole models: the gradient of every parameter is checked."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from minigen import models, nn
from minigen.catalogue.case import beside, distinct, module_case, normal, probability
from minigen.engine.random import Generator

LAYERS = [
    module_case("Dense", "layer", lambda g: nn.Dense(4, 3, generator=g), normal(2, 4)),
    module_case("ReLU", "layer", lambda _: nn.ReLU(), distinct(3, 4)),
    module_case("LeakyReLU", "layer", lambda _: nn.LeakyReLU(0.2), distinct(3, 4)),
    module_case("ELU", "layer", lambda _: nn.ELU(), distinct(3, 4)),
    module_case("Sigmoid", "layer", lambda _: nn.Sigmoid(), normal(3, 4)),
    module_case("Tanh", "layer", lambda _: nn.Tanh(), normal(3, 4)),
    module_case("Softplus", "layer", lambda _: nn.Softplus(), normal(3, 4)),
    module_case("Softmax", "layer", lambda _: nn.Softmax(1), normal(3, 4)),
    module_case("LogSoftmax", "layer", lambda _: nn.LogSoftmax(1), normal(3, 4)),
    module_case("Identity", "layer", lambda _: nn.Identity(), normal(3, 4)),
    module_case("BatchNorm1d", "layer", lambda _: nn.BatchNorm1d(3), normal(4, 3), note="training"),
    module_case(
        "BatchNorm1d", "layer", lambda _: nn.BatchNorm1d(3).eval(), normal(4, 3), note="evaluation"
    ),
    module_case("LayerNorm", "layer", lambda _: nn.LayerNorm(4), normal(3, 4)),
    module_case(
        "BatchNorm2d", "layer", lambda _: nn.BatchNorm2d(2), normal(2, 2, 3, 2), note="training"
    ),
    module_case(
        "BatchNorm2d",
        "layer",
        lambda _: nn.BatchNorm2d(2).eval(),
        normal(2, 2, 3, 2),
        note="evaluation",
    ),
    module_case(
        "InstanceNorm2d",
        "layer",
        lambda _: nn.InstanceNorm2d(2, affine=True),
        normal(2, 2, 3, 2),
    ),
    module_case(
        "Conv2d", "layer", lambda g: nn.Conv2d(2, 3, (3, 2), 2, 1, generator=g), normal(2, 2, 4, 3)
    ),
    module_case(
        "ConvTranspose2d",
        "layer",
        lambda g: nn.ConvTranspose2d(2, 3, (3, 2), 2, 1, (1, 0), generator=g),
        normal(2, 2, 2, 3),
    ),
    module_case("MaxPool2d", "layer", lambda _: nn.MaxPool2d(3, 2, 1), distinct(2, 1, 4, 5)),
    module_case("AvgPool2d", "layer", lambda _: nn.AvgPool2d(3, 2, 1), normal(2, 1, 4, 5)),
    module_case(
        "AdaptiveAvgPool2d", "layer", lambda _: nn.AdaptiveAvgPool2d(1), normal(2, 2, 3, 2)
    ),
    module_case("Upsample", "layer", lambda _: nn.Upsample(scale_factor=2), normal(2, 1, 2, 3)),
    module_case(
        "Embedding",
        "layer",
        lambda g: nn.Embedding(3, 2, generator=g),
        call=lambda layer: layer(beside(layer.weight, [2, 0, 2])),
    ),
    module_case("Dropout", "layer", lambda _: nn.Dropout(0.5).eval(), normal(3, 4)),
    module_case("Flatten", "layer", lambda _: nn.Flatten(), normal(2, 3, 2)),
    module_case("Unflatten", "layer", lambda _: nn.Unflatten(1, (3, 2)), normal(2, 6)),
    module_case(
        "Sequential",
        "layer",
        lambda g: nn.Sequential(nn.Dense(4, 3, generator=g), nn.Tanh()),
        normal(2, 4),
    ),
    module_case(
        "ExponentialAverage",
        "layer",
        lambda g: nn.ExponentialAverage(nn.Dense(4, 3, generator=g), 0.9),
        normal(2, 4),
    ),
    module_case(
        "spectral_norm",
        "layer",
        lambda g: nn.utils.spectral_norm(nn.Dense(4, 3, generator=g), generator=g).eval(),
        normal(2, 4),
        note="Dense",
    ),
    module_case(
        "spectral_norm",
        "layer",
        lambda g: nn.utils.spectral_norm(nn.Conv2d(2, 3, 2, generator=g), generator=g).eval(),
        normal(2, 2, 3, 3),
        note="Conv2d",
    ),
    module_case(
        "spectral_norm",
        "layer",
        lambda g: nn.utils.spectral_norm(
            nn.ConvTranspose2d(2, 3, 2, generator=g), generator=g
        ).eval(),
        normal(2, 2, 2, 3),
        note="ConvTranspose2d",
    ),
]


def _loss(model: Any, x: Any) -> Any:
    return model.loss(x)


def _loss_with_noise(model: Any, x: Any, noise: Any) -> Any:
    return model.terms(x, noise=noise)["loss"]


def _importance_weighted(model: Any, x: Any, noise: Any) -> Any:
    return model.importance_weighted_loss(x, noise.shape[0], noise=noise)


def _conditional_loss(model: Any, x: Any, noise: Any) -> Any:
    return model.terms(x, beside(x, [2, 0, 1, 2]), noise=noise)["loss"]


_SHAPE, _IMAGES = (1, 3, 3), (4, 1, 3, 3)


def _autoencoder(decoder: str) -> Callable[[Generator], models.Autoencoder]:
    return lambda g: models.Autoencoder(_SHAPE, (7,), 2, decoder=decoder, generator=g)


def _vae(decoder: str) -> Callable[[Generator], models.VAE]:
    return lambda g: models.VAE(_SHAPE, (7,), 2, decoder=decoder, beta=0.7, generator=g)


def _conv_autoencoder(generator: Generator) -> models.ConvAutoencoder:
    return models.ConvAutoencoder((1, 4, 4), (2, 3), (5,), 2, corruption=0.05, generator=generator)


def _conv_vae(batch_norm: bool) -> Callable[[Generator], models.ConvVAE]:
    def build(generator: Generator) -> models.ConvVAE:
        model = models.ConvVAE(
            (1, 4, 4), (2, 3), (5,), 2, batch_norm=batch_norm, generator=generator
        )
        for name, parameter in model.named_parameters():
            if name.endswith("bias"):  # at 0, the units above one that is dead stand on a kink
                nn.init.uniform_(parameter, 0.05, 0.15, generator)
        return model

    return build


MODELS = [
    module_case(
        "ConvAutoencoder",
        "model",
        _conv_autoencoder,
        probability(3, 1, 4, 4),
        normal(3, 1, 4, 4),
        note="denoising, noise held",
        call=_loss_with_noise,
        mode="directional",
    ),
    *(
        module_case(
            "ConvVAE",
            "model",
            _conv_vae(batch_norm),
            probability(3, 1, 4, 4),
            normal(3, 2),
            note=f"{'batch norm, ' if batch_norm else ''}noise held",
            call=_loss_with_noise,
            mode="directional",
        )
        for batch_norm in (False, True)
    ),
    *(
        module_case(
            "Autoencoder",
            "model",
            _autoencoder(decoder),
            probability(*_IMAGES),
            note=decoder,
            call=_loss,
            mode="directional",
        )
        for decoder in ("bernoulli", "gaussian")
    ),
    *(
        module_case(
            "VAE",
            "model",
            _vae(decoder),
            probability(*_IMAGES),
            normal(4, 2),
            note=f"{decoder}, noise held",
            call=_loss_with_noise,
            mode="directional",
        )
        for decoder in ("bernoulli", "gaussian")
    ),
    module_case(
        "ConditionalVAE",
        "model",
        lambda g: models.ConditionalVAE(_SHAPE, 3, (7,), 2, generator=g),
        probability(*_IMAGES),
        normal(4, 2),
        note="noise held",
        call=_conditional_loss,
        mode="directional",
    ),
    module_case(
        "VAE",
        "model",
        _vae("bernoulli"),
        probability(*_IMAGES),
        normal(3, 4, 2),
        note="importance-weighted bound, noise held",
        call=_importance_weighted,
        mode="directional",
    ),
]
