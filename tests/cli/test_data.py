from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from minigen import kinds
from minigen.data import EXTENTS, NAMES, load

from .helpers import call, error

FOUND = ("digits", "sprites", "tones", "ring", "grid", "two_moons")


def words(*arguments: object, status: int = 0) -> str:
    return " ".join(call("data", *arguments, status=status).stdout.split())


@pytest.fixture(autouse=True)
def _own_cache(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr("minigen.data.locations.cache_folder", lambda: tmp_path / "cache")


@pytest.fixture
def flowers(tmp_path: Path) -> Path:
    """Sixty pictures in two classes and two sizes, and a file that holds none."""
    for number in range(60):
        kind = "rose" if number % 3 else "tulip"
        (tmp_path / "flowers" / kind).mkdir(parents=True, exist_ok=True)
        picture = Image.new("RGB", (20, 30) if number % 2 else (10, 10), (number, 0, 0))
        picture.save(tmp_path / "flowers" / kind / f"{number:02}.png")
    (tmp_path / "flowers/rose/bad.jpg").write_text("a text")
    return tmp_path / "flowers"


def test_every_set_has_the_extent_that_is_said() -> None:
    assert tuple(EXTENTS) == NAMES
    for name in FOUND:
        parts = [load(name, split) for split in ("train", "test")]
        shapes = [kinds.find(part.kind).examples(part).shape for part in parts]
        extent = EXTENTS[name]
        assert shapes == [(extent.train, *extent.shape), (extent.test, *extent.shape)]


def test_all_sets_are_listed_with_their_sizes_and_where_they_are(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delenv("MINIGEN_DATA", raising=False)
    monkeypatch.setenv("COLUMNS", "200")
    lines = call("data").stdout.splitlines()
    assert [line.split()[0] for line in lines[1:]] == list(NAMES)
    shown = {line.split()[0]: " ".join(line.split()) for line in lines}
    assert shown["digits"] == "digits 1,415 382 1x8x8 grey part of minigen"
    assert "not in the cache: downloaded at its first use" in shown["mnist"]
    assert shown["printed_digits"].endswith("1x28x28 grey drawn by minigen at its first use")
    assert shown["ring"] == "ring 50,000 10,000 points of the plane drawn by minigen"


def test_one_set_is_described() -> None:
    shown = words("digits")
    assert "each 1x8x8 grey" in shown
    assert "train 1,415 images test 382 images" in shown
    assert f"classes 10: 0 ({(load('digits').labels == 0).sum()}), 1 (" in shown


def test_files_are_verified_and_a_damaged_one_is_told(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("MINIGEN_DATA", str(tmp_path))
    (tmp_path / "cifar10/cifar-10-batches-bin").mkdir(parents=True)
    for name in ("data_batch_1.bin", "test_batch.bin"):
        (tmp_path / "cifar10/cifar-10-batches-bin" / name).write_bytes(bytes(3073))
    assert "every file is whole records" in words("cifar10", "--verify")
    (tmp_path / "cifar10/cifar-10-batches-bin/test_batch.bin").write_bytes(b"\x0b" * 3073)
    assert "labels from 0 to 9 wanted" in error("data", "cifar10", "--verify", status=1)
    assert error("data", "--verify", status=1) == "damaged: cifar10"
    assert "mnist: not all of its files" in error("data", "mnist", status=1)


@pytest.mark.parametrize("name", ["digits", "ring"])
def test_a_contact_sheet_is_drawn(tmp_path: Path, name: str) -> None:
    path = tmp_path / "sheet.png"
    assert words(name, "--show", path).endswith(str(path))
    with Image.open(path) as sheet:
        assert min(sheet.size) > 100


def test_own_pictures_are_described_and_bad_files_named(flowers: Path) -> None:
    shown = words(flowers)
    assert "name flowers pictures 60 in" in shown
    assert "classes 2: rose (40), tulip (20)" in shown
    assert "sizes 2, from 10x10 to 30x20 (height x width)" in shown
    assert "read as 3x64x64 colour (only here: training wants a --size)" in shown
    assert "bad files 1 rose/bad.jpg holds no picture in a known format" in shown
    assert "read as 1x16x32 grey (pad)" in words(
        flowers, "--size", "32x16", "--image-channels", 1, "--fit", "pad"
    )


def test_a_contact_sheet_of_own_pictures_is_drawn(flowers: Path, tmp_path: Path) -> None:
    call("data", flowers, "--size", 16, "--show", tmp_path / "sheet.png", "--count", 4)
    with Image.open(tmp_path / "sheet.png") as sheet:
        colours = np.asarray(sheet.convert("RGB"))
    assert len(np.unique(colours.reshape(-1, 3), axis=0)) >= 4


def test_verifying_own_pictures_fails_if_there_are_bad_files(flowers: Path) -> None:
    message = error("data", flowers, "--verify", status=1)
    assert message.startswith("1 of 61 pictures can't be read: rose/bad.jpg")
    (flowers / "rose/bad.jpg").unlink()
    assert "bad files none verified every file was read anew" in words(flowers, "--verify")


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (("~nobody/pictures",), "'~nobody/pictures' is neither a data set"),
        (("x" * 5000,), "is neither a data set"),
        (("nothing",), "'nothing' is neither a data set (digits, mnist"),
        (("--size", 32), "--size: name a data set, too, or a path"),
        (("--show", "a.png"), "--show: name a data set, too, or a path"),
        (("digits", "--size", 32), "--size: digits is taken as it is; the option is for pictures"),
        (("digits", "--show", "a.xyz"), "--show: a.xyz: no picture can be written as 'xyz'"),
        (("digits", "--show", "absent/a.png"), "--show: there is no folder absent"),
        (("digits", "--count", 0), "Invalid value for '--count'"),
        ((".", "--size", "axb"), "a number of pixels such as 32 is expected, or WIDTHxHEIGHT"),
        ((".", "--size", "0"), "size: one number of pixels from 1 to 1024"),
        ((".", "--background", "sky"), "background: a colour such as white"),
        ((".", "--test-share", "nan"), "test_share: a number from 0 to 1"),
    ],
)
def test_what_cannot_be_done_is_told_in_a_line(options: tuple[object, ...], message: str) -> None:
    assert message in error("data", *options, status=2)
