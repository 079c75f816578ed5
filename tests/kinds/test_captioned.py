from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

import minigen
from minigen import kinds, viz
from minigen.kinds import Setting
from tests.captions import SENTENCES, VOCABULARY, bars

KIND = kinds.find("captioned image")


class Source:
    """What knows the words."""

    vocabulary = VOCABULARY


def test_the_data_decide_the_words_and_the_length_of_sentences() -> None:
    options = KIND.options(bars("test"))
    assert options == {"vocabulary": list(VOCABULARY), "sentence_length": 5}
    assert KIND.unit == "nats/image"


def test_samples_are_of_test_sentences_one_after_the_other() -> None:
    told = KIND.told(bars("test"))
    assert told is not None
    asked = KIND.asked(lambda: told[:3], 7)
    assert KIND.captions(asked, Source) == [SENTENCES[number % 3] for number in range(7)]
    assert KIND.asked(lambda: None, 7) is None
    assert KIND.captions(None, Source) == ()


def test_other_kinds_are_told_nothing() -> None:
    image = kinds.find("image")
    assert image.told(bars("test")) is None
    assert image.asked(lambda: pytest.fail("was asked"), 3) is None
    assert image.captions(np.zeros(3, int), Source) == ()
    assert image.options(bars("test")) == {}
    assert image.options(object()) == {}


def test_sentences_stand_under_samples_and_under_reconstructions(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[Any] = []

    def note(_: Path, images: Any, captions: Any, **options: Any) -> None:
        seen.append((images, captions))

    monkeypatch.setattr(viz, "save_captioned_images", note)
    x = minigen.rand(4, 3, 8, 8)
    KIND.draw_samples(tmp_path / "s.png", x, Setting(real=lambda: x, captions=SENTENCES))
    KIND.draw_with_captions(tmp_path / "r.png", x.numpy(), x * 0.5, None, "title", SENTENCES)
    (samples, first), (rows, second) = seen
    assert first == second == SENTENCES
    assert samples is x
    np.testing.assert_array_equal(rows[0], 2 * rows[1].numpy())
