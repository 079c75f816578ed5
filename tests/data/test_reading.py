from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from minigen import data
from minigen.data import DataFileError, Images, MixedSizesError, OwnData
from minigen.data.collection import place
from minigen.data.reading import read

from . import mixed


@pytest.fixture
def shades(tmp_path: Path) -> Path:
    """A folder of forty grey pictures, each of its own shade."""
    draw(tmp_path / "shades", range(40))
    return tmp_path / "shades"


def draw(folder: Path, numbers: Any) -> None:
    folder.mkdir(exist_ok=True)
    for number in numbers:
        Image.new("L", (8, 8), number).save(folder / f"{number:03}.png")


def both(path: Path, **options: Any) -> tuple[Images, Images]:
    train = data.from_folder(path, progress=False, **options)
    return train, data.from_folder(path, "test", progress=False, **options)


def fail_to_decode(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let nothing be decoded from now on."""

    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("a picture was decoded")

    monkeypatch.setattr("minigen.data.reading.decode_all", refuse)


# ----------------------------------------------------------------------------------- parts


def test_both_parts_together_are_all_pictures(shades: Path) -> None:
    train, test = both(shades)
    assert sorted(train.files + test.files) == [f"{number:03}.png" for number in range(40)]
    for part in (train, test):
        expected = [int(file[:3]) for file in part.files]
        assert part.images[:, 0, 0, 0].tolist() == expected


def test_the_parts_go_by_a_hash_of_the_names(shades: Path) -> None:
    _, test = both(shades, test_share=0.25)
    named = [f"{number:03}.png" for number in range(40)]
    assert set(test.files) == {name for name in named if place(name) < 0.25}
    assert place("cats/tom.png") == place("cats/tom.png")
    assert place("Ä.png") == place("A\N{COMBINING DIAERESIS}.png")


def test_adding_pictures_moves_none(shades: Path) -> None:
    before = both(shades)
    draw(shades, range(40, 120))
    after = both(shades)
    for old, new in zip(before, after, strict=True):
        assert set(old.files) < set(new.files)


def test_a_share_is_that_of_many_names() -> None:
    places = np.array([place(f"{number}.png") for number in range(5000)])
    assert places.min() >= 0
    assert places.max() < 1
    assert abs((places < 0.1).mean() - 0.1) < 0.02


def test_one_single_picture_can_be_read_but_not_divided(tmp_path: Path) -> None:
    draw(tmp_path / "one", [7])
    assert len(data.from_folder(tmp_path / "one", test_share=0, progress=False)) == 1
    with pytest.raises(data.EmptyPartError, match="one: of 1 picture none"):
        both(tmp_path / "one")


# ------------------------------------------------------------------------- sizes and channels


def test_pictures_of_one_size_keep_it(shades: Path) -> None:
    assert both(shades)[0].image_shape == (1, 8, 8)


def test_pictures_of_several_sizes_want_one(shades: Path) -> None:
    Image.new("L", (30, 20)).save(shades / "large.png")
    with pytest.raises(MixedSizesError, match=r"2 sizes, from 8x8 to 20x30 .* \(--size 32\)"):
        both(shades)
    assert both(shades, size=16)[0].image_shape == (1, 16, 16)


def test_large_pictures_want_a_size_even_if_all_have_one(tmp_path: Path) -> None:
    Image.new("L", (300, 200)).save(tmp_path / "a.png")
    with pytest.raises(MixedSizesError, match="pictures are 200x300"):
        both(tmp_path)


def test_one_coloured_picture_makes_all_coloured(shades: Path) -> None:
    Image.new("RGB", (8, 8), "red").save(shades / "red.png")
    assert both(shades)[0].image_shape == (3, 8, 8)
    assert both(shades, channels=1)[0].image_shape == (1, 8, 8)


# ----------------------------------------------------------------------------------- cache


def test_pictures_are_decoded_once_and_then_mapped_into_memory(
    shades: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = both(shades)
    fail_to_decode(monkeypatch)
    for one, again in zip(first, both(shades), strict=True):
        np.testing.assert_array_equal(one.images, again.images)
        assert not again.images.flags.writeable
    assert isinstance(read(OwnData(str(shades)), progress=False).images, np.memmap)


def test_an_option_that_changes_pixels_has_them_decoded_anew(shades: Path) -> None:
    assert both(shades)[0].image_shape == (1, 8, 8)
    assert both(shades, size=4)[0].image_shape == (1, 4, 4)
    assert both(shades, test_share=0.5)[0].image_shape == (1, 8, 8)


def test_a_share_has_nothing_decoded_anew(shades: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    both(shades)
    fail_to_decode(monkeypatch)
    assert len(both(shades, test_share=0.5)[1]) > 10


def test_a_changed_picture_is_seen_even_with_its_old_size_and_time(shades: Path) -> None:
    file = shades / "000.png"
    state, before = file.stat(), read(OwnData(str(shades)), progress=False).digest
    whole = file.read_bytes()
    Image.new("L", (8, 8), 255).save(file)
    file.write_bytes(file.read_bytes().ljust(len(whole), b"\0")[: len(whole)])
    os.utime(file, ns=(state.st_atime_ns, state.st_mtime_ns))
    assert read(OwnData(str(shades)), progress=False).digest != before


def test_the_digest_is_that_of_the_pictures_wherever_they_are(shades: Path, tmp_path: Path) -> None:
    shutil.copytree(shades, tmp_path / "copy")
    first, second = (
        read(OwnData(str(path)), progress=False) for path in (shades, tmp_path / "copy")
    )
    assert first.digest == second.digest
    assert len(first.digest) == 64
    assert first.digest != read(OwnData(str(shades), channels=3), progress=False).digest
    (tmp_path / "copy/000.png").rename(tmp_path / "copy/other.png")
    assert read(OwnData(str(tmp_path / "copy")), progress=False).digest != first.digest


def test_a_damaged_cache_is_made_anew(shades: Path, tmp_path: Path) -> None:
    expected = both(shades)[0]
    for name, contents in (("images.bin", b"short"), ("index.json", b"{}"), ("index.json", b"")):
        (file,) = (tmp_path / "cache").rglob(name)
        file.unlink()  # and not written to: it is mapped into memory
        file.write_bytes(contents)
        np.testing.assert_array_equal(both(shades)[0].images, expected.images)


def test_what_was_broken_off_leaves_nothing_behind(
    shades: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def stop(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr("minigen.data.reading.decode_all", stop)
        with pytest.raises(KeyboardInterrupt):
            both(shades)
    (of_path,) = (tmp_path / "cache/own").iterdir()
    assert not list(of_path.iterdir())
    assert len(both(shades)[0]) > 30


def test_the_cache_keeps_a_few_decodings_of_a_path(shades: Path, tmp_path: Path) -> None:
    for side in range(1, 15):
        both(shades, size=side)
    (of_path,) = (tmp_path / "cache/own").iterdir()
    assert len(list(of_path.iterdir())) == 8


def test_the_cache_may_be_elsewhere(shades: Path, tmp_path: Path) -> None:
    both(shades, cache=tmp_path / "mine")
    assert (tmp_path / "mine/own").is_dir()
    assert not (tmp_path / "cache").exists()


def test_a_cache_that_cannot_be_written_is_told(shades: Path, tmp_path: Path) -> None:
    (tmp_path / "taken").write_text("a file where a folder should be")
    with pytest.raises(data.DataError, match=r"can't be kept in the cache: .*XDG_CACHE_HOME"):
        both(shades, cache=tmp_path / "taken")


def test_a_bar_is_shown_while_pictures_are_decoded(
    shades: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    data.from_folder(shades)
    assert "decoding shades: 100%" in capsys.readouterr().err
    data.from_folder(shades)
    assert not capsys.readouterr().err


# --------------------------------------------------------------------------------- bad files


@pytest.fixture
def spoilt(shades: Path) -> Path:
    """The folder, with three files that hold no pictures."""
    (shades / "empty.png").write_bytes(b"")
    (shades / "text.jpg").write_text("a text")
    (shades / "half.png").write_bytes((shades / "000.png").read_bytes()[:40])
    return shades


def test_bad_files_are_counted_named_and_refused(spoilt: Path) -> None:
    message = r"3 of 43 pictures can't be read: empty.png is empty; half.png .*; text.jpg holds no "
    with pytest.raises(DataFileError, match=f'{message}.*bad="skip" \\(--bad skip\\)'):
        both(spoilt)


@pytest.mark.parametrize("options", [{}, {"size": 4, "channels": 1}])
def test_bad_files_are_left_out_with_a_warning(spoilt: Path, options: dict[str, Any]) -> None:
    with pytest.warns(UserWarning, match=r"3 of 43 pictures can't be read: empty\.png is empty"):
        train, test = both(spoilt, bad="skip", **options)
    assert len(train) + len(test) == 40


def test_what_was_left_out_once_is_refused_all_the_same(spoilt: Path) -> None:
    with pytest.warns(UserWarning, match="can't be read"):
        both(spoilt, bad="skip")
    with pytest.raises(DataFileError, match="3 of 43"):
        both(spoilt)


def test_many_bad_files_are_counted_and_a_few_named(tmp_path: Path) -> None:
    for number in range(9):
        (tmp_path / f"{number}.png").write_bytes(b"")
    for bad in ("refuse", "skip"):
        with pytest.raises(DataFileError, match=r"9 of 9 pictures .*; and 4 more"):
            both(tmp_path, bad=bad)


def test_a_message_stays_on_a_line_whatever_a_file_is_called(shades: Path) -> None:
    (shades / "two\nlines.png").write_bytes(b"")
    with pytest.raises(DataFileError, match=r"two\?lines\.png is empty"):
        both(shades)


# ------------------------------------------------------------------------------ mixed pictures


def test_three_hundred_mixed_pictures_are_read(tmp_path: Path) -> None:
    mixed.make(tmp_path / "shapes")
    train, test = both(tmp_path / "shapes", size=32, channels=1, background="black")
    assert len(train) + len(test) == mixed.COUNT
    assert train.classes == ("ellipses", "hearts", "squares")
    sprites = data.load("sprites", "test")
    for part in (train, test):
        for image, file in zip(part.images, part.files, strict=True):
            original = sprites.images[int(file[-7:-4] if file[-4] == "." else file[-8:-5])]
            if not file.endswith((".PNG", ".bmp")):  # some are black and white
                assert abs(image.astype(int) - original).mean() < 8, file
