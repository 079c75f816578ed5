r"""How near reconstructed sounds come, and whether generated ones have a pitch.

Two distances of spectra, of magnitudes S in frames of 256 samples that begin 64 apart:

.. math:: \mathrm{convergence} = \frac{\|S - \hat S\|_F}{\|S\|_F}, \qquad
          \mathrm{distance} = \frac1T \sum_t \sqrt{\frac1K \sum_k
          \left( 20 \log_{10} \frac{S_{k,t}}{\hat S_{k,t}} \right)^2}

The first, spectral convergence, is about what is loud; the second, the log-spectral distance in
decibels, weighs what is quiet as much. What lies more than 60 dB below a sine of full scale counts
as that. Neither knows phases, which the squared error of the samples does.

References
----------
Arık, Jun, Diamos (2019), "Fast spectrogram inversion using multi-head convolutional neural
networks", arXiv:1808.06719. Gray, Markel (1976), "Distance measures for speech processing".
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import numpy.typing as npt

from minigen.data.spectra import decibels, magnitudes
from minigen.engine.backend import Array, array_of, to_numpy
from minigen.metrics.pitch import RANGE, Pitch, find_pitch
from minigen.metrics.samples import measuring, minibatches

if TYPE_CHECKING:
    from minigen.models.audio_vae import AudioVAE

Floats = npt.NDArray[np.float64]

BATCH_SIZE: Final = 250
"""How many sounds are reconstructed at once."""

SEMITONE: Final = 2 ** (1 / 12)
"""By what factor a pitch may leave the range of the data's, so that an error is none of range."""

_FRAME: Final = 256
_FITTED: Final = 5000


def spectral_convergence(made: npt.ArrayLike, target: npt.ArrayLike) -> Floats:
    """Return the spectral convergence of each sound, shape (N,); sounds have the shape (N, L).

    Examples
    --------
    >>> import numpy as np
    >>> x = np.sin(np.arange(1024) * 0.3)[None]
    >>> spectral_convergence(x / 2, x).round(3), spectral_convergence(-x, x).round(3)
    (array([0.5]), array([0.]))
    """
    ours, theirs = _spectra(made), _spectra(target)
    error = np.sqrt(((ours - theirs) ** 2).sum((1, 2)))
    convergence: Floats = error / np.maximum(np.sqrt((theirs**2).sum((1, 2))), 1e-12)
    return convergence


def log_spectral_distance(made: npt.ArrayLike, target: npt.ArrayLike) -> Floats:
    """Return the log-spectral distance of each sound in decibels, shape (N,), of (N, L).

    Examples
    --------
    >>> import numpy as np
    >>> x = np.random.default_rng(0).normal(size=(1, 1024)) * 0.3
    >>> log_spectral_distance(x / 2, x).round(1)  # everything 6 dB too quiet
    array([6.])
    """
    difference = decibels(_spectra(made)) - decibels(_spectra(target))
    distance: Floats = np.sqrt((difference**2).mean(axis=1)).mean(axis=1)
    return distance


def _spectra(sounds: npt.ArrayLike) -> Floats:
    x = np.asarray(sounds)
    return magnitudes(x, min(_FRAME, x.shape[-1]), max(1, min(_FRAME, x.shape[-1]) // 4))


# --------------------------------------------------------------------------------- reconstructions


class PrincipalComponents:
    """The best linear code of so many numbers: what sounds are projected onto, and back.

    Parameters
    ----------
    sounds : array, shape (N, L)
        What it learns from.
    count : int
        How many numbers the code has.
    """

    def __init__(self, sounds: npt.NDArray[Any], count: int) -> None:
        known = sounds[:_FITTED].astype(np.float64)
        self._mean = known.mean(axis=0)
        centred = known - self._mean
        vectors = np.linalg.eigh(centred.T @ centred)[1]
        self._components = vectors[:, ::-1][:, :count]

    def reconstruct(self, sounds: npt.NDArray[Any]) -> Floats:
        """Return what is left of sounds (N, L) in the code."""
        code = (sounds - self._mean) @ self._components
        made: Floats = self._mean + code @ self._components.T
        return made


@dataclass(frozen=True)
class Likeness:
    """How near sounds came to their originals, on average.

    Attributes
    ----------
    error : float
        The squared error of the samples, as a share of the originals' power.
    convergence : float
        Spectral convergence.
    distance : float
        Log-spectral distance, in decibels.
    """

    error: float
    convergence: float
    distance: float


@dataclass(frozen=True)
class SoundReport:
    """How near reconstructions of `count` sounds came, by who made them of `code` numbers."""

    count: int
    code: int
    likeness: Mapping[str, Likeness]

    def to_dict(self) -> dict[str, Any]:
        """Return the report as nested dictionaries of numbers, which JSON can hold."""
        return dataclasses.asdict(self)


def compare_sounds(made: npt.NDArray[Any], target: npt.NDArray[Any]) -> Likeness:
    """Compare sounds (N, L) with their originals."""
    error = ((made - target) ** 2).sum() / max(float((target**2).sum()), 1e-12)
    return Likeness(
        float(error),
        float(spectral_convergence(made, target).mean()),
        float(log_spectral_distance(made, target).mean()),
    )


def judge_sounds(model: AudioVAE, sounds: Array, others: Array) -> SoundReport:
    """Reconstruct sounds, and compare them with the originals, beside the best linear code.

    Parameters
    ----------
    model : AudioVAE
        Anything with ``reconstruct`` and ``latent``.
    sounds : array, shape (N, 1, L)
        Test sounds.
    others : array, shape (M, 1, L)
        What principal components are fitted to, as many as the model's code is long: training
        sounds, 5,000 at most.

    Examples
    --------
    >>> import minigen
    >>> from minigen.models import AudioVAE
    >>> sounds = minigen.rand(30, 1, 256).numpy()
    >>> model = AudioVAE((1, 256), channels=(4, 8), stride=4, hidden=(16,), latent=2)
    >>> list(judge_sounds(model, sounds, sounds).likeness)
    ['the model', '2 principal components']
    """
    target: Any = to_numpy(array_of(sounds))[:, 0]
    with measuring(model):
        made = np.concatenate(
            [
                to_numpy(model.reconstruct(batch).array)[:, 0]
                for batch, _ in minibatches(model, sounds, BATCH_SIZE)
            ]
        )
    linear = PrincipalComponents(to_numpy(array_of(others))[:, 0], model.latent)
    name = f"{model.latent} principal components"
    outcomes = {"the model": made, name: linear.reconstruct(target)}
    likeness = {name: compare_sounds(each, target) for name, each in outcomes.items()}
    return SoundReport(len(target), model.latent, likeness)


# ------------------------------------------------------------------------------- generated sounds


def judge_pitches(
    made: npt.NDArray[Any],
    real: npt.NDArray[Any],
    rate: int,
    span: tuple[float, float] | None = None,
) -> dict[str, dict[str, float]]:
    """Find the pitches of generated and of real sounds, each (N, L), and how clear they are.

    Parameters
    ----------
    made, real : array, shape (N, L)
        Sounds.
    rate : int
        How many samples a second has.
    span : pair of float, optional
        The lowest and the highest pitch of the data, in Hz; by default what `find_pitch` looks for.

    Returns
    -------
    dict
        Of ``"generated"`` and ``"real"`` sounds the share whose pitch is clear, and inside the span
        but for a semitone; the median of what is not periodic in them; and the largest difference
        between the shares of generated and of half the real sounds, of the other half where the
        real ones are judged, with a pitch below any: 0 where pitches are distributed alike.
    """
    low, high = RANGE if span is None else (span[0] / SEMITONE, span[1] * SEMITONE)
    found = {"generated": find_pitch(made, rate), "real": find_pitch(real, rate)}
    half = len(real) // 2
    pitches = {name: each.frequency[each.clear(low, high)] for name, each in found.items()}
    against = _of(found["real"], slice(half), low, high)
    pitches["real"] = _of(found["real"], slice(half, None), low, high)
    return {
        name: {
            "clear_pitch": float(each.clear(low, high).mean()),
            "aperiodicity": float(np.median(each.aperiodicity)),
            "pitch_difference": _largest_difference(pitches[name], against),
        }
        for name, each in found.items()
    }


def _of(pitch: Pitch, part: slice, low: float, high: float) -> Floats:
    frequencies: Floats = pitch.frequency[part][pitch.clear(low, high)[part]]
    return frequencies


def _largest_difference(a: Floats, b: Floats) -> float:
    """Return the statistic of Kolmogorov and Smirnov; 1 where either is empty."""
    if not len(a) or not len(b):
        return 1.0
    places = np.concatenate([a, b])
    shares = [np.searchsorted(np.sort(each), places, "right") / len(each) for each in (a, b)]
    return float(abs(shares[0] - shares[1]).max())
