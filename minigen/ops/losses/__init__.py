r"""Losses and divergences, with one normalisation kept everywhere.

By default (``reduction="batchmean"``) a loss is **summed over an example's features and averaged
over the batch**, the first axis. So a reconstruction term in nats an image and a KL term in nats an
image can be added as they are; a mean over pixels would weigh the KL some hundred times too much
and make the posterior collapse. The other reductions are ``"sum"``, ``"none"``, and ``"mean"`` over
all elements, which is PyTorch's default.

Arrays whose shapes differ are a `ValueError`: broadcasting a target is a mistake more often than a
wish. Every divergence and log-likelihood is in nats.
"""

from minigen.ops.losses.classes import cross_entropy, nll_loss
from minigen.ops.losses.divergences import kl_div
from minigen.ops.losses.errors import huber_error as huber_error
from minigen.ops.losses.errors import huber_loss, l1_loss, mse_loss, smooth_l1_loss
from minigen.ops.losses.errors import squared_error as squared_error
from minigen.ops.losses.gaussians import (
    gaussian_nll,
    gaussian_nll_loss,
    kl_gaussian,
    kl_standard_normal,
)
from minigen.ops.losses.gaussians import kl_to_standard_normal as kl_to_standard_normal
from minigen.ops.losses.margins import (
    hinge_embedding_loss,
    margin_ranking_loss,
    triplet_margin_loss,
)
from minigen.ops.losses.outcomes import binary_cross_entropy, binary_cross_entropy_with_logits
from minigen.ops.losses.outcomes import logits_cross_entropy as logits_cross_entropy
from minigen.ops.losses.outcomes import probability_cross_entropy as probability_cross_entropy
from minigen.ops.losses.reductions import REDUCTIONS as REDUCTIONS
from minigen.ops.losses.reductions import reduce as reduce

__all__ = [
    "binary_cross_entropy", "binary_cross_entropy_with_logits", "cross_entropy", "gaussian_nll",
    "gaussian_nll_loss", "hinge_embedding_loss", "huber_loss", "kl_div", "kl_gaussian",
    "kl_standard_normal", "l1_loss", "margin_ranking_loss", "mse_loss", "nll_loss",
    "smooth_l1_loss", "triplet_margin_loss",
]  # fmt: skip
