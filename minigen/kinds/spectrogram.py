"""Log-mel spectrograms of words: drawn in colours, and written as sounds."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Final

import numpy as np
import numpy.typing as npt

from minigen.data.spoken import MELS
from minigen.engine.backend import Array, array_of, to_numpy
from minigen.engine.tensor import Tensor
from minigen.kinds.image import ImageKind
from minigen.kinds.kind import Setting

if TYPE_CHECKING:
    from minigen.data import Images

COLOUR_MAP: Final = "magma"


class SpectrogramKind(ImageKind):
    """Log-mel spectrograms in [0, 1], shape (1, bands, frames), with a word each."""

    name: ClassVar[str] = "spectrogram"
    plural: ClassVar[str] = "spectrograms"
    shown: ClassVar[int] = 40
    compared: ClassVar[int] = 20
    grey: ClassVar[bool] = False
    alone: ClassVar[str] = "wav"

    def options(self, dataset: Images) -> Mapping[str, Any]:
        """Return the words that the data set has."""
        return {"words": list(dataset.classes)}

    def captions(self, told: Array | None, source: Any) -> Sequence[str]:
        """Return the word of each spectrogram, of those of a data set or a model."""
        if told is None:
            return ()
        words = getattr(source, "words", None) or source.classes
        return [words[label] for label in to_numpy(array_of(told)).tolist()]

    def samples_shown(self, classes: int) -> int:
        """Return how many samples a run shows: of a conditional model, four of each class."""
        return 4 * classes or self.shown

    def draw_samples(self, path: Path, samples: Tensor, setting: Setting) -> None:
        """Write spectrograms, each with its word underneath, or what they sound like; or both."""
        from minigen import viz

        if setting.aloud or path.suffix == ".wav":
            self._write(path.with_suffix(".wav"), samples)
        if path.suffix != ".wav":
            pictures = in_colour(samples)
            viz.save_captioned_images(path, pictures, setting.captions, columns=setting.columns)

    def draw_with_captions(
        self,
        path: Path,
        originals: Array,
        made: Tensor,
        corrupted: Array | None,
        title: str,
        captions: Sequence[str],
    ) -> None:
        """Write spectrograms, each above its reconstruction, and the word underneath."""
        from minigen import viz

        both = [in_colour(originals), in_colour(made)]
        viz.save_captioned_images(path, both, captions, title=title)

    def draw_rows(self, path: Path, walks: Tensor | Array, **labels: Any) -> None:
        """Write a table of spectrograms."""
        from minigen import viz

        given = to_numpy(array_of(walks))
        coloured = in_colour(given.reshape(-1, *given.shape[2:]))
        walks = coloured.reshape(*given.shape[:2], *coloured.shape[1:])
        viz.save_image_table(path, walks, **labels)

    def draw_one(self, path: Path, sample: Array) -> None:
        """Write what a spectrogram sounds like; or itself, the brighter the louder."""
        if path.suffix == ".wav":
            self._write(path, to_numpy(array_of(sample))[np.newaxis])
        else:
            super().draw_one(path, sample)

    def _write(self, path: Path, samples: Tensor | Array) -> None:
        """Write the sounds of spectrograms (N, 1, bands, frames), one after the other."""
        from minigen import viz
        from minigen.data import write_wave

        sounds = MELS.sound(to_numpy(array_of(samples))[:, 0])
        write_wave(path, viz.in_a_row(sounds), MELS.rate)


def in_colour(spectrograms: Tensor | Array) -> npt.NDArray[np.uint8]:
    """Return spectrograms (N, 1, H, W) as images (N, 3, H, W): from black over red to light yellow.

    Examples
    --------
    >>> import numpy as np
    >>> in_colour(np.array([[[[0.0, 0.5, 1.0]]]], np.float32)).transpose(0, 2, 3, 1).tolist()
    [[[[0, 0, 3], [182, 54, 121], [251, 252, 191]]]]
    """
    from matplotlib import colormaps

    values = to_numpy(array_of(spectrograms))[:, 0].clip(0, 1)
    colours: npt.NDArray[np.uint8] = colormaps[COLOUR_MAP](values.astype(np.float64), bytes=True)
    return np.ascontiguousarray(colours[..., :3].transpose(0, 3, 1, 2))
