r"""What a discriminator says of real and of generated samples, and why that judges no generator."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Protocol

import numpy as np

from minigen import nn
from minigen.engine.backend import Array
from minigen.engine.tensor import Tensor
from minigen.functional import sigmoid
from minigen.metrics.samples import Placed, measuring, minibatches

_BATCH_SIZE: Final = 480  # which packs of 2, 3, 4, 5, 6 and 8 samples divide


class Discriminating(Placed, Protocol):
    """A module with a discriminator."""

    def discriminate(self, x: Array, labels: Array | None = None) -> Tensor:
        """Return the raw scores of samples, before any sigmoid; higher means more likely real."""


@dataclass(frozen=True)
class DiscriminatorScores:
    """The probability of being real, in [0, 1], that samples of both kinds get on average."""

    real: float
    generated: float


def discriminator_scores(
    model: Discriminating,
    real: Array,
    generated: Array,
    *,
    real_labels: Array | None = None,
    generated_labels: Array | None = None,
    batch_size: int = _BATCH_SIZE,
) -> DiscriminatorScores:
    r"""Average the probability :math:`D(x) = \mathrm{sigmoid}(\text{score})` of being real.

    These numbers do not judge the generator: 0.5 for both means that *this* discriminator can't
    tell generated from real samples, and a weak one can't whatever is generated; a strong one may
    give 0.99 and 0.01 though a good generator made the images. Of real samples that training has
    not shown, they tell whether the discriminator has learnt its training set by heart: it then
    gives test samples a lower probability than training samples.

    The scores are probabilities only if the discriminator was trained with a cross-entropy. Of a
    least-squares, hinge or Wasserstein critic the sigmoid is a mere squashing.

    Parameters
    ----------
    model : GAN or other module with ``discriminate``
        ``model.discriminate(x, labels)`` gives raw scores.
    real, generated : array, shape (N, C, H, W) or (N, 2)
        Samples as the model takes them: test images in [0, 1], or points; and generated ones.
    real_labels, generated_labels : array of integers, shape (N,), optional
        Their classes, if the model is conditional.
    batch_size : int, default 480
        If the discriminator sees samples in packs, the pack's size has to divide it.

    Raises
    ------
    TypeError
        If the model is no module.

    References
    ----------
    Goodfellow et al. (2014), "Generative adversarial nets", arXiv:1406.2661: at the optimum of the
    game D is 1/2 everywhere; the converse does not hold.

    Examples
    --------
    >>> import minigen
    >>> from minigen import nn
    >>> class Brightness(nn.Module):
    ...     def discriminate(self, x, labels=None):
    ...         return minigen.tensor(x.mean(axis=(1, 2, 3)) - 0.5)
    >>> grey, white = minigen.full((4, 1, 8, 8), 0.5).numpy(), minigen.ones(4, 1, 8, 8).numpy()
    >>> discriminator_scores(Brightness(), real=white, generated=grey)
    DiscriminatorScores(real=0.622459352016449, generated=0.5)
    """
    if not isinstance(model, nn.Module):
        raise TypeError(
            f"discriminator_scores: a module with `discriminate` is expected, got "
            f"{type(model).__name__}"
        )
    with measuring(model):
        return DiscriminatorScores(
            real=_average(model, "real", real, real_labels, batch_size),
            generated=_average(model, "generated", generated, generated_labels, batch_size),
        )


def _average(
    model: Discriminating, kind: str, samples: Array, labels: Array | None, batch_size: int
) -> float:
    """Return the mean probability of being real that samples of one kind get."""
    if not len(samples) or (labels is not None and len(labels) != len(samples)):
        given = "none" if labels is None else len(labels)
        raise ValueError(
            f"discriminator_scores: {kind} samples, at least one, and a label for each or none are "
            f"expected, got {len(samples)} samples and labels: {given}"
        )
    probabilities = [
        sigmoid(model.discriminate(*batch)).numpy().ravel()
        for batch in minibatches(model, samples, batch_size, labels)
    ]
    return float(np.concatenate(probabilities).mean(dtype=np.float64))
