from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from minigen.engine.random import Generator
from minigen.models import TextVAE, interpolate
from minigen.optim import Adam

VOCABULARY = ("", "a", "b", "c")
TEXTS = np.array([[1, 2, 0, 0], [2, 2, 1, 3], [3, 1, 0, 0], [0, 0, 0, 0]])


def model_of(**options: Any) -> TextVAE:
    small = {"embedding": 4, "hidden": 8, "latent": 2}
    return TextVAE((4,), VOCABULARY, **small | options, generator=Generator(0))


def test_the_loss_is_the_bound_that_the_objective_says() -> None:
    model = model_of(free_bits=0.0, warmup=0.0).eval()
    terms = model.terms(TEXTS, generator=Generator(1))
    assert terms["loss"].item() == pytest.approx(
        terms["reconstruction"].item() + terms["kl"].item(), rel=1e-6
    )


def test_free_bits_cost_what_they_are_at_least() -> None:
    model = model_of(free_bits=5.0, warmup=0.0).eval()
    terms = model.terms(TEXTS, generator=Generator(1))
    assert terms["kl"].item() < 5
    assert terms["loss"].item() == pytest.approx(terms["reconstruction"].item() + 10, rel=1e-6)


def test_the_kl_warms_up() -> None:
    model = model_of(warmup=10.0)
    shares = []
    for epochs in (0, 5, 20):
        model.anneal(epochs)
        shares.append(model.share)
    assert shares == [0, 0.5, 1]


def test_word_dropout_hides_characters_in_training_alone() -> None:
    model: Any = model_of(word_dropout=1.0)
    changed = TEXTS.copy()
    changed[1, 0] = 1  # the encoder sees it; of the decoder it is hidden
    noise = np.zeros((4, 2), np.float32)
    read: list[Any] = []
    decode = model.decode

    def noting(z: Any, before: Any, state: Any = None) -> Any:
        read.append(before)
        return decode(z, before, state)

    model.decode = noting
    model.terms(TEXTS, noise=noise)
    assert set(np.asarray(read.pop()).ravel()) == {len(VOCABULARY)}
    model.eval().terms(TEXTS, noise=noise)
    assert len(VOCABULARY) not in np.asarray(read.pop())


def test_the_encoder_does_not_see_what_is_behind_the_end() -> None:
    model = model_of().eval()
    short, long = (model.encode(texts)[0].numpy() for texts in (TEXTS[:1, :3], TEXTS))
    np.testing.assert_allclose(short[0], long[0], rtol=1e-5)


def test_what_is_written_step_by_step_is_the_likeliest() -> None:
    model = model_of().eval()
    z = Generator(2).normal((3, 2))
    written = model.decode_images(z).numpy()
    logits, _ = model.decode(z, np.concatenate([np.zeros((3, 1), int), written[:, :-1]], axis=1))
    said = logits.numpy().argmax(-1)
    ended = np.cumsum(written == 0, axis=1) > 1
    np.testing.assert_array_equal(written[~ended], said[~ended])


def test_it_learns_to_rebuild_a_few_texts() -> None:
    model = model_of(hidden=16, latent=3, warmup=0.0, free_bits=1.0)
    optimizer, generator = Adam(model.parameters(), lr=2e-2), Generator(3)
    for _ in range(150):
        optimizer.zero_grad()
        model.loss(TEXTS, generator=generator).backward()
        optimizer.step()
    np.testing.assert_array_equal(model.eval().reconstruct(TEXTS).numpy(), TEXTS)


def test_walks_are_texts_and_samples_end_once() -> None:
    model = model_of().eval()
    z = Generator(2).normal((4, 2))
    assert interpolate(model, z[:2], z[2:], 5).shape == (2, 5, 4)
    made = model.sample(30, temperature=0.7, top_k=2, generator=Generator(1)).numpy()
    assert not made[np.cumsum(made == 0, axis=1) > 1].any()
    assert made.max() < len(VOCABULARY)


@pytest.mark.parametrize("options", [{"word_dropout": 1.5}, {"warmup": -1.0}, {"latent": 0}])
def test_impossible_options_are_refused(options: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=f"TextVAE: {next(iter(options))} must"):
        model_of(**options)
