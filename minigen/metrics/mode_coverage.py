r"""Mode coverage: which Gaussians of a known mixture a generator has found, and how well."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from minigen.engine.backend import Array
from minigen.engine.tensor import Tensor
from minigen.metrics.samples import as_rows

NEAR: Final = 3.0
"""Within how many standard deviations of a centre a sample counts as one of its mode."""


@dataclass(frozen=True)
class ModeCoverage:
    """How samples fall among the modes of a mixture.

    Attributes
    ----------
    modes : int
        How many modes have a sample within three standard deviations of their centre.
    total : int
        How many modes there are.
    high_quality : float
        The share of samples within three standard deviations of their nearest centre. Of the
        mixture's own samples it is 0.9889.
    reverse_kl : float
        The divergence of the generated distribution over modes from the uniform one, in nats: 0 if
        each mode has as many samples, ln M if one of M has all.
    """

    modes: int
    total: int
    high_quality: float
    reverse_kl: float


def mode_coverage(points: Tensor | Array, centres: Tensor | Array, sigma: float) -> ModeCoverage:
    r"""Count the modes of a mixture of Gaussians that samples reach.

    Each sample belongs to the mode with the nearest centre. With :math:`q_m` the share of samples
    that belong to mode m of M,

    .. math:: \mathrm{KL}(q \,\|\, u) = \sum_{m:\, q_m > 0} q_m \ln (M q_m)

    is the reverse divergence: that of the generated distribution, over modes, from the true, even
    one. A mode without samples adds nothing to the sum, as :math:`q \ln q \to 0`; that the others
    have more does. All samples count there, far ones too.

    In the plane the distance to the centre follows Rayleigh's law: a share of
    :math:`1 - e^{-9/2} = 0.9889` of the mixture's own samples lies within :math:`3\sigma`, not the
    0.9973 of one dimension; no generator should have much more. The divergence of N samples of the
    mixture itself is about :math:`(M - 1) / 2N`, not 0; and a mode may go unnoticed if N is small.

    Parameters
    ----------
    points : Tensor or array, shape (N, D)
        Samples, at least one. PacGAN's tables are made of 2,500.
    centres : Tensor or array, shape (M, D)
        The means of the Gaussians, such as `minigen.data.Mixture.centres`.
    sigma : float
        Their standard deviation.

    Returns
    -------
    ModeCoverage
        The modes found, the share of samples of high quality, and the reverse divergence.

    Raises
    ------
    ValueError
        If the shapes do not fit, `sigma` is not positive, or a number is not finite.

    References
    ----------
    Srivastava, Valkov, Russell, Gutmann, Sutton (2017), "VEEGAN: reducing mode collapse in GANs
    using implicit variational learning", arXiv:1702.07843. Lin, Khetan, Fanti, Oh (2018), "PacGAN:
    the power of two samples in generative adversarial networks", arXiv:1712.04086.

    Examples
    --------
    >>> import minigen.data
    >>> from minigen.metrics import mode_coverage
    >>> ring = minigen.data.load("ring", "test")
    >>> found = mode_coverage(ring.points[:2500], ring.centres, ring.sigma)
    >>> found.modes, found.high_quality > 0.98, found.reverse_kl < 0.005
    (8, True, True)
    >>> half = ring.points[ring.labels < 4]
    >>> mode_coverage(half, ring.centres, ring.sigma).modes
    4
    """
    if not 0 < sigma < float("inf"):
        raise ValueError(f"mode_coverage: a positive, finite sigma is expected, got {sigma}")
    samples, means = as_rows("mode_coverage", 1, points=points, centres=centres)
    distances = np.stack([np.linalg.norm(samples - mean, axis=1) for mean in means])
    near = distances <= NEAR * sigma
    shares = np.bincount(distances.argmin(axis=0), minlength=len(means)) / len(samples)
    occupied = shares[shares > 0]
    divergence = float((occupied * np.log(len(means) * occupied)).sum())
    return ModeCoverage(
        modes=int(near.any(axis=1).sum()),
        total=len(means),
        high_quality=float(near.any(axis=0).mean()),
        reverse_kl=max(0.0, divergence),  # which rounding may have made negative
    )
