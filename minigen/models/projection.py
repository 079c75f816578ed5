r"""How a conditional GAN's discriminator is told the class: by projection, or beside the sample."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from minigen import functional as F
from minigen import nn
from minigen.engine.backend import Array, array_of, namespace
from minigen.engine.random import Generator
from minigen.engine.tensor import Tensor
from minigen.models.base import Conditioning


@dataclass(frozen=True)
class AdversarialConditioning(Conditioning):
    """How the two networks of a conditional GAN are told the class of each sample.

    The generator gets it one-hot beside the noise.

    Parameters
    ----------
    projection : bool
        Whether the discriminator is told the class by projection, see `ProjectionDiscriminator`;
        otherwise it is joined to the sample, one-hot or as planes: see `join_labels`.
    """

    projection: bool = True

    earlier: ClassVar[Mapping[str, Any]] = {"projection": False}


class ProjectionDiscriminator(nn.Module):
    r"""Scores of samples with their classes, of which the class has a part that is linear in both.

    .. math:: s(x, y) = w \cdot h(x) + b + E_y \cdot h(x)

    The best score is the logarithm of a ratio of densities, and that falls into two: how much
    likelier the sample is among the real ones, and how much likelier its class is, given the
    sample. If classes are told from features h by a softmax, then the second is linear in h, with a
    vector for each class. Miyato, Koyama (2018), arXiv:1802.05637, equation 3.

    With E from zero the discriminator begins as one that does not know the class. A pack of several
    samples has one h, and a vector for the class in each of its places; these are added up.

    Parameters
    ----------
    features : Module
        h: maps packs to shape (M, F).
    to_score : Dense
        w and b: from F features to 1.
    classes, packing : int
        How many classes there are, and samples in a pack.
    generator : Generator, optional
        Draws E, which is to be set to zero unless it is normalised.

    Raises
    ------
    ValueError
        In a call, if there is not a label for each sample.

    Examples
    --------
    >>> import minigen
    >>> from minigen import nn
    >>> discriminator = ProjectionDiscriminator(nn.Tanh(), nn.Dense(3, 1), classes=10)
    >>> discriminator(minigen.ones(4, 3), minigen.tensor([3, 1, 4, 1])).shape
    (4, 1)

    Derivation: gan.projection
    """

    def __init__(
        self,
        features: nn.Module,
        to_score: nn.Dense,
        classes: int,
        packing: int = 1,
        *,
        generator: Generator | None = None,
    ) -> None:
        super().__init__()
        self.classes, self.packing = classes, packing
        self.features, self.to_score = features, to_score
        width = to_score.in_features
        self.projection = nn.Embedding(packing * classes, width, generator=generator)

    def forward(self, packs: Array, labels: Array) -> Tensor:
        """Return the scores (M, 1) of M packs, whose samples' labels have shape (M packing,)."""
        h = self.features(packs)
        numbers = array_of(labels)
        if numbers.shape != (len(h) * self.packing,):
            raise ValueError(
                f"ProjectionDiscriminator: a label for each of {self.packing} samples in each of "
                f"{len(h)} packs is expected, got labels of shape {tuple(numbers.shape)}"
            )
        place = namespace(numbers).arange(self.packing) * self.classes
        vectors = F.sum(self.projection(numbers.reshape(-1, self.packing) + place), axis=1)
        score: Tensor = self.to_score(h) + F.sum(vectors * h, axis=1, keepdims=True)
        return score
