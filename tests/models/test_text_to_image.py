"""Images of sentences: the encoder of sentences, and the model that is told them."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

import minigen
from minigen import models, nn
from minigen.engine.random import Generator
from minigen.models import TextToImage
from minigen.models.sentences import SentenceEncoder

WORDS = ("", "a", "red", "blue", "on")
SENTENCES = np.array([[1, 2, 4, 1, 3], [1, 3, 4, 1, 2], [1, 2, 0, 0, 0]])


def encoder() -> SentenceEncoder:
    return SentenceEncoder(5, 6, 7, generator=Generator(1))


def model_of(**options: Any) -> TextToImage:
    small = {
        "channels": (4, 6),
        "hidden": (5,),
        "latent": 2,
        "sentence_features": 7,
        "batch_norm": False,
    }
    return TextToImage((3, 8, 8), WORDS, 5, **small | options, generator=Generator(1))


def images(count: int = 3) -> Any:
    return Generator(2).uniform((count, 3, 8, 8))


def test_a_vector_is_the_sum_of_those_of_words_at_their_places() -> None:
    made = encoder()
    table = made.vectors.weight.numpy().reshape(6, 5, 7)
    for sentence, found in zip(SENTENCES, made(minigen.tensor(SENTENCES)).numpy(), strict=True):
        vectors = [table[place, word] for place, word in enumerate(sentence) if word]
        summed = np.sum(vectors, axis=0) / len(vectors) ** 0.5
        np.testing.assert_allclose(found, summed, rtol=1e-5, atol=1e-6)


def test_it_matters_which_thing_is_red_but_not_how_far_sentences_are_filled_up() -> None:
    made = encoder()
    first, second, short = made(SENTENCES).numpy()
    assert not np.allclose(first, second)
    np.testing.assert_allclose(made(SENTENCES[2:, :2]).numpy()[0], short, rtol=1e-6)
    assert (made(np.zeros((1, 3), int)).numpy() == 0).all()


def test_sentences_that_are_too_long_are_refused() -> None:
    with pytest.raises(ValueError, match=r"at most 6 words are expected, got .* \(1, 7\)"):
        encoder()(np.ones((1, 7), int))


def test_both_networks_are_told_the_sentence() -> None:
    model, x = model_of(), images()
    other = SENTENCES[[1, 2, 0]]
    assert not np.allclose(model.encode(x, SENTENCES)[0].numpy(), model.encode(x, other)[0].numpy())
    z = Generator(3).normal((3, 2))
    assert not np.allclose(model.decode(z, SENTENCES).numpy(), model.decode(z, other).numpy())


@pytest.mark.derivation("vae.conditional_elbo")
def test_the_loss_is_the_negative_elbo_given_the_sentence() -> None:
    model, x, noise = model_of(), images(), Generator(3).normal((3, 2))
    mu, logvar = (t.numpy().astype(np.float64) for t in model.encode(x, SENTENCES))
    z = (mu + np.exp(logvar / 2) * noise).astype(np.float32)
    means = 1 / (1 + np.exp(-model.decode(z, SENTENCES).numpy().astype(np.float64)))
    errors = ((x.reshape(3, -1) - means) ** 2).sum(1).mean()
    reconstruction = 6 * errors + 192 / 2 * np.log(2 * np.pi / 12)  # the variance starts at 1/12
    kl = 0.5 * (mu**2 + np.exp(logvar) - 1 - logvar).sum(1).mean()
    loss = model.terms(x, SENTENCES, noise=noise)["loss"].item()
    assert loss == pytest.approx(reconstruction + kl, rel=1e-5)


@pytest.mark.derivation("kl.gaussian")
def test_the_prior_of_a_sentence_is_fitted_to_its_codes_which_do_not_learn_from_it() -> None:
    model, x = model_of(), images()
    loss = model.side_terms("prior", x, SENTENCES)["prior_loss"]
    mu, logvar = (t.numpy() for t in model.encode(x, SENTENCES))
    m, v = (t.numpy() for t in model.sentence_prior(model.sentences(SENTENCES)))
    ratio = np.exp(logvar - v)
    each = 0.5 * (v - logvar - 1 + ratio + (mu - m) ** 2 / np.exp(v)).sum(1)
    assert loss.item() == pytest.approx(each.mean(), rel=1e-5)
    loss.backward()
    learning = {name for name, p in model.named_parameters() if p.grad is not None}
    assert learning == {name for name, _ in model.named_parameters() if "prior" in name}
    model.zero_grad()
    model.side_terms("autoencoder", x, SENTENCES)["loss"].backward()
    others = {name for name, p in model.named_parameters() if p.grad is not None}
    assert not learning & others
    assert others == {name for name, _ in model.named_parameters()} - learning


def test_images_are_made_of_draws_from_the_prior_of_their_sentence() -> None:
    model = model_of()
    nn.init.constant_(model.sentence_prior.to_logvar.bias, -100)
    nn.init.constant_(model.sentence_prior.to_logvar.weight, 0)
    mean, _ = model.sentence_prior(model.sentences(SENTENCES))
    made = model.sample(3, SENTENCES, generator=Generator(4)).numpy()
    np.testing.assert_allclose(made, model.decode_images(mean, SENTENCES).numpy(), atol=1e-6)
    nn.init.constant_(model.sentence_prior.to_logvar.bias, 2)
    other = model.sample(3, SENTENCES, generator=Generator(4)).numpy()
    z = mean.numpy() + np.e * Generator(4).normal((3, 2), np.float32)
    np.testing.assert_allclose(other, model.decode_images(z, SENTENCES).numpy(), atol=1e-5)


def test_an_unknown_side_is_refused() -> None:
    with pytest.raises(ValueError, match="unknown side 'encoder': use one of autoencoder, prior"):
        model_of().side_terms("encoder", images(), SENTENCES)


def test_importance_samples_are_each_of_their_own_sentence() -> None:
    model, x, noise = model_of(), images(), Generator(3).normal((4, 3, 2))
    together = model.log_weights(x, 4, SENTENCES, noise=noise).numpy()
    for number in range(3):
        some = slice(number, number + 1)
        alone = model.log_weights(x[some], 4, SENTENCES[some], noise=noise[:, some]).numpy()
        np.testing.assert_allclose(together[:, some], alone, rtol=1e-4)


def test_walks_go_on_under_one_sentence() -> None:
    model = model_of()
    z = Generator(3).normal((2, 2))
    rows = models.interpolate(model, z[:1], z[1:], 3, SENTENCES[:1]).numpy()
    for place, share in enumerate((0.0, 0.5, 1.0)):
        there = model.decode_images((1 - share) * z[:1] + share * z[1:], SENTENCES[:1])
        np.testing.assert_allclose(rows[0, place], there.numpy()[0], atol=1e-6)
    moved = models.traverse(model, z[0], 3, 1.0, SENTENCES[1]).numpy()
    middle = z[0] * [1, 0]
    there = model.decode_images(middle[np.newaxis].astype(np.float32), SENTENCES[1:2])
    np.testing.assert_allclose(moved[1, 1], there.numpy()[0], atol=1e-6)


@pytest.mark.parametrize(
    ("sentences", "error", "message"),
    [
        (None, TypeError, r"TextToImage is told sentences: .* \(3, L\) are expected"),
        (SENTENCES / 2, TypeError, "sentences must be integers, got float64"),
        (SENTENCES[0], ValueError, r"of shape \(3, L\) are expected, got \(5,\)"),
        (SENTENCES[:2], ValueError, r"of shape \(3, L\) are expected, got \(2, 5\)"),
    ],
)
def test_what_is_no_sentence_an_image_is_refused(
    sentences: Any, error: type[Exception], message: str
) -> None:
    with pytest.raises(error, match=message):
        model_of().terms(images(), sentences)


@pytest.mark.host_only("on a GPU the check would wait for the device")
@pytest.mark.parametrize("shift", [-1, 1])
def test_numbers_that_are_no_words_are_refused(shift: int) -> None:
    found = f"{shift} to {4 + shift}"
    with pytest.raises(ValueError, match=f"words from 0 to 4 are expected, got {found}"):
        model_of().terms(images(), SENTENCES + shift)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"sentence_features": 0}, "sentence_features must be at least 1, got 0"),
        ({"vocabulary": ("a", "b")}, "vocabulary: the empty text and at least one word"),
        ({"vocabulary": ("",)}, "vocabulary: the empty text and at least one word"),
        ({"sentence_length": 0}, "sentence_length must be at least 1, got 0"),
    ],
)
def test_impossible_options_are_refused(options: dict[str, Any], message: str) -> None:
    given = {"vocabulary": WORDS, "sentence_length": 5, **options}
    with pytest.raises(ValueError, match=f"TextToImage: {message}"):
        TextToImage((3, 8, 8), channels=(4,), **given)


def test_a_configuration_makes_the_model_again() -> None:
    model = model_of()
    config = model.config()
    assert config["vocabulary"] == list(WORDS)
    again = models.build("text-to-image", **config)
    assert isinstance(again, TextToImage)
    assert (again.vocabulary, again.sentence_length) == (WORDS, 5)
    assert math.prod(again.image_shape) == 192
