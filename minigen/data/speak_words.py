"""Synthesis of the spoken words in the package.

``python -m minigen.data.speak_words`` writes `minigen.data.spoken.FILE` anew, with the program
``espeak-ng`` that is installed: version 1.51 made the file in the package.
"""

from __future__ import annotations

import io
import subprocess
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import click
import numpy as np
import numpy.typing as npt

from minigen.data import spoken
from minigen.data.drawn import uniform
from minigen.data.mels import from_onset
from minigen.data.waves import read_wave
from minigen.files import write_atomically

PROGRAM: Final = "espeak-ng"
PITCHES: Final = (30.0, 70.0)
"""From 0 to 99, as the program takes them; 50 is a voice's own."""

SPEEDS: Final = (150.0, 200.0)
"""Words a minute."""

FASTER: Final = 1.1
"""So much faster a word is said again that was too long."""

_SEED: Final = 20


def speak(word: str, voice: str, pitch: float, speed: float) -> npt.NDArray[np.float64]:
    """Return the sound of a word, from where it begins to where it ends, at the rate of `MELS`."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "word.wav")
        options = ["-v", voice, "-p", str(round(pitch)), "-s", str(round(speed)), "-w", str(path)]
        subprocess.run([PROGRAM, *options, word], check=True, capture_output=True)
        sound, rate = read_wave(path, spoken.MELS.rate)
    return from_onset(sound, rate)


def speak_in_time(word: str, voice: str, pitch: float, speed: float) -> npt.NDArray[np.float64]:
    """Return the sound of a word, said faster until a spectrogram has room for it."""
    sound = speak(word, voice, pitch, speed)
    while len(sound) > spoken.MELS.samples:
        speed *= FASTER
        sound = speak(word, voice, pitch, speed)
    return sound


def spectrograms() -> npt.NDArray[np.uint8]:
    """Return all spectrograms, shape (voices, takes, words, bands, frames), in levels."""
    mels, count = spoken.MELS, len(spoken.VOICES) * spoken.TAKES
    shares = uniform((_SEED,), count, 2).T.reshape(len(spoken.VOICES), spoken.TAKES, 2)
    found = np.empty((*shares.shape[:2], len(spoken.WORDS), mels.bands, mels.frames), np.uint8)
    with click.progressbar(np.ndindex(found.shape[:3]), length=count * len(spoken.WORDS)) as places:
        for voice, take, word in places:
            pitch, speed = (
                low + share * (high - low)
                for share, (low, high) in zip(shares[voice, take], (PITCHES, SPEEDS), strict=True)
            )
            sound = speak_in_time(spoken.WORDS[word], spoken.VOICES[voice], pitch, speed)
            found[voice, take, word] = np.rint(mels.image(sound) * spoken.LEVELS)
    return found


def encode(arrays: Mapping[str, npt.NDArray[Any]]) -> bytes:
    """Return the contents of a compressed .npz file."""
    stream = io.BytesIO()
    np.savez_compressed(stream, allow_pickle=False, **arrays)
    return stream.getvalue()


@click.command()
def main() -> None:
    """Write the spectrograms of all words in all voices into the package."""
    contents = encode({"spectrograms": spectrograms()})
    write_atomically(spoken.FILE, contents)
    click.echo(f"{spoken.FILE}: {len(contents):,} bytes")


if __name__ == "__main__":
    main()
