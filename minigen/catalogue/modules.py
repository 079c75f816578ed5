"""Cases of the layers and of whole models: the gradient of every parameter is checked."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import numpy as np

from minigen import functional as F
from minigen import models, nn
from minigen.catalogue.activation_layers import ACTIVATION_LAYERS
from minigen.catalogue.case import beside, distinct, module_case, normal, probability
from minigen.catalogue.losses import LOSS_LAYERS
from minigen.engine.random import Generator

_layer = functools.partial(module_case, kind="layer")
_model = functools.partial(module_case, kind="model", mode="directional")


LAYERS = [
    _layer("Dense", lambda g: nn.Dense(4, 3, generator=g), normal(2, 4)),
    *ACTIVATION_LAYERS,
    _layer("Unfold", lambda _: nn.Unfold(2), normal(1, 2, 3, 3)),
    _layer("Fold", lambda _: nn.Fold((3, 3), 2), normal(1, 8, 4)),
    _layer("BatchNorm1d", lambda _: nn.BatchNorm1d(3), normal(4, 3), note="training"),
    _layer("BatchNorm1d", lambda _: nn.BatchNorm1d(3).eval(), normal(4, 3), note="evaluation"),
    _layer("LayerNorm", lambda _: nn.LayerNorm(4), normal(3, 4)),
    _layer("BatchNorm2d", lambda _: nn.BatchNorm2d(2), normal(2, 2, 3, 2), note="training"),
    _layer(
        "BatchNorm2d", lambda _: nn.BatchNorm2d(2).eval(), normal(2, 2, 3, 2), note="evaluation"
    ),
    _layer("InstanceNorm2d", lambda _: nn.InstanceNorm2d(2, affine=True), normal(2, 2, 3, 2)),
    _layer("InstanceNorm1d", lambda _: nn.InstanceNorm1d(2, affine=True), normal(2, 2, 3)),
    _layer("RMSNorm", lambda _: nn.RMSNorm(4), normal(3, 4)),
    _layer("GroupNorm", lambda _: nn.GroupNorm(2, 4), normal(2, 4, 3)),
    _layer("Conv2d", lambda g: nn.Conv2d(2, 3, (3, 2), 2, 1, generator=g), normal(2, 2, 4, 3)),
    _layer(
        "ConvTranspose2d",
        lambda g: nn.ConvTranspose2d(2, 3, (3, 2), 2, 1, (1, 0), generator=g),
        normal(2, 2, 2, 3),
    ),
    _layer("Conv1d", lambda g: nn.Conv1d(2, 3, 3, 2, 1, generator=g), normal(2, 2, 6)),
    _layer(
        "ConvTranspose1d",
        lambda g: nn.ConvTranspose1d(2, 3, 3, 2, 1, 1, generator=g),
        normal(2, 2, 3),
    ),
    _layer("MaxPool2d", lambda _: nn.MaxPool2d(3, 2, 1), distinct(2, 1, 4, 5)),
    _layer("AvgPool2d", lambda _: nn.AvgPool2d(3, 2, 1), normal(2, 1, 4, 5)),
    _layer("AdaptiveAvgPool2d", lambda _: nn.AdaptiveAvgPool2d(1), normal(2, 2, 3, 2)),
    _layer("MaxPool1d", lambda _: nn.MaxPool1d(3, 2, 1), distinct(2, 2, 5)),
    _layer("AvgPool1d", lambda _: nn.AvgPool1d(3, 2, 1), normal(2, 2, 5)),
    _layer("AdaptiveAvgPool1d", lambda _: nn.AdaptiveAvgPool1d(2), normal(2, 2, 5)),
    _layer("Upsample", lambda _: nn.Upsample(scale_factor=2), normal(2, 1, 2, 3)),
    _layer("PixelShuffle", lambda _: nn.PixelShuffle(2), normal(2, 4, 2, 1)),
    _layer("PixelUnshuffle", lambda _: nn.PixelUnshuffle(2), normal(2, 1, 4, 2)),
    _layer("ReflectionPad2d", lambda _: nn.ReflectionPad2d(1), normal(2, 1, 2, 3)),
    _layer("ReplicationPad2d", lambda _: nn.ReplicationPad2d(2), normal(2, 1, 2, 3)),
    _layer("ZeroPad2d", lambda _: nn.ZeroPad2d(1), normal(2, 1, 2, 3)),
    _layer("ReflectionPad1d", lambda _: nn.ReflectionPad1d(1), normal(2, 1, 3)),
    _layer("ReplicationPad1d", lambda _: nn.ReplicationPad1d(2), normal(2, 1, 3)),
    _layer("ZeroPad1d", lambda _: nn.ZeroPad1d(1), normal(2, 1, 3)),
    _layer("GRUCell", lambda g: nn.GRUCell(3, 2, generator=g), normal(2, 3), normal(2, 2)),
    _layer(
        "LSTMCell",
        lambda g: nn.LSTMCell(3, 2, generator=g),
        *[normal(2, 3), normal(2, 2), normal(2, 2)],
        call=lambda cell, x, h, c: cell(x, (h, c))[0],
    ),
    _layer(
        "GRU",
        lambda g: nn.GRU(3, 2, num_layers=2, bidirectional=True, generator=g),
        *[normal(3, 2, 3), normal(4, 2, 2)],
        call=lambda layer, x, state: layer(x, state, lengths=[3, 2])[0],
        mode="directional",
    ),
    _layer(
        "LSTM",
        lambda g: nn.LSTM(3, 2, batch_first=True, generator=g),
        *[normal(2, 3, 3), normal(1, 2, 2), normal(1, 2, 2)],
        call=lambda layer, x, h, c: layer(x, (h, c), lengths=[3, 2])[1][1],
    ),
    _layer(
        "MultiheadAttention",
        lambda g: nn.MultiheadAttention(4, 2, generator=g),
        *[normal(2, 2, 4), normal(3, 2, 4), normal(3, 2, 4)],
        call=lambda layer, query, key, value: layer(query, key, value)[0],
    ),
    _layer(
        "TransformerEncoderLayer",
        lambda g: nn.TransformerEncoderLayer(
            4, 2, 5, activation=F.tanh, norm_first=True, generator=g
        ).eval(),
        normal(3, 2, 4),
        call=lambda layer, x: layer(x, is_causal=True),
        mode="directional",
    ),
    _layer("SinusoidalPositions", lambda _: nn.SinusoidalPositions(4, 3), normal(3, 2, 4)),
    _layer(
        "LearnedPositions",
        lambda g: nn.LearnedPositions(4, 5, batch_first=True, generator=g),
        normal(2, 3, 4),
    ),
    _layer(
        "Embedding",
        lambda g: nn.Embedding(3, 2, generator=g),
        call=lambda layer: layer(beside(layer.weight, [2, 0, 2])),
    ),
    *LOSS_LAYERS,
    _layer("Dropout", lambda _: nn.Dropout(0.5).eval(), normal(3, 4)),
    _layer("Dropout2d", lambda _: nn.Dropout2d(0.5).eval(), normal(2, 3, 2, 2)),
    _layer("Flatten", lambda _: nn.Flatten(), normal(2, 3, 2)),
    _layer("Unflatten", lambda _: nn.Unflatten(1, (3, 2)), normal(2, 6)),
    _layer(
        "Sequential", lambda g: nn.Sequential(nn.Dense(4, 3, generator=g), nn.Tanh()), normal(2, 4)
    ),
    _layer(
        "ExponentialAverage",
        lambda g: nn.ExponentialAverage(nn.Dense(4, 3, generator=g), 0.9),
        normal(2, 4),
    ),
    _layer(
        "spectral_norm",
        lambda g: nn.utils.spectral_norm(nn.Dense(4, 3, generator=g), generator=g).eval(),
        normal(2, 4),
        note="Dense",
    ),
    _layer(
        "spectral_norm",
        lambda g: nn.utils.spectral_norm(nn.Conv2d(2, 3, 2, generator=g), generator=g).eval(),
        normal(2, 2, 3, 3),
        note="Conv2d",
    ),
    _layer(
        "spectral_norm",
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


def _vae_with_mixture(generator: Generator) -> models.VAE:
    return models.VAE(_SHAPE, (7,), 2, prior="mixture", components=3, generator=generator)


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


def _translating(generator: Generator) -> models.Pix2Pix:
    """Make a translator whose last convolution, which begins at zero, has weights."""
    model = models.Pix2Pix((1, 4, 4), (8,), depth=2, cut=0.0, generator=generator)
    nn.init.normal_(model.generator.last.weight, 0.0, 0.3, generator)
    return model


def _predicting(generator: Generator) -> models.FramePrediction:
    """Make a predictor whose last convolution, which begins at zero, has weights."""
    model = models.FramePrediction((1, 4, 4), (8,), context=2, unrolled=2, generator=generator)
    nn.init.normal_(model.network.last.weight, 0.0, 0.3, generator)
    return model


def _hearing(criterion: str) -> Callable[[Generator], models.AudioVAE]:
    """Return what builds a model of sounds, with its biases off the kinks at 0."""

    def build(generator: Generator) -> models.AudioVAE:
        model = models.AudioVAE(
            (1, 16), (2, 3), (5,), 2, stride=2, criterion=criterion, noise=0.5, generator=generator
        )
        for name, parameter in model.named_parameters():
            if name.endswith("bias"):
                nn.init.uniform_(parameter, 0.05, 0.15, generator)
        return model

    return build


def _told(generator: Generator) -> models.TextToImage:
    """Make a model of three words, with its biases off the kinks at 0."""
    model = models.TextToImage(
        (1, 4, 4),
        ("", "a", "b"),
        3,
        channels=(2, 3),
        hidden=(5,),
        latent=2,
        sentence_features=3,
        batch_norm=False,
        generator=generator,
    )
    for name, parameter in model.named_parameters():
        if name.endswith("bias"):
            nn.init.uniform_(parameter, 0.05, 0.15, generator)
    return model


def _loss_of_sentences(model: Any, x: Any, noise: Any) -> Any:
    return model.terms(x, beside(x, [[1, 2, 1], [2, 1, 0], [2, 0, 0]]), noise=noise)["loss"]


def _prior_of_sentences(model: Any) -> Any:
    """Return the loss of the prior's turn, of images that are held: it is blind to them."""
    images = Generator(1).uniform((3, 1, 4, 4), np.float64)
    like = next(model.parameters())
    sentences = beside(like, [[1, 2, 1], [2, 1, 0], [2, 0, 0]])
    return model.side_terms("prior", beside(like, images), sentences)["prior_loss"]


def _speaking(generator: Generator) -> models.SpokenVAE:
    """Make a model of three words, with its biases off the kinks at 0."""
    sizes: dict[str, Any] = {"channels": (2, 3), "hidden": (5,), "latent": 2, "batch_norm": False}
    model = models.SpokenVAE((1, 4, 4), 3, ("a", "b", "c"), **sizes, generator=generator)
    for name, parameter in model.named_parameters():
        if name.endswith("bias"):
            nn.init.uniform_(parameter, 0.05, 0.15, generator)
    return model


_TEXTS = [[1, 2, 1], [2, 1, 0], [2, 0, 0]]


def _of_texts(build: Any, **options: Any) -> Callable[[Generator], Any]:
    """Return what builds a model of texts of two letters, as it is in evaluation."""
    return lambda g: build((3,), ("", "a", "b"), **options, generator=g).eval()


def _loss_of_texts(model: Any) -> Any:
    return model.loss(beside(model.head.weight, _TEXTS))


def _loss_of_texts_with_noise(model: Any, noise: Any) -> Any:
    return model.terms(beside(noise, _TEXTS), noise=noise)["loss"]


MODELS = [
    _model(
        "CharGRU",
        _of_texts(models.CharGRU, embedding=3, hidden=4, layers=2, members=2),
        call=_loss_of_texts,
    ),
    _model(
        "CharTransformer",
        _of_texts(models.CharTransformer, embedding=3, window=2, width=4, heads=2, members=2),
        call=_loss_of_texts,
    ),
    _model(
        "TextVAE",
        _of_texts(models.TextVAE, embedding=3, hidden=4, latent=2, warmup=0.0, free_bits=0.0),
        normal(3, 2),
        note="noise held",
        call=_loss_of_texts_with_noise,
    ),
    _model("FramePrediction", _predicting, probability(2, 4, 1, 4, 4), call=_loss),
    _model(
        "TextToImage",
        _told,
        probability(3, 1, 4, 4),
        normal(3, 2),
        note="noise held",
        call=_loss_of_sentences,
        part=("encoder", "to_", "decoder.", "sentences."),
    ),
    _model(
        "TextToImage",
        _told,
        note="prior",
        call=_prior_of_sentences,
        part="sentence_prior.",
    ),
    _model(
        "SpokenVAE",
        _speaking,
        probability(4, 1, 4, 4),
        normal(4, 2),
        note="noise held",
        call=_conditional_loss,
    ),
    *(
        _model(
            "AudioVAE",
            _hearing(criterion),
            probability(3, 1, 16),
            normal(3, 2),
            note=f"{criterion}, noise held",
            call=_loss_with_noise,
        )
        for criterion in ("waveform", "both")
    ),
    _model("Pix2Pix", _translating, probability(3, 2, 4, 4), call=_loss),
    _model(
        "ConvAutoencoder",
        _conv_autoencoder,
        probability(3, 1, 4, 4),
        normal(3, 1, 4, 4),
        note="denoising, noise held",
        call=_loss_with_noise,
    ),
    *(
        _model(
            "ConvVAE",
            _conv_vae(batch_norm),
            probability(3, 1, 4, 4),
            normal(3, 2),
            note=f"{'batch norm, ' if batch_norm else ''}noise held",
            call=_loss_with_noise,
        )
        for batch_norm in (False, True)
    ),
    *(
        _model(
            "Autoencoder", _autoencoder(decoder), probability(*_IMAGES), note=decoder, call=_loss
        )
        for decoder in ("bernoulli", "gaussian")
    ),
    *(
        _model(
            "VAE",
            _vae(decoder),
            probability(*_IMAGES),
            normal(4, 2),
            note=f"{decoder}, noise held",
            call=_loss_with_noise,
        )
        for decoder in ("bernoulli", "gaussian")
    ),
    _model(
        "ConditionalVAE",
        lambda g: models.ConditionalVAE(_SHAPE, 3, (7,), 2, generator=g),
        probability(*_IMAGES),
        normal(4, 2),
        note="noise held",
        call=_conditional_loss,
    ),
    _model(
        "VAE",
        _vae("bernoulli"),
        probability(*_IMAGES),
        normal(3, 4, 2),
        note="importance-weighted bound, noise held",
        call=_importance_weighted,
    ),
    _model(
        "VAE",
        _vae_with_mixture,
        probability(*_IMAGES),
        normal(4, 2),
        note="mixture prior, noise held",
        call=_loss_with_noise,
    ),
]
