from __future__ import annotations

import re
import sys
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

from minigen import data
from minigen.data import collect_words, words
from minigen.training import RunConfig, load_examples


def test_the_parts_are_of_the_published_size_and_share_no_family() -> None:
    train, test = (data.load("words", split) for split in data.SPLITS)
    for part in (train, test):
        extent = data.EXTENTS["words"]
        assert len(part) == (extent.train if part is train else extent.test)
        assert part.tokens.shape[1:] == extent.shape
    families = [{word[: words.BEGINNING] for word in part.texts()} for part in (train, test)]
    assert not families[0] & families[1]
    assert "".join(train.vocabulary) == "abcdefghijklmnopqrstuvwxyz"


def test_every_word_has_its_end() -> None:
    assert not data.load("words").tokens[:, -1].any()


def test_the_licence_tells_of_the_source_and_of_what_was_changed() -> None:
    licence = words.FILE.with_name("LICENSE-words.txt").read_text("utf-8")
    for said in ("Python Software Foundation", "what was changed", "2,455 English words"):
        assert said in licence
    assert len(words.FILE.read_text("ascii").split()) == 2455


def test_words_need_no_folder(tmp_path: Path) -> None:
    assert len(data.load("words", root=tmp_path / "absent")) == 2071
    assert data.available()["words"].found


def test_validation_holds_out_whole_families_but_for_one() -> None:
    config = RunConfig(model="char-gru", dataset="words", validation=200)
    train, held_out = (load_examples(config, split) for split in ("train", "validation"))
    assert len(held_out) == 200
    beginnings = [
        {bytes(row[: words.BEGINNING].tolist()) for row in part.images}
        for part in (train, held_out)
    ]
    assert len(beginnings[0] & beginnings[1]) <= 1
    assert not np.isin(train.images, [27]).any()


def test_words_of_prose_are_collected_and_nothing_else() -> None:
    text = """Look at "quoted names" and os.path, __init__ or b(reak).

       >>> print(code)
         indented_code
    name ::= grammar
    The END of prose, with I, nth, x2 and end-of-line.
    """
    text = re.sub("(?m)^ {4}", "", text)
    assert collect_words.collect(text) == ["and", "at", "look", "of", "or", "prose", "the", "with"]


@pytest.mark.skipif(sys.version_info[:3] != (3, 11, 7), reason="other texts than those in the file")
def test_the_file_is_what_the_program_writes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = words.FILE.read_bytes()
    monkeypatch.setattr(words, "FILE", tmp_path / "words.txt")
    shown = CliRunner().invoke(collect_words.main, [])
    assert "2,455 words" in shown.output
    assert words.FILE.read_bytes() == whole
