"""The UCI optical digits: 1,797 grey images of 8x8 pixels, part of the package.

E. Alpaydin and C. Kaynak, "Optical Recognition of Handwritten Digits", UCI Machine Learning
Repository, 1998, doi 10.24432/C50P49, CC BY 4.0. See files/LICENSE-digits.txt.
"""

from __future__ import annotations

import gzip
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np

from minigen.data.dataset import Dataset
from minigen.data.locations import Availability, FolderPath

_FILE: Final = Path(__file__).with_name("files") / "digits.csv.gz"
_SIDE: Final = 8
_MAXIMUM: Final = 16
# The file is in the order in which it was written: the labels show the same form of about 130
# digits filled in fourteen times, one hand after another. The division falls between two forms,
# eleven for training and three for test, so that no form is in both.
_TRAINING_EXAMPLES: Final = 1415
_SPLITS: Final = {"train": slice(None, _TRAINING_EXAMPLES), "test": slice(_TRAINING_EXAMPLES, None)}


@dataclass(frozen=True)
class DigitsSource:
    """The digits in the package, which need neither a folder nor a network."""

    name: str = "digits"

    def load(self, split: str, _root: FolderPath | None = None) -> Dataset:
        """Read one split: see `minigen.data.load`."""
        rows = gzip.decompress(_FILE.read_bytes()).decode("ascii").splitlines()
        table = np.loadtxt(rows[_SPLITS[split]], dtype=np.uint8, delimiter=",")
        return Dataset(
            name=self.name,
            split=split,
            images=table[:, :-1].reshape(-1, 1, _SIDE, _SIDE),
            labels=table[:, -1].astype(np.int64),
            classes=tuple("0123456789"),
            maximum=_MAXIMUM,
        )

    def availability(self, _root: FolderPath | None = None) -> Availability:
        """Tell where the file is: see `minigen.data.available`."""
        return Availability(self.name, True, _FILE.parent, "part of minigen")


DIGITS: Final = DigitsSource()
