from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from minigen import kinds
from minigen.engine.creation import tensor
from minigen.models import CharGRU
from tests.texts import names

DATA = names("test")
KIND = kinds.find("text").of(DATA)


def test_texts_are_shown_as_text(tmp_path: Path) -> None:
    shown = tensor(DATA.tokens[:3])
    assert KIND.text(shown).split("\n") == DATA.texts()[:3]
    KIND.draw_samples(tmp_path / "a.txt", shown, kinds.Setting(real=lambda: shown))
    assert (tmp_path / "a.txt").read_text().split() == DATA.texts()[:3]
    assert KIND.arrays(DATA.tokens[:3])["texts"].tolist() == DATA.texts()[:3]


def test_reconstructions_stand_beside_their_originals(tmp_path: Path) -> None:
    made = tensor(DATA.tokens[1:3])
    KIND.draw_reconstructions(tmp_path / "a.txt", DATA.tokens[:2], made, None, "")
    lines = (tmp_path / "a.txt").read_text().splitlines()
    pairs = zip(DATA.texts()[:2], DATA.texts()[1:3], strict=True)
    assert [line.split() for line in lines] == [list(pair) for pair in pairs]


def test_a_walk_is_a_line_in_which_what_stays_is_written_once(tmp_path: Path) -> None:
    walk = DATA.tokens[[[0, 0, 1]]]
    KIND.draw_rows(tmp_path / "a.txt", walk)
    first, second = DATA.texts()[:2]
    assert (tmp_path / "a.txt").read_text() == f"{first} → {second}\n"


def test_the_kind_of_a_model_knows_its_vocabulary() -> None:
    model = CharGRU((4,), ("", "x", "y"), hidden=3)
    assert kinds.kind_of(model).text(tensor(np.array([[2, 1, 0, 0]]))) == "yx"


def test_numbers_alone_are_no_text() -> None:
    with pytest.raises(kinds.KindError, match="is known to a data set or a model alone"):
        kinds.find("text").text(tensor(DATA.tokens[:1]))


def test_the_data_decide_length_and_vocabulary() -> None:
    assert KIND.decided(KIND.examples(DATA)) == {"image_shape": [5]}
    assert KIND.options(DATA) == {"vocabulary": list(DATA.vocabulary)}
    assert KIND.unit == "nats/text"
