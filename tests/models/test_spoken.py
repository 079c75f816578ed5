from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import minigen
from minigen import models
from minigen.engine.random import Generator
from minigen.models import ConditionalVAE, SpokenVAE

WORDS = ("yes", "no", "perhaps")
LABELS = np.array([2, 0, 1, 2])


def model_of(**options: Any) -> SpokenVAE:
    small: dict[str, Any] = {"channels": (2, 4), "hidden": (6,), "latent": 2}
    return SpokenVAE((1, 8, 8), 3, WORDS, **small | options, generator=Generator(1))


def test_it_is_a_conditional_vae_of_convolutions_with_weighed_kl() -> None:
    model, x = model_of(), Generator(2).uniform((4, 1, 8, 8))
    assert isinstance(model, ConditionalVAE)
    assert model.words == WORDS
    noise = Generator(3).normal((4, 2))
    terms = {name: value.item() for name, value in model.terms(x, LABELS, noise=noise).items()}
    assert terms["loss"] == pytest.approx(terms["reconstruction"] + 3 * terms["kl"], rel=1e-5)


def test_the_word_changes_what_is_encoded_and_decoded() -> None:
    model, x = model_of().eval(), Generator(2).uniform((4, 1, 8, 8))
    other = (LABELS + 1) % 3
    assert not np.allclose(model.encode(x, LABELS)[0].numpy(), model.encode(x, other)[0].numpy())
    z = Generator(3).normal((4, 2))
    assert not np.allclose(model.decode(z, LABELS).numpy(), model.decode(z, other).numpy())


def test_a_word_for_each_class_is_expected() -> None:
    with pytest.raises(ValueError, match="SpokenVAE: words: one for each of 3 classes is expected"):
        SpokenVAE((1, 8, 8), 3, ("yes", "no"))


def test_its_configuration_makes_it_again() -> None:
    model = model_of()
    again = models.build("spoken-vae", **model.config())
    assert isinstance(again, SpokenVAE)
    assert again.words == WORDS
    again.load_state_dict(model.state_dict())
    with minigen.no_grad():
        first, second = (
            each.eval().sample(4, generator=Generator(5)).numpy() for each in (model, again)
        )
    np.testing.assert_allclose(first, second, rtol=1e-5)
