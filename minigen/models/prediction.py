r"""Prediction of video: from the last frames, the next one, and from that the one after it.

Nothing has to be labelled: whatever comes next in a clip is what should have been predicted.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar, Final, Literal

import numpy as np

from minigen import functional as F
from minigen import nn
from minigen.engine.backend import Array, array_of, device_of, namespace
from minigen.engine.random import Generator, default_generator
from minigen.engine.tensor import Tensor
from minigen.models.base import Model
from minigen.models.options import Count, Options
from minigen.models.restoration import UNSHUFFLED
from minigen.models.translation import STEEPNESS, Translators
from minigen.models.unet import UNet

AHEAD: Final = 10
"""How many frames ahead predictions are shown and measured where nothing else is said."""


@dataclass(frozen=True)
class Foresight(Options):
    """What is seen of a clip, and what is to be told from it.

    Parameters
    ----------
    context : int
        How many frames are seen. One says where things are, two how fast they move; with more, what
        hides behind something else can be remembered.
    unrolled : int
        How many frames ahead are predicted in training, each from those predicted before.
    criterion : {"bce", "mse", "l1"}
        Cross-entropy, the pixel's brightness taken for a probability, or squared errors: the best
        answer to either is the mean of all frames that may follow; or absolute errors, with the
        median.
    """

    context: Count = 4
    unrolled: Count = 2
    criterion: Literal["bce", "mse", "l1"] = "bce"

    def loss(self, logits: Array, wanted: Array) -> Tensor:
        """Return how far a frame is from what it should be: a sum over its pixels, a batch's mean.

        The frame is given by the logits of its pixels.
        """
        loss: Tensor
        if self.criterion == "bce":
            loss = F.binary_cross_entropy_with_logits(logits, wanted)
        else:
            errors = F.mse_loss if self.criterion == "mse" else F.l1_loss
            loss = errors(F.sigmoid(logits), wanted)
        return loss


class FramePrediction(Model):
    r"""The next frame of a clip, predicted from the last k.

    .. math:: \hat x_{t+1} = \sigma\!\left( 8 x_t - 4 + f_\theta(x_{t-k+1}, \dots, x_t) \right)

    The network f, a U-Net, sees the frames side by side as channels, and predicts what to add to
    the logits of the last one: it begins with nothing, and so with a frame that stays as it is.
    For the frame after the next the prediction takes the place of the frame that is not known yet,
    and so on. Training does the same u times, and adds up

    .. math:: L = \frac1u \sum_{h=1}^{u} E \sum_i \ell(\hat x_{t+h, i}, x_{t+h, i}),

    so that the network learns to go on from its own frames, which are never quite those that it
    was shown. Where in a clip the k + u frames begin is drawn anew for each clip in every step.

    Parameters
    ----------
    image_shape : tuple of int
        (C, H, W) of a frame.
    channels, depth
        See `minigen.models.translation.Translators`.
    context, unrolled, criterion
        See `Foresight`.
    generator : Generator, optional
        Draws the initial weights.

    Raises
    ------
    ValueError
        If a length is not positive, or numbers of channels are no multiples of 8.

    References
    ----------
    Mathieu, Couprie, LeCun (2016), arXiv:1511.05440: the next frame from the last ones, and why
    squared errors blur it. Ranzato et al. (2014), arXiv:1412.6604: the baseline, and prediction as
    language models do it.

    Examples
    --------
    >>> import minigen
    >>> from minigen.models import FramePrediction
    >>> model = FramePrediction((1, 16, 16), channels=(8, 8), context=2)
    >>> clips = minigen.rand(5, 8, 1, 16, 16)
    >>> list(model.terms(clips))
    ['bce_loss']
    >>> model.predict(clips, 3).shape
    (5, 3, 1, 16, 16)

    Derivation: restoration.mean, bce.minimum, bce_with_logits, pixel_shuffle
    """

    name: ClassVar[str] = "frame-prediction"
    kinds: ClassVar[tuple[str, ...]] = ("clip",)
    parts: ClassVar[dict[str, type[Options]]] = {"networks": Translators, "foresight": Foresight}
    lacks: ClassVar[dict[str, str]] = {
        "sample": "it goes on with the clips that it is given, and makes none of noise; "
        "see minigen predict"
    }
    networks: Translators
    foresight: Foresight

    def build(self, generator: Generator | None) -> None:
        """Make the network, whose last layer begins at zero."""
        channels, *size = self.image_shape
        self.multiple = UNSHUFFLED * 2 ** (len(self.networks.channels) - 1)
        height, width = (-(-length // self.multiple) * self.multiple for length in size)
        inside = (channels * UNSHUFFLED**2, height // UNSHUFFLED, width // UNSHUFFLED)
        self.network = UNet(
            inside[0] * self.foresight.context,
            inside,
            self.networks.channels,
            depth=self.networks.depth,
            generator=generator,
        )
        nn.init.zeros_(self.network.last.weight)

    # ------------------------------------------------------------------------------- predicting

    def predict(self, x: Array, frames: int = AHEAD) -> Tensor:
        """Return the frames that follow clips, each predicted from the last ones before it.

        Parameters
        ----------
        x : Tensor or array, shape (N, T, C, H, W)
            Clips in [0, 1] of at least as many frames as the model sees, of any height and width.
        frames : int, default 10
            How many frames are predicted.

        Returns
        -------
        Tensor, shape (N, frames, C, H, W)
            In (0, 1).

        Raises
        ------
        ValueError
            If clips are shorter, or no frame is asked for.
        """
        if frames < 1:
            raise ValueError(f"{type(self).__name__}: at least one frame is expected, got {frames}")
        self._expect_frames(x, self.foresight.context)
        made: Tensor = F.stack([F.sigmoid(logits) for logits in self._unroll(x, frames)], axis=1)
        return made

    def _unroll(self, x: Array, frames: int) -> list[Tensor]:
        """Return the logits of the frames that follow clips (N, T, C, H, W)."""
        length = x.shape[1]
        seen = [x[:, t] for t in range(length - self.foresight.context, length)]
        made: list[Tensor] = []
        for _ in range(frames):
            logits = self._logits_of_next(seen)
            made.append(logits)
            seen = [*seen[1:], F.sigmoid(logits)]
        return made

    def _logits_of_next(self, seen: list[Array]) -> Tensor:
        """Return the logits of the frame (N, C, H, W) that follows frames of that shape.

        Where height or width can't be halved so often, they are continued by their last pixels.
        """
        height, width = seen[-1].shape[2:]
        padding = (0, -width % self.multiple, 0, -height % self.multiple)
        joined = F.cat(seen, axis=1)
        whole = F.pad(joined, padding, mode="replicate") if any(padding) else joined
        added = F.pixel_shuffle(self.network(F.pixel_unshuffle(whole, UNSHUFFLED)), UNSHUFFLED)
        logits: Tensor = added[:, :, :height, :width] + (seen[-1] * STEEPNESS - STEEPNESS / 2)
        return logits

    def corrupt(self, x: Array, *, generator: Generator | None = None) -> Array:
        """Return what the model sees of clips: their first frames."""
        return x[:, : self.foresight.context]

    def reconstruct(self, x: Array, labels: Array | None = None) -> Tensor:
        """Return the ten frames that follow clips; it takes no labels."""
        self.expect_labels(labels, len(x))
        return self.predict(x)

    # ---------------------------------------------------------------------------------- learning

    def terms(
        self, x: Array, labels: Array | None = None, *, generator: Generator | None = None
    ) -> dict[str, Tensor]:
        """Return the loss of clips (N, T, C, H, W) in [0, 1], averaged over the frames ahead.

        In training `generator` draws which frames of each clip are seen; in evaluation one clip's
        first frames are, the next one's from the second on, and so on. Of clips that are shorter
        than what is seen and predicted, fewer frames are predicted.

        Raises
        ------
        ValueError
            If there is no frame to predict, or clips have another shape or, on the CPU, values
            outside [0, 1].
        """
        self.expect_unit_interval(x)
        self.expect_labels(labels, len(x))
        context = self.foresight.context
        self._expect_frames(x, context + 1)
        if tuple(x.shape[2:]) != self.image_shape:
            raise ValueError(
                f"{type(self).__name__}: clips of frames of shape {self.image_shape} are expected, "
                f"got {tuple(x.shape[2:])}"
            )
        ahead = min(self.foresight.unrolled, x.shape[1] - context)
        part = self._part(x, context + ahead, generator)
        predicted = self._unroll(part[:, :context], ahead)
        losses = [
            self.foresight.loss(logits, part[:, context + step])
            for step, logits in enumerate(predicted)
        ]
        return {f"{self.foresight.criterion}_loss": F.stack(losses).mean()}

    def loss(
        self, x: Array, labels: Array | None = None, *, generator: Generator | None = None
    ) -> Tensor:
        """Return what training minimises: the first of `terms`."""
        return next(iter(self.terms(x, labels, generator=generator).values()))

    def _part(self, x: Array, frames: int, generator: Generator | None) -> Array:
        """Return so many frames of each clip that follow one another."""
        count, length = x.shape[:2]
        places = length - frames + 1
        if places == 1:
            return x
        device = device_of(array_of(x))
        library = namespace(array_of(x))
        if self.training:
            shares = (generator or default_generator()).uniform((count,), np.float32, device)
            first = (shares * places).astype(np.int64)
        else:
            first = library.arange(count) % places
        clips = library.arange(count).reshape(-1, 1)
        part: Array = x[clips, first.reshape(-1, 1) + library.arange(frames)]
        return part

    def _expect_frames(self, x: Array, least: int) -> None:
        if x.ndim != 5 or x.shape[1] < least:
            raise ValueError(
                f"{type(self).__name__}: clips (N, T, C, H, W) of at least {least} frames are "
                f"expected, of which {self.foresight.context} are seen, got {tuple(x.shape)}"
            )

    def training_defaults(self) -> dict[str, Any]:
        """Return a high rate that falls, and small batches."""
        return {"lr": 2e-3, "batch_size": 16, "schedule": "linear"}
