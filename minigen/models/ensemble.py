"""Several networks that learn apart, and answer together."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from minigen import functional as F
from minigen.engine.tensor import Tensor
from minigen.models.options import Count, Options


@dataclass(frozen=True)
class Ensemble(Options):
    r"""Several networks that learn apart, and whose probabilities are averaged.

    Each begins with weights of its own, and ends in errors of its own. As :math:`-\ln` is convex,
    the mean of their probabilities is never worse than they are on average (Jensen):

    .. math:: -\ln \frac1K \sum_k p_k(x) \le \frac1K \sum_k -\ln p_k(x)

    Lakshminarayanan, Pritzel, Blundell (2017), arXiv:1612.01474.

    Parameters
    ----------
    members : int
        How many networks are trained, each by itself; the model's probabilities are the mean of
        theirs.
    """

    members: Count = 1


def mixture(logits: Sequence[Tensor]) -> Tensor:
    r"""Return the logits of the mean of several distributions: :math:`\ln \frac1K \sum_k p_k`.

    Parameters
    ----------
    logits : sequence of Tensor, each of shape (..., C)
        Of each distribution. Those of a single one are returned as they are.

    Examples
    --------
    >>> import minigen
    >>> sure, unsure = minigen.tensor([[9.0, 0.0]]), minigen.tensor([[0.0, 0.0]])
    >>> mixture([sure, unsure]).exp().numpy().round(2)
    array([[0.75, 0.25]], dtype=float32)
    """
    if len(logits) == 1:
        return logits[0]
    each = F.stack([F.log_softmax(member, -1) for member in logits])
    mixed: Tensor = F.logsumexp(each, axis=0) - math.log(len(logits))
    return mixed
