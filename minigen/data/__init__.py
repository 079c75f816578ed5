"""Data sets, minibatches and binarisation.

`load` gives a `Dataset`: images as they were published, with labels. `Dataset.scaled` turns them
into floating-point numbers, `Batches` into minibatches; `binarize`, `binarize_statically` and
`sample_bernoulli` into black and white. Sets of points of the plane come as `Points`.

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
from minigen.data.dataset import Dataset, scale_images
from minigen.data.loading import NAMES, SPLITS, available, load
from minigen.data.locations import Availability
from minigen.data.points import Mixture, Points
from minigen.data.publication import (
    DataError,
    DataFileError,
    DownloadError,
    MissingDataError,
    NotImagesError,
)
from minigen.data.sprites import Sprites, draw_sprites

__all__ = [
    "NAMES",
    "SPLITS",
    "Availability",
    "Batches",
    "DataError",
    "DataFileError",
    "Dataset",
    "DownloadError",
    "MissingDataError",
    "Mixture",
    "NotImagesError",
    "Points",
    "Sprites",
    "available",
    "batch_indices",
    "binarize",
    "binarize_statically",
    "draw_sprites",
    "load",
    "sample_bernoulli",
    "scale_images",
]
