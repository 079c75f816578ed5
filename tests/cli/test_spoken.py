from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from minigen.data.waves import read_wave, write_wave

from .helpers import call, error


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("words") / "run"
    call("train", "spoken-vae", "--dataset", "tests.words:long_beeps", "--channels", 4,
         "--hidden", 6, "--latent", 2, "--epochs", 1, "--out", folder)  # fmt: skip
    return folder


def test_samples_are_drawn_and_heard(run: Path, tmp_path: Path) -> None:
    call("sample", run, "--count", 3, "--out", tmp_path / "a.png")
    call("sample", run, "--class", 1, "--count", 2, "--out", tmp_path / "b.wav")
    call("sample", run, "--count", 2, "--separate", tmp_path / "each")
    assert {path.name for path in tmp_path.iterdir()} == {"a.png", "a.wav", "b.wav", "each"}
    assert {path.name for path in (tmp_path / "each").iterdir()} == {"00000.wav", "00001.wav"}
    sounds, rate = read_wave(tmp_path / "b.wav")
    assert rate == 8000
    assert 1.2 < len(sounds) / rate < 1.5


@pytest.mark.parametrize("command", ["interpolate", "traverse", "reconstruct"])
def test_pictures_are_drawn(run: Path, tmp_path: Path, command: str) -> None:
    call(command, run, "--count", 2, "--out", tmp_path / "w.png")
    assert (tmp_path / "w.png").exists()


@pytest.mark.slow
def test_words_are_judged_beside_baselines(run: Path) -> None:
    """The judge is trained on the spot, as on words of one's own."""
    shown = " ".join(call("evaluate", run).stdout.split())
    assert "spoken-vae on 24 test words of tests.words:long_beeps" in shown
    assert "│ the real words │ 100.0% │ 1.00 │ 0.0 │" in shown
    for row in ("the model", "the model, as sound", "the mean of each word"):
        assert f"│ {row} │" in shown


def tones(folder: Path, words: dict[str, float]) -> Path:
    """Write a folder of WAV files, six of each word, at another rate."""
    draw = np.random.default_rng(0)
    for word, frequency in words.items():
        (folder / word).mkdir(parents=True)
        for number in range(6):
            time = np.arange(6000) / 16000
            tone = np.sin(2 * np.pi * frequency * draw.uniform(0.9, 1.1) * time)
            write_wave(folder / word / f"{number}.wav", 0.5 * tone, 16000)
    return folder


def test_ones_own_words_are_trained_on(tmp_path: Path) -> None:
    mine = tones(tmp_path / "mine", {"high": 2000, "low": 300})
    call("train", "spoken-vae", "--dataset", mine, "--channels", 4, "--hidden", 6,
         "--latent", 2, "--test-share", 0.4, "--epochs", 1, "--out", tmp_path / "run")  # fmt: skip
    call("sample", tmp_path / "run", "--count", 2, "--out", tmp_path / "a.png")
    assert (tmp_path / "a.wav").exists()


def test_what_is_no_folder_of_words_is_refused(tmp_path: Path) -> None:
    def refused(*options: object) -> str:
        out = ("--out", tmp_path / "run", "--epochs", 1)
        return error("train", "spoken-vae", "--dataset", *options, *out, status=1)

    mine = tones(tmp_path / "mine", {"high": 2000, "low": 300})
    assert "WAV files of words are expected in sub-folders, one for each word" in refused(
        mine / "low"
    )
    (mine / "low" / "0.wav").write_bytes(b"RIFF")
    message = refused(mine)
    assert "low/0.wav" in message
    assert "--bad skip" in message
    message = error("train", "spoken-vae", "--dataset", mine, "--rate", 16000, status=2)
    assert "rate: spectrograms are made of sounds at 8000 Hz, got 16000" in message
    message = error("train", "spoken-vae", "--out", tmp_path / "no", status=2)
    assert "spoken-vae takes spectrograms; digits holds images" in message
