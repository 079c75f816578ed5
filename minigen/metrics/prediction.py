r"""How near predicted frames come to those that followed, beside what needs no network."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import numpy.typing as npt

from minigen.engine.backend import Array, array_of, to_numpy
from minigen.metrics.samples import measuring, minibatches

if TYPE_CHECKING:
    from minigen.models.prediction import FramePrediction

Pixels = npt.NDArray[np.float32]

SIDE: Final = 5
"""The height and width, in each frame seen, of the linear filter that predictions stand beside."""

BATCH_SIZE: Final = 50
"""How many clips are predicted at once."""

_FITTED: Final = 500_000
"""How many pixels the linear filter is fitted to at most."""


class LinearPrediction:
    r"""The best linear filter: each pixel is a weighted sum of 5 by 5 pixels of each frame seen.

    .. math:: \min_{w, b} \sum_i \left( w \cdot x_{P(i)} + b - x_{t+1, i} \right)^2

    P(i) are the pixels around i in the last k frames; all channels share the weights. The least
    squares are solved exactly, through their normal equations.

    Parameters
    ----------
    clips : array, shape (N, T, C, H, W)
        What it learns from: the frame after the first k.
    context : int
        k, fewer than T.

    Examples
    --------
    >>> import minigen
    >>> still = minigen.rand(9, 1, 1, 8, 8).numpy().repeat(4, axis=1)
    >>> made = LinearPrediction(still, context=2).predict(still, frames=3)
    >>> made.shape, bool(abs(made - still[:, :3]).max() < 1e-3)
    ((9, 3, 1, 8, 8), True)
    """

    def __init__(self, clips: Array, context: int) -> None:
        self._context = context
        known: Pixels = to_numpy(array_of(clips))
        gram = np.zeros((context * SIDE**2 + 1,) * 2)
        sums = np.zeros(len(gram))
        of_a_clip = int(np.prod(known.shape[2:]))
        for start in range(0, min(len(known), max(1, _FITTED // of_a_clip)), BATCH_SIZE):
            some = known[start : start + BATCH_SIZE]
            rows = _neighbourhoods(some[:, :context])
            gram += rows.T @ rows
            sums += rows.T @ some[:, context].ravel().astype(np.float64)
        self._weights = np.linalg.lstsq(gram, sums, rcond=None)[0]

    def predict(self, clips: Array, frames: int) -> Pixels:
        """Return the frames that follow clips (N, T, C, H, W), cut to [0, 1], each from the last.

        Clips have k frames or more.
        """
        seen: Pixels = to_numpy(array_of(clips))
        for _ in range(frames):
            following = _neighbourhoods(seen[:, -self._context :]) @ self._weights
            shaped = following.clip(0, 1).astype(np.float32).reshape(seen[:, :1].shape)
            seen = np.concatenate([seen, shaped], axis=1)
        return seen[:, -frames:]


def _neighbourhoods(seen: Pixels) -> npt.NDArray[np.float64]:
    """Return a row for each pixel of clips (N, k, C, H, W): those around it in each, and a 1."""
    reach = SIDE // 2
    padded = np.pad(seen, [(0, 0)] * 3 + [(reach, reach)] * 2, mode="edge")
    windows = np.lib.stride_tricks.sliding_window_view(padded, (SIDE, SIDE), axis=(3, 4))
    around = np.moveaxis(windows, 1, 4)  # (N, C, H, W, k, SIDE, SIDE)
    rows = around.reshape(-1, seen.shape[1] * SIDE**2).astype(np.float64)
    return np.concatenate([rows, np.ones((len(rows), 1))], axis=1)


def copied(seen: Pixels, frames: int) -> Pixels:
    """Return the last frame of clips (N, T, C, H, W) as often as asked."""
    return seen[:, -1:].repeat(frames, axis=1)


def extrapolated(seen: Pixels, frames: int) -> Pixels:
    r"""Return the straight line of each pixel's brightness through the last two frames.

    .. math:: \hat x_{t+h} = x_t + h (x_t - x_{t-1}),

    cut to [0, 1]; of a single frame, that frame.
    """
    last, before = seen[:, -1:], seen[:, -2:-1] if seen.shape[1] > 1 else seen[:, -1:]
    ahead = np.arange(1, frames + 1, dtype=np.float32).reshape(1, -1, 1, 1, 1)
    return (last + ahead * (last - before)).clip(0, 1)


@dataclass(frozen=True)
class PredictionReport:
    """Errors of predictions from the first `context` frames of `count` clips, by their names.

    Each error is the mean squared one of a pixel: a list's first is of the next frame, its second
    of the one after it, and so on.
    """

    count: int
    context: int
    mse: Mapping[str, Sequence[float]]

    @property
    def to_copying(self) -> float:
        """The model's error of the next frame, divided by that of copying the last one.

        Infinite where nothing moves.
        """
        copying = self.mse["the last frame"][0]
        return self.mse["the model"][0] / copying if copying else math.inf

    def to_dict(self) -> dict[str, Any]:
        """Return the report as nested dictionaries of numbers, which JSON can hold."""
        return {**dataclasses.asdict(self), "to_copying": self.to_copying}


def judge_prediction(
    model: FramePrediction,
    clips: Array,
    others: Array,
    *,
    frames: int = 10,
    batch_size: int = BATCH_SIZE,
) -> PredictionReport:
    """Predict the frames after those that a model sees of clips, and compare them with the clips'.

    Beside the model stand the last frame, copied; the line through the last two frames; and the
    best linear filter, which learns from other clips.

    Parameters
    ----------
    model : FramePrediction
        The model.
    clips : array, shape (N, T, C, H, W)
        Test clips.
    others : array, shape (M, T, C, H, W)
        What the linear filter is fitted to: training clips.
    frames : int, default 10
        How many frames ahead are compared; fewer if clips are shorter.

    Raises
    ------
    ValueError
        If clips have no frame after those that the model sees.

    Examples
    --------
    >>> import minigen
    >>> from minigen.models import FramePrediction
    >>> clips = minigen.rand(10, 7, 1, 16, 16).numpy()
    >>> report = judge_prediction(FramePrediction((1, 16, 16), channels=(8,)), clips, clips)
    >>> list(report.mse)
    ['the model', 'the last frame', 'a line through two', 'best linear filter']
    >>> [len(errors) for errors in report.mse.values()]
    [3, 3, 3, 3]
    """
    context = model.foresight.context
    ahead = min(frames, clips.shape[1] - context)
    if ahead < 1:
        raise ValueError(
            f"judge_prediction: clips of more than the {context} frames that are seen are "
            f"expected, got {clips.shape[1]}"
        )
    linear = LinearPrediction(others, context)
    totals: dict[str, Any] = {}
    with measuring(model):
        for batch, _ in minibatches(model, clips, batch_size):
            truth: Pixels = to_numpy(array_of(batch))
            seen, wanted = truth[:, :context], truth[:, context : context + ahead]
            outcomes = {
                "the model": to_numpy(model.predict(batch[:, :context], ahead).array),
                "the last frame": copied(seen, ahead),
                "a line through two": extrapolated(seen, ahead),
                "best linear filter": linear.predict(seen, ahead),
            }
            for name, made in outcomes.items():
                errors = np.square(made - wanted, dtype=np.float64).mean(axis=(2, 3, 4)).sum(axis=0)
                totals[name] = totals.get(name, 0.0) + errors
    mse = {name: (total / len(clips)).tolist() for name, total in totals.items()}
    return PredictionReport(len(clips), context, mse)
