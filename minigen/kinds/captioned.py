"""Images with a sentence each, which says what is to be seen."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
import numpy.typing as npt

from minigen.data.captioned import read_sentences
from minigen.engine.backend import Array, array_of, namespace, to_numpy
from minigen.kinds.image import ImageKind
from minigen.kinds.kind import Setting

if TYPE_CHECKING:
    from minigen.data import CaptionedImages
    from minigen.engine.tensor import Tensor


class CaptionedKind(ImageKind):
    """Images in [0, 1]; what a model is told of each is the numbers of a sentence's words.

    A loop, a batch and a checkpoint take the sentences as they take classes: of shape (N, L).
    """

    name: ClassVar[str] = "captioned image"
    plural: ClassVar[str] = "captioned images"
    shown: ClassVar[int] = 24
    compared: ClassVar[int] = 24
    grey: ClassVar[bool] = False

    @property
    def unit(self) -> str:
        """The unit of bounds, of images given their sentences."""
        return "nats/image"

    def options(self, dataset: CaptionedImages) -> Mapping[str, Any]:
        """Return the words that the data set has, and how many a sentence has at most."""
        return {
            "vocabulary": list(dataset.vocabulary),
            "sentence_length": dataset.sentences.shape[1],
        }

    def told(self, dataset: CaptionedImages) -> npt.NDArray[np.int64]:
        """Return the sentences, shape (N, L)."""
        return dataset.sentences

    def asked(self, told: Callable[[], Array | None], count: int) -> Array | None:
        """Return the sentences of test examples, one after the other."""
        sentences = told()
        if sentences is None:
            return None
        found = array_of(sentences)
        chosen: Array = found[namespace(found).arange(count) % len(found)]
        return chosen

    def captions(self, told: Array | None, source: Any) -> Sequence[str]:
        """Return the sentences as text, of the words of a data set or a model."""
        if told is None:
            return ()
        return read_sentences(to_numpy(array_of(told)), source.vocabulary)

    def draw_samples(self, path: Path, samples: Tensor, setting: Setting) -> None:
        """Write images, each with its sentence underneath."""
        from minigen import viz

        viz.save_captioned_images(path, samples, setting.captions)

    def draw_with_captions(
        self,
        path: Path,
        originals: Array,
        made: Tensor,
        corrupted: Array | None,
        title: str,
        captions: Sequence[str],
    ) -> None:
        """Write images, each above its reconstruction, and the sentence underneath."""
        from minigen import viz

        viz.save_captioned_images(path, [originals, made], captions, title=title)
