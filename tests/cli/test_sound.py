"""Sounds from the command line: train, hear, measure, and WAV files of one's own."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from minigen.data import read_wave, write_wave

from ..sounds import LENGTH, RATE
from .helpers import call, error

SMALL = ("--channels", "4,8", "--stride", 4, "--hidden", 16, "--latent", 3, "--batch-size", 16)


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("sound") / "run"
    call("train", "audio-vae", "--dataset", "tests.sounds:sines", *SMALL, "--epochs", 1,
         "--out", folder)  # fmt: skip
    return folder


def test_a_run_shows_sounds_and_plays_them(run: Path) -> None:
    names = {path.name for path in (run / "samples").iterdir()}
    for name in ("epoch-0001", "reconstructions"):
        assert {f"{name}.png", f"{name}.wav"} <= names
    assert json.loads((run / "config.json").read_text())["model_config"]["rate"] == RATE


def test_samples_are_a_picture_and_a_wav_file(run: Path, tmp_path: Path) -> None:
    call("sample", run, "--count", 3, "--out", tmp_path / "s.png")
    samples, rate = read_wave(tmp_path / "s.wav")
    assert (rate, len(samples)) == (RATE, 3 * round(1.1 * LENGTH))
    call("sample", run, "--count", 3, "--separate", tmp_path / "each")
    files = sorted((tmp_path / "each").iterdir())
    assert [file.name for file in files] == ["00000.wav", "00001.wav", "00002.wav"]
    assert np.allclose(read_wave(files[0])[0], samples[:LENGTH], atol=1e-4)
    call("sample", run, "--count", 3, "--format", "wav")
    assert (run / "samples" / "sample.wav").exists()
    call("sample", run, "--count", 3, "--out", tmp_path / "s.npz")
    with np.load(tmp_path / "s.npz") as arrays:
        assert arrays["sounds"].shape == (3, LENGTH)


def test_reconstructions_and_walks_are_drawn_and_written(run: Path) -> None:
    for command in ("reconstruct", "interpolate", "traverse"):
        call(command, run)
        assert (run / "samples" / f"{command}.png").exists()
        assert (run / "samples" / f"{command}.wav").exists()


def test_evaluation_compares_spectra_and_judges_pitches(run: Path) -> None:
    values = json.loads(call("evaluate", run, "--json").output)
    assert set(values["sounds"]["likeness"]) == {"the model", "3 principal components"}
    assert "dB of log spectra" in call("evaluate", run).output


def test_a_gan_makes_sounds_too(tmp_path: Path) -> None:
    folder = tmp_path / "gan"
    call("train", "audio-gan", "--dataset", "tests.sounds:sines", *SMALL, "--epochs", 1,
         "--out", folder)  # fmt: skip
    call("sample", folder, "--count", 2)
    values = json.loads(call("evaluate", folder, "--json").output)
    assert set(values["samples"]["generated"]) == {
        "clear_pitch", "aperiodicity", "pitch_difference"
    }  # fmt: skip
    assert values["samples"]["real"]["clear_pitch"] == 1


def test_wav_files_of_one_s_own_take_the_data_s_place(tmp_path: Path) -> None:
    for number in range(12):
        tone = 0.5 * np.sin(np.arange(3000) * (number + 3) / 100)
        (tmp_path / "mine").mkdir(exist_ok=True)
        write_wave(tmp_path / "mine" / f"{number}.wav", tone, 16000)
    shown = call("data", tmp_path / "mine", "--rate", 4000, "--length", 256).output
    assert "256 samples at 4,000 Hz" in " ".join(shown.split())
    own = ("--dataset", tmp_path / "mine", "--rate", 4000, "--length", 256, "--test-share", 0.3)
    call("train", "audio-vae", *own, *SMALL, "--epochs", 1, "--out", tmp_path / "run")
    call("sample", tmp_path / "run", "--count", 1)
    assert read_wave(tmp_path / "run" / "samples" / "sample.wav")[1] == 4000


def test_pictures_and_sounds_are_not_mixed_up(tmp_path: Path) -> None:
    call("train", "vae", "--hidden", 4, "--latent", 2, "--epochs", 1, "--out", tmp_path / "vae")
    message = error("sample", tmp_path / "vae", "--format", "wav", status=2)
    assert "makes images, and no sounds" in message
    message = error("train", "audio-vae", status=2)
    assert "audio-vae takes sounds; digits holds images" in message
