"""Where the data of a run come from: a name, a function outside the package, files of one's own."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Any, TypeAlias

from minigen import data
from minigen.data.collection import Collection
from minigen.data.own_texts import TextCollection, is_text, read_texts_of
from minigen.data.sounds import SoundCollection, read_pictures_or_sounds
from minigen.data.spoken import LISTENED, MELS
from minigen.models.base import import_from
from minigen.training.errors import ConfigurationError

OwnCollection: TypeAlias = Collection | SoundCollection | TextCollection
"""All that was read of one's own, before it is divided into two parts."""


def data_source(name: str) -> Callable[[str], Any]:
    """Return the function that loads a split of a data set."""
    if name in data.NAMES:
        return lambda split: data.load(name, split)
    found: Callable[[str], Any] = import_from(name, "data set")
    return found


def read_own(own: data.OwnData, *, progress: bool = True) -> OwnCollection:
    """Read what is one's own: texts, sounds or pictures."""
    return (
        read_texts_of(own)
        if is_text(own.located)
        else read_pictures_or_sounds(own, progress=progress)
    )


def as_words(own: data.OwnData) -> data.OwnData:
    """Return how WAV files are read that become spectrograms."""
    if own.rate not in {None, MELS.rate}:
        raise ConfigurationError(
            f"rate: spectrograms are made of sounds at {MELS.rate} Hz, got {own.rate}: leave it "
            "out, and files of any rate are resampled (--rate)"
        )
    return dataclasses.replace(own, rate=MELS.rate, length=own.length or LISTENED)
