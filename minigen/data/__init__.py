"""Data sets, minibatches and binarisation.

`load` gives a `Dataset`: images as they were published, with labels. `Dataset.scaled` turns them
into floating-point numbers, `Batches` into minibatches; `binarize`, `binarize_statically` and
`sample_bernoulli` into black and white. Sets of points of the plane come as `Points`. Pictures of
one's own are read by `from_folder` and `from_arrays`. `Pairs` are images that are given, and others
that are wanted; `TwoStyles` are images in two styles, of which no pairs need be known; `Clips` are
images in sequences; `Defects` are good and bad ones; `CaptionedImages` have a sentence each.
`Sounds` are short waveforms; `read_wave` and `write_wave` read and write WAV files.
`SpokenWords` are spectrograms. `Texts` are sequences of characters or words.

Examples
--------
>>> import minigen.data
>>> digits = minigen.data.load("digits", "train")
>>> grey = digits.scaled().reshape(len(digits), -1)
>>> next(iter(minigen.data.Batches(grey, 100))).shape
(100, 64)
"""

from minigen.data.batching import Batches, batch_indices
from minigen.data.binarization import binarize, binarize_statically, sample_bernoulli
from minigen.data.captioned import CaptionedImages, UnknownWordError
from minigen.data.clips import Clips
from minigen.data.dataset import Dataset, Images, scale_images
from minigen.data.defects import Defects, one_against_the_rest
from minigen.data.loading import EXTENTS, NAMES, SPLITS, available, load
from minigen.data.locations import Availability
from minigen.data.own import OwnData
from minigen.data.pairs import Pairs
from minigen.data.points import Mixture, Points
from minigen.data.printed import PrintedCharacters
from minigen.data.publication import (
    AmbiguousDataError,
    ChangedDataError,
    DataError,
    DataFileError,
    DownloadError,
    EmptyPartError,
    MissingDataError,
    MixedSizesError,
    NotImagesError,
)
from minigen.data.reading import from_arrays, from_folder
from minigen.data.scenes import Scenes
from minigen.data.sounds import Sounds
from minigen.data.spoken import SpokenWords
from minigen.data.sprites import Sprites, draw_sprites
from minigen.data.styles import TwoStyles
from minigen.data.texts import Texts, UnknownTokenError
from minigen.data.tones import Tones
from minigen.data.waves import read_wave, resample, write_wave

__all__ = [
    "EXTENTS",
    "NAMES",
    "SPLITS",
    "AmbiguousDataError",
    "Availability",
    "Batches",
    "CaptionedImages",
    "ChangedDataError",
    "Clips",
    "DataError",
    "DataFileError",
    "Dataset",
    "Defects",
    "DownloadError",
    "EmptyPartError",
    "Images",
    "MissingDataError",
    "MixedSizesError",
    "Mixture",
    "NotImagesError",
    "OwnData",
    "Pairs",
    "Points",
    "PrintedCharacters",
    "Scenes",
    "Sounds",
    "SpokenWords",
    "Sprites",
    "Texts",
    "Tones",
    "TwoStyles",
    "UnknownTokenError",
    "UnknownWordError",
    "available",
    "batch_indices",
    "binarize",
    "binarize_statically",
    "draw_sprites",
    "from_arrays",
    "from_folder",
    "load",
    "one_against_the_rest",
    "read_wave",
    "resample",
    "sample_bernoulli",
    "scale_images",
    "write_wave",
]
