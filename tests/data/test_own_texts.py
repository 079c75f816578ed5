from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from minigen.data import AmbiguousDataError, DataFileError, EmptyPartError, OwnData
from minigen.data.own_texts import WINDOW, TextCollection, is_text, read_texts_of


def read(path: Path, contents: str | bytes, **options: Any) -> TextCollection:
    path.write_bytes(contents if isinstance(contents, bytes) else contents.encode())
    return read_texts_of(OwnData(str(path), **options))


LINES = "\n".join(f"line number {n}" for n in range(50))


def test_lines_are_texts_and_blank_ones_are_not(tmp_path: Path) -> None:
    found = read(tmp_path / "a.txt", f"\n{LINES}\n\n  \n")
    assert len(found.images) == 50
    train, test = (found.part(split, 0.3) for split in ("train", "test"))
    assert len(train) + len(test) == 50
    assert train.vocabulary == test.vocabulary
    assert sorted(train.texts() + test.texts()) == sorted(LINES.split("\n"))


def test_equal_lines_are_in_one_part(tmp_path: Path) -> None:
    found = read(tmp_path / "a.txt", f"{LINES}\n{LINES}")
    train, test = (set(found.part(split, 0.3).texts()) for split in ("train", "test"))
    assert not train & test


def test_one_long_line_is_cut(tmp_path: Path) -> None:
    line = "word " * 1000
    found = read(tmp_path / "a.txt", line)
    assert found.cut == 1
    assert max(map(len, found.images)) == WINDOW
    by_words = read(tmp_path / "a.txt", line, by="words", window=30)
    assert {len(text.split()) for text in by_words.images} == {30, 10}


def test_pieces_of_a_line_that_was_cut_have_no_end(tmp_path: Path) -> None:
    found = read(tmp_path / "a.txt", "abcdefgh" * 30, window=10)
    assert found.part("train").tokens.all()


def test_the_column_of_a_table_is_the_only_one_or_text_or_named(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    assert read(path, 'title\n"a, b"\nc\n').images in {("a, b", "c"), ("c", "a, b")}
    assert set(read(path, "id,text\n1,a\n2,b\n").images) == {"a", "b"}
    assert set(read(path, "id,name\n1,a\n2,b\n", column="name").images) == {"a", "b"}
    with pytest.raises(AmbiguousDataError, match="has 2 columns, id, name: name the one"):
        read(path, "id,name\n1,a\n")
    with pytest.raises(DataFileError, match="has no column 'x': its first row names id, name"):
        read(path, "id,name\n1,a\n", column="x")
    with pytest.raises(DataFileError, match="has no columns"):
        read(tmp_path / "a.txt", "a", column="x")


@pytest.mark.parametrize("contents", ["", "\n \n"])
def test_a_file_without_text_is_refused(tmp_path: Path, contents: str) -> None:
    with pytest.raises(DataFileError, match="holds no text: at least two lines are expected"):
        read(tmp_path / "a.txt", contents)


def test_another_encoding_is_refused_with_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(DataFileError, match=r"line 2: a text in UTF-8 is expected.*0xf6.*iconv"):
        read(tmp_path / "a.txt", "gut\nschön".encode("latin1"))


def test_a_byte_order_mark_is_no_character(tmp_path: Path) -> None:
    assert read(tmp_path / "a.txt", "a\nb".encode("utf-8-sig")).vocabulary == ("", "a", "b")


def test_a_part_without_texts_is_told(tmp_path: Path) -> None:
    found = read(tmp_path / "a.txt", "a\nb")
    with pytest.raises(EmptyPartError, match="of 2 texts none falls into the test part"):
        found.part("test", 0.0)
    with pytest.raises(ValueError, match="train or test is expected"):
        found.part("validation")


def test_the_digest_knows_texts_and_what_they_are_sequences_of(tmp_path: Path) -> None:
    first = read(tmp_path / "a.txt", LINES)
    assert first.digest == read(tmp_path / "b.txt", LINES + "\n").digest
    assert first.digest != read(tmp_path / "a.txt", LINES, by="words").digest
    assert first.digest != read(tmp_path / "a.txt", LINES + "\nmore").digest


def test_texts_are_files_that_end_so(tmp_path: Path) -> None:
    (tmp_path / "a.TXT").write_text("a")
    (tmp_path / "b.txt").mkdir()
    assert is_text(tmp_path / "a.TXT")
    assert not is_text(tmp_path / "b.txt")


@pytest.mark.parametrize("options", [{"by": "sentences"}, {"window": 1}])
def test_options_out_of_their_range_are_refused(options: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=next(iter(options))):
        OwnData("a.txt", **options)
