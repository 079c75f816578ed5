"""Sounds: waveforms in [-1, 1], shape (1, L)."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
import numpy.typing as npt

from minigen.engine.backend import array_of, to_numpy
from minigen.kinds.kind import Examples, Kind, Report, Setting

if TYPE_CHECKING:
    from minigen.data import Sounds
    from minigen.engine.backend import Array
    from minigen.engine.random import Generator
    from minigen.engine.tensor import Tensor


class SoundKind(Kind):
    """Sounds: a run shows them as waveforms and spectrograms, and writes WAV files beside these.

    Parameters
    ----------
    rate : int
        How many samples a second has, in Hz.
    """

    name: ClassVar[str] = "sound"
    plural: ClassVar[str] = "sounds"
    axes: ClassVar[int] = 2
    shown: ClassVar[int] = 16
    compared: ClassVar[int] = 8
    alone: ClassVar[str] = "wav"
    measures: ClassVar[Mapping[str, str]] = {
        "clear_pitch": "share with a clear pitch, in the data's range",
        "aperiodicity": "share of the power that is not periodic, median",
        "pitch_difference": "largest difference of pitches' distributions, 0 at best",
    }

    def __init__(self, rate: int = 8000) -> None:
        self.rate = rate

    def of(self, source: Any) -> SoundKind:
        """Return the kind with the rate of a data set or a model."""
        return SoundKind(source.rate)

    def examples(self, dataset: Sounds) -> Examples:
        """Return the sounds, shape (N, 1, L), in [-1, 1]."""
        return dataset.scaled()

    def options(self, dataset: Sounds) -> Mapping[str, Any]:
        """Return the rate, which a model has to know to play what it makes."""
        return {"rate": dataset.rate}

    def draw_samples(self, path: Path, samples: Tensor, setting: Setting) -> None:
        """Draw sounds in rows of eight, and write a WAV file beside the picture, or that alone."""
        from minigen import viz

        sounds = to_numpy(array_of(samples))
        self._write(path, sounds)
        if path.suffix.lower() != ".wav":
            rows = {_numbers(start, sounds): sounds[start : start + 8] for start in _eights(sounds)}
            viz.save_sounds(path, rows, self.rate, title=setting.title)

    def draw_one(self, path: Path, sample: Array) -> None:
        """Write one sound as a WAV file, or draw it."""
        from minigen import viz
        from minigen.data import write_wave

        if path.suffix.lower() == ".wav":
            write_wave(path, sample[0], self.rate)
        else:
            viz.save_sounds(path, {"": sample}, self.rate)

    def arrays(self, samples: Array) -> dict[str, npt.NDArray[Any]]:
        """Return the sounds, float32 (N, L), and their rate."""
        return {"sounds": np.ascontiguousarray(samples[:, 0], np.float32)}

    def draw_reconstructions(
        self, path: Path, originals: Array, made: Tensor, corrupted: Array | None, title: str
    ) -> None:
        """Draw sounds above what was made of them; in the WAV file each follows its original."""
        from minigen import viz

        originals, sounds = (to_numpy(array_of(part)) for part in (originals, made))
        self._write(path, np.stack([originals, sounds], axis=1).reshape(-1, 1, sounds.shape[-1]))
        if path.suffix.lower() != ".wav":
            rows = {"originals": originals[:8], "reconstructions": sounds[:8]}
            viz.save_sounds(path, rows, self.rate, title=title)

    def draw_rows(self, path: Path, walks: Tensor | Array, **labels: Any) -> None:
        """Draw a table of spectrograms; the WAV file has them row by row."""
        from minigen import viz

        sounds = to_numpy(array_of(walks))
        self._write(path, sounds.reshape(-1, 1, sounds.shape[-1]))
        if path.suffix.lower() != ".wav":
            viz.save_image_table(path, viz.spectrogram_images(sounds[:, :, 0]), **labels)

    def _write(self, path: Path, sounds: npt.NDArray[Any]) -> None:
        """Write sounds (N, 1, L) one after the other, into a WAV file of the picture's name."""
        from minigen import viz
        from minigen.data import write_wave

        write_wave(path.with_suffix(".wav"), viz.in_a_row(sounds[:, 0]), self.rate)

    def judge(
        self,
        dataset: Any,
        real: Examples,
        made: Array,
        generator: Generator,
        report: Report,
        others: Examples | None = None,
    ) -> dict[str, Any]:
        """Find the pitches of generated sounds, and of real ones; the range, if it is known."""
        from minigen.metrics.sounds import judge_pitches

        chosen = real[generator.permutation(len(real))[: len(made)]]
        pitch = getattr(dataset, "pitch", None)
        span = None if pitch is None else (float(pitch.min()), float(pitch.max()))
        try:
            found = judge_pitches(to_numpy(array_of(made))[:, 0], chosen[:, 0], dataset.rate, span)
        except ValueError as error:
            report(f"pitches are not judged: {error}")
            return {"count": len(made)}
        return {"count": len(made), **found}

    def caveat(self, model_config: Mapping[str, Any], binarize: str) -> str | None:
        """Say that the sum of several errors is no likelihood."""
        if model_config.get("criterion") == "waveform":
            return "Squared errors over twice the noise's variance: a density up to a constant."
        return "Errors of spectra are no density: the sum bounds no likelihood."


def _eights(sounds: npt.NDArray[Any]) -> range:
    return range(0, max(1, min(len(sounds), 32)), 8)


def _numbers(start: int, sounds: npt.NDArray[Any]) -> str:
    return f"{start + 1} to {min(start + 8, len(sounds))}"
