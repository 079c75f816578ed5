"""Sets of sounds, and folders of one's own WAV files."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from minigen.data import (
    AmbiguousDataError,
    DataFileError,
    EmptyPartError,
    MissingDataError,
    OwnData,
    Sounds,
    write_wave,
)
from minigen.data.sounds import SoundCollection, read_pictures_or_sounds


def folder_of(path: Path, names: list[str], length: int = 600, rate: int = 8000) -> Path:
    for number, name in enumerate(names):
        file = path / name
        file.parent.mkdir(parents=True, exist_ok=True)
        write_wave(file, np.full(length, (number + 1) / 20), rate)
    return path


def read(path: Path, **options: object) -> SoundCollection:
    found = read_pictures_or_sounds(OwnData(str(path), **options))  # type: ignore[arg-type]
    assert isinstance(found, SoundCollection)
    return found


def test_sounds_are_scaled_to_full_scale() -> None:
    sounds = Sounds("two", "test", np.array([[0, 32767], [-32767, 1]], np.int16), 8000)
    assert sounds.scaled().dtype == np.float32
    assert sounds.scaled().shape == (2, 1, 2)
    expected = np.array([[0, 1], [-1, 1 / 32767]])
    assert np.allclose(sounds.scaled()[:, 0], expected, atol=1e-7)
    assert np.allclose(sounds.scaled((0, 1))[1, 0, 0], 0, atol=1e-6)


@pytest.mark.parametrize(
    ("samples", "rate", "labels", "says"),
    [
        (np.zeros((2, 3)), 8000, None, r"samples of int16 and shape \(N, L\) wanted, got float64"),
        (np.zeros((2, 3), np.int16), 0, None, "a positive rate wanted, got 0"),
        (np.zeros((2, 3), np.int16), 8000, np.zeros(3, np.int64), r"shape \(2,\) wanted"),
        (np.zeros((2, 3), np.int16), 8000, np.array([0, 7]), "labels: values from 0 to 0 wanted"),
    ],
)
def test_what_contradicts_itself_is_refused(
    samples: Any, rate: int, labels: Any, says: str
) -> None:
    with pytest.raises(ValueError, match=says):
        Sounds("s", "train", samples, rate, labels, ("only",))


def test_a_folder_of_wav_files_is_cut_filled_up_and_resampled(tmp_path: Path) -> None:
    path = folder_of(tmp_path, [f"{n}.wav" for n in range(10)], length=600, rate=16000)
    found = read(path, rate=8000, length=400)
    assert found.images.shape == (10, 400)
    assert found.rate == 8000
    level = found.images[found.names.index("9.wav")] / 32767
    assert np.allclose(level[50:250], 0.5, atol=1e-3)
    assert not level[300:].any()
    train, test = found.part("train", 0.3), found.part("test", 0.3)
    assert len(train) + len(test) == 10
    assert not {*train.files} & {*test.files}


def test_sub_folders_are_classes_and_train_and_test_are_parts(tmp_path: Path) -> None:
    names = ["train/a/1.wav", "train/b/2.wav", "test/a/3.wav", "test/b/.hidden.wav"]
    found = read(folder_of(tmp_path, names))
    assert found.classes == ("a", "b")
    assert found.part("test").files == ("test/a/3.wav",)
    assert found.part("test").labels is not None
    assert sorted(found.part("train").files) == names[:2]


def test_the_digest_is_of_sounds_and_names(tmp_path: Path) -> None:
    first = read(folder_of(tmp_path / "a", ["1.wav", "2.wav"])).digest
    assert read(folder_of(tmp_path / "b", ["1.wav", "2.wav"])).digest == first
    assert read(folder_of(tmp_path / "c", ["1.wav", "3.wav"])).digest != first


def test_bad_files_are_named_or_left_out(tmp_path: Path) -> None:
    path = folder_of(tmp_path, ["1.wav", "2.wav"])
    (path / "3.wav").write_bytes(b"no sound")
    with pytest.raises(DataFileError, match=r"1 of 3 sounds can't be read: 3.wav .*no WAV file"):
        read(path)
    assert read(path, bad="skip").names in {("1.wav", "2.wav"), ("2.wav", "1.wav")}


def test_what_can_be_read_in_two_ways_is_refused(tmp_path: Path) -> None:
    with pytest.raises(AmbiguousDataError, match="sounds lie beside folders of sounds"):
        read(folder_of(tmp_path, ["1.wav", "a/2.wav"]))


def test_a_rate_is_of_wav_files_alone(tmp_path: Path) -> None:
    with pytest.raises(MissingDataError, match="holds no WAV files, whose rate"):
        read(tmp_path, rate=8000)
    with pytest.raises(ValueError, match="rate: a number from 1000 up is expected, got 1"):
        OwnData("x", rate=1)


def test_a_part_without_a_sound_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(EmptyPartError, match="of 1 sounds none falls into the test part"):
        read(folder_of(tmp_path, ["1.wav"])).part("test", 0.0)
