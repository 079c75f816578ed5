from __future__ import annotations

from pathlib import Path

import pytest

from minigen.course.hints import Guide, given, guides_in, next_hint


def test_a_file_says_how_long_an_exercise_takes_and_has_its_hints(tmp_path: Path) -> None:
    file = tmp_path / "hints.toml"
    assert guides_in(file) == {}
    file.write_text('[double]\nminutes = 5\nhints = ["Add.", """In two\n  lines."""]\n')
    assert guides_in(file) == {"double": Guide(5, ("Add.", "In two lines."))}


@pytest.mark.parametrize("text", ["[double", "[double]\nminutes = 5\n", "[double]\nhints = []\n"])
def test_a_file_that_lacks_something_is_an_error_that_names_it(tmp_path: Path, text: str) -> None:
    file = tmp_path / "hints.toml"
    file.write_text(text)
    with pytest.raises(ValueError, match=r"hints\.toml: .*; expected minutes and hints"):
        guides_in(file)


def test_hints_come_one_after_the_other_and_then_all_again(tmp_path: Path) -> None:
    guide = Guide(5, ("Add.", "Add x."))
    assert given(tmp_path, "01-double") == 0
    assert next_hint(tmp_path, "01-double", guide) == "Hint 1 of 2: Add."
    assert next_hint(tmp_path, "01-double", guide) == "Hint 2 of 2: Add x."
    assert given(tmp_path, "01-double") == 2
    for _ in range(2):
        told = next_hint(tmp_path, "01-double", guide)
        assert told.startswith("Hint 1: Add.\nHint 2: Add x.\nThere are no more hints; minigen ex")
    assert given(tmp_path, "01-treble") == 0
