r"""Spoken digits: ten words in a hundred voices, as log-mel spectrograms, part of the package.

The words "zero" to "nine" were spoken by the free synthesiser eSpeak NG 1.51 (espeak-ng), in 98 of
its variants of voices and two voices without one, with eight accents of English in turn, by
``python -m minigen.data.speak_words``. Each voice says each word twice, at another pitch and speed.
What is kept is not the sound but its spectrogram, `MELS`, in 64 levels of about a decibel.

The synthesiser is under the GNU General Public License, version 3; what it says in one's own words
is not. The spectrograms are minigen's own, under minigen's licence.

Voices, not sounds, are divided: 70 are trained on, 10 are for choosing by (``--validation 200``
holds out so many voices, whole), and 20 are the test. No test voice is heard in training.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar, Final

import numpy as np
import numpy.typing as npt

from minigen.data.dataset import Dataset, read_only
from minigen.data.drawn import uniform
from minigen.data.locations import Availability
from minigen.data.mels import LogMel, from_onset
from minigen.data.publication import DataError
from minigen.data.sounds import Sounds

if TYPE_CHECKING:
    from minigen.data.locations import FolderPath

FILE: Final = Path(__file__).with_name("files") / "spoken.npz"
WORDS: Final = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")
TAKES: Final = 2
"""How often a voice says each word."""

MELS: Final = LogMel()
"""How sounds became spectrograms, and become sounds again."""

LISTENED: Final = 4 * MELS.samples
"""How many samples of one's own WAV files are listened to, until a word begins."""

LEVELS: Final = 63
"""The highest level of a spectrogram: 0 dB."""

_TEST_VOICES: Final = 20
_SEED: Final = 21  # by which voices are divided

ACCENTS: Final = (
    "en-us",
    "en-gb",
    "en-gb-scotland",
    "en-029",
    "en-gb-x-rp",
    "en-us-nyc",
    "en-gb-x-gbclan",
    "en-gb-x-gbcwmd",
)
_NAMES = (
    "adam Alex Alicia Andrea Andy Annie AnxiousAndy Demonic Denis Diogo Gene Gene2 Henrique "
    "Hugo Jacky Lee Marco Mario Michael Mike Mr Nguyen RicishayMax RicishayMax2 RicishayMax3 "
    "Storm Tweaky UniRobot anika anikaRobot announcer antonio aunty belinda benjamin boris "
    "caleb croak david ed edward edward2 f1 f2 f3 f4 f5 grandma grandpa gustave iven iven2 "
    "iven3 iven4 john kaukovalta klatt2 klatt3 klatt4 klatt5 linda m1 m2 m3 m4 m5 m6 m7 m8 "
    "marcelo max michel miguel norbert pablo paul pedro quincy rob robert robosoft robosoft2 "
    "robosoft3 robosoft4 robosoft5 robosoft6 robosoft7 robosoft8 sandro shelby steph steph2 "
    "steph3 travis victor whisper whisperf zac "
)
VARIANTS: Final = tuple(_NAMES.split())
VOICES: Final = (
    *(f"{ACCENTS[n % len(ACCENTS)]}+{variant}" for n, variant in enumerate(VARIANTS)),
    "en-gb",
    "en-us",
)
"""What the synthesiser calls the voices: an accent, a plus sign, and a variant."""


@dataclass(frozen=True, eq=False, repr=False, kw_only=True)
class SpokenWords(Dataset):
    """A `Dataset` of log-mel spectrograms of words; it may know the voice that says each.

    Parameters
    ----------
    voices : array of int64, shape (N,), optional
        For each spectrogram its voice: of `minigen.data.load`, an index into `VOICES`.

    Examples
    --------
    >>> import minigen.data
    >>> train, test = (minigen.data.load("spoken", split) for split in ("train", "test"))
    >>> test
    SpokenWords('spoken', 'test', 400 images of shape (1, 32, 32), values 0 to 63, 10 classes)
    >>> len({*train.voices}), len({*test.voices}), {*train.voices} & {*test.voices}
    (80, 20, set())
    """

    voices: npt.NDArray[np.int64] | None = None

    kind: ClassVar[str] = "spectrogram"

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.voices is None:
            return
        if self.voices.dtype != np.int64 or self.voices.shape != self.labels.shape:
            raise ValueError(
                f"{self._title}: voices of int64, one for each of {len(self):,} spectrograms, "
                f"wanted, got {self.voices.dtype} of shape {self.voices.shape}"
            )
        object.__setattr__(self, "voices", read_only(self.voices))

    @property
    def groups(self) -> npt.NDArray[np.int64] | None:
        """What is held out whole, if some examples are: voices."""
        return self.voices


@dataclass(frozen=True)
class SpokenSource:
    """The spoken words in the package, which need neither a folder nor a network."""

    name: str = "spoken"

    def load(self, split: str, _root: FolderPath | None = None) -> SpokenWords:
        """Read one split: see `minigen.data.load`."""
        with np.load(FILE) as file:
            levels = file["spectrograms"]  # (voices, takes, words, bands, frames)
        order = np.argsort(uniform((_SEED,), len(VOICES), 1)[0], kind="stable")
        voices = order[:_TEST_VOICES] if split == "test" else order[_TEST_VOICES:]
        chosen = levels[voices]
        of_word = np.arange(len(WORDS), dtype=np.int64)
        return SpokenWords(
            name=self.name,
            split=split,
            images=chosen.reshape(-1, 1, *levels.shape[-2:]),
            labels=np.tile(of_word, len(voices) * TAKES),
            classes=WORDS,
            maximum=LEVELS,
            voices=np.repeat(voices.astype(np.int64), TAKES * len(WORDS)),
        )

    def availability(self, _root: FolderPath | None = None) -> Availability:
        """Tell where the file is: see `minigen.data.available`."""
        return Availability(self.name, True, FILE.parent, "part of minigen")


SPOKEN: Final = SpokenSource()


def as_spectrograms(sounds: Sounds) -> SpokenWords:
    """Return sounds with classes, which are words, as spectrograms in bytes: see `MELS`.

    Each is heard from where it begins, as long as a spectrogram has room.

    Raises
    ------
    DataError
        If sounds are at another rate, or have no classes.

    Examples
    --------
    >>> noise = np.random.default_rng(0).integers(-999, 999, (3, 8000)).astype(np.int16)
    >>> sounds = Sounds("mine", "train", noise, 8000, np.array([0, 1, 1]), ("no", "yes"))
    >>> as_spectrograms(sounds)
    SpokenWords('mine', 'train', 3 images of shape (1, 32, 32), values 0 to 255, 2 classes)
    """
    if sounds.rate != MELS.rate:
        raise DataError(
            f"{sounds.name}: words at {MELS.rate:,} Hz are expected, got {sounds.rate:,} Hz"
        )
    if sounds.labels is None:
        raise DataError(
            f"{sounds.name}: WAV files of words are expected in sub-folders, one for each word, "
            "such as yes and no; these lie in none"
        )
    heard = np.zeros((len(sounds), MELS.samples))
    for row, sound in zip(heard, sounds.scaled()[:, 0], strict=True):
        word = from_onset(sound, MELS.rate)[: MELS.samples]
        row[: len(word)] = word
    return SpokenWords(
        name=sounds.name,
        split=sounds.split,
        images=np.rint(MELS.image(heard)[:, np.newaxis] * 255).astype(np.uint8),
        labels=sounds.labels,
        classes=sounds.classes,
        files=sounds.files,
    )
