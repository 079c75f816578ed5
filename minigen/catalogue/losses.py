"""Cases of the losses, as functions and as modules."""

from __future__ import annotations

import functools

import numpy as np

from minigen import nn
from minigen.catalogue.case import (
    beside,
    constant,
    distinct,
    module_case,
    normal,
    op_case,
    positive,
    probability,
)
from minigen.catalogue.sequences import SEQUENCE_LOSSES

_CLASSES = np.array([1, 0, 3])
_WEIGHTS = np.array([0.5, 1.5, 1.0, 2.0])
_SIDES = np.tile([1.0, -1.0, -1.0, 1.0], (3, 1))
_LOW = np.full((3, 4), -2.0)

_loss = functools.partial(op_case, kind="loss")

LOSSES = [
    _loss(
        "mse_loss",
        normal(3, 4),
        normal(3, 4),
        torch="F.mse_loss(x, target, reduction='sum') / len(x)",
    ),
    _loss(
        "l1_loss",
        distinct(3, 4),
        target=np.full((3, 4), -0.02),
        torch="F.l1_loss(x, target, reduction='sum') / len(x)",
    ),
    _loss(
        "huber_loss",
        distinct(3, 4),
        target=np.full((3, 4), -0.02),
        delta=0.25,
        torch="F.huber_loss(x, target, reduction='sum', delta=delta) / len(x)",
    ),
    _loss(
        "smooth_l1_loss",
        distinct(3, 4),
        distinct(3, 4),
        beta=0.23,
        torch="F.smooth_l1_loss(x, target, reduction='sum', beta=beta) / len(x)",
    ),
    _loss(
        "nll_loss",
        normal(3, 4),
        target=_CLASSES,
        torch="F.nll_loss(log_probability, target, reduction='sum') / len(target)",
    ),
    _loss(
        "binary_cross_entropy",
        probability(3, 4),
        probability(3, 4),
        torch="F.binary_cross_entropy(probability, target, reduction='sum') / len(target)",
    ),
    _loss(
        "binary_cross_entropy_with_logits",
        distinct(3, 4),
        probability(3, 4),
        torch="F.binary_cross_entropy_with_logits(logits, target, reduction='sum') / len(target)",
    ),
    _loss(
        "cross_entropy",
        normal(3, 4),
        target=_CLASSES,
        torch="F.cross_entropy(logits, target, reduction='sum') / len(target)",
        note="classes",
    ),
    _loss(
        "cross_entropy",
        normal(3, 4),
        probability(3, 4),
        torch="F.cross_entropy(logits, target, reduction='sum') / len(target)",
        note="probabilities",
    ),
    _loss(
        "gaussian_nll",
        normal(3, 4),
        normal(3, 4),
        normal(3, 4),
        torch="-torch.distributions.Normal(mu, torch.exp(0.5 * logvar)).log_prob(target).sum()"
        " / len(mu)",
    ),
    _loss(
        "kl_standard_normal",
        normal(3, 4),
        normal(3, 4),
        torch="0.5 * (mu**2 + torch.exp(logvar) - 1 - logvar).sum() / len(mu)",
    ),
    _loss(
        "kl_gaussian",
        *[normal(3, 2)] * 4,
        torch="torch.distributions.kl_divergence("
        "torch.distributions.Normal(mu_q, torch.exp(0.5 * logvar_q)), "
        "torch.distributions.Normal(mu_p, torch.exp(0.5 * logvar_p))).sum() / len(mu_q)",
    ),
    _loss(
        "mse_loss",
        normal(3, 4),
        normal(3, 4),
        positive(3, 4),
        reduction="mean",
        torch="F.mse_loss(x, target, weight=weight)",
        note="weighted",
    ),
    _loss(
        "cross_entropy",
        normal(3, 4),
        target=_CLASSES,
        weight=_WEIGHTS,
        label_smoothing=0.1,
        reduction="mean",
        torch="F.cross_entropy(logits, target, weight, label_smoothing=label_smoothing)",
        note="weighted and smoothed classes",
    ),
    _loss(
        "cross_entropy",
        normal(3, 4),
        probability(3, 4),
        weight=_WEIGHTS,
        label_smoothing=0.1,
        reduction="sum",
        torch="F.cross_entropy(logits, target, weight, reduction='sum', "
        "label_smoothing=label_smoothing)",
        note="weighted and smoothed probabilities",
    ),
    _loss(
        "binary_cross_entropy_with_logits",
        normal(3, 4),
        probability(3, 4),
        weight=_WEIGHTS,
        pos_weight=_WEIGHTS[::-1].copy(),
        reduction="sum",
        torch="F.binary_cross_entropy_with_logits(logits, target, weight, "
        "pos_weight=pos_weight, reduction='sum')",
        note="weighted",
    ),
    _loss(
        "gaussian_nll_loss",
        normal(3, 4),
        normal(3, 4),
        positive(3, 1),
        torch="F.gaussian_nll_loss(x, target, var, reduction='sum') / len(x)",
    ),
    _loss(
        "kl_div",
        normal(3, 4),
        probability(3, 4),
        torch="F.kl_div(x, target, reduction='sum') / len(x)",
    ),
    _loss(
        "kl_div",
        normal(3, 4),
        normal(3, 4),
        log_target=True,
        torch="F.kl_div(x, target, reduction='sum', log_target=True) / len(x)",
        note="of logarithms",
    ),
    _loss(
        "triplet_margin_loss",
        *[normal(4, 3)] * 3,
        margin=3.0,
        torch="F.triplet_margin_loss(anchor, positive, negative, margin)",
    ),
    _loss(
        "margin_ranking_loss",
        distinct(3, 4),
        constant(np.full((3, 4), 0.02)),
        target=_SIDES,
        reduction="mean",
        torch="F.margin_ranking_loss(input1, input2, target)",
    ),
    _loss(
        "hinge_embedding_loss",
        distinct(3, 4),
        target=_SIDES,
        margin=0.2,
        reduction="mean",
        torch="F.hinge_embedding_loss(x, target, margin)",
    ),
    *SEQUENCE_LOSSES,
]

_layer = functools.partial(module_case, kind="layer")

LOSS_LAYERS = [
    _layer("MSELoss", lambda _: nn.MSELoss(reduction="mean"), normal(3, 4), normal(3, 4)),
    _layer("L1Loss", lambda _: nn.L1Loss(reduction="mean"), distinct(3, 4), constant(_LOW)),
    _layer("HuberLoss", lambda _: nn.HuberLoss(reduction="mean"), distinct(3, 4), normal(3, 4)),
    _layer(
        "SmoothL1Loss",
        lambda _: nn.SmoothL1Loss(reduction="mean", beta=2.0),
        distinct(3, 4),
        normal(3, 4),
    ),
    _layer("BCELoss", lambda _: nn.BCELoss(reduction="mean"), *[probability(3, 4)] * 2),
    _layer(
        "BCEWithLogitsLoss",
        lambda _: nn.BCEWithLogitsLoss(reduction="mean"),
        distinct(3, 4),
        probability(3, 4),
    ),
    _layer(
        "CrossEntropyLoss",
        lambda _: nn.CrossEntropyLoss(reduction="mean"),
        normal(3, 4),
        probability(3, 4),
    ),
    _layer(
        "NLLLoss",
        lambda _: nn.NLLLoss(_WEIGHTS, reduction="mean"),
        normal(3, 4),
        call=lambda loss, x: loss(x, beside(x, _CLASSES)),
    ),
    _layer(
        "KLDivLoss",
        lambda _: nn.KLDivLoss(reduction="batchmean"),
        normal(3, 4),
        probability(3, 4),
    ),
    _layer(
        "GaussianNLLLoss",
        lambda _: nn.GaussianNLLLoss(reduction="mean"),
        normal(3, 4),
        normal(3, 4),
        positive(3, 4),
    ),
    _layer(
        "TripletMarginLoss",
        lambda _: nn.TripletMarginLoss(3.0, reduction="mean"),
        *[normal(4, 3)] * 3,
    ),
    _layer("CosineSimilarity", lambda _: nn.CosineSimilarity(), normal(3, 4), normal(3, 4)),
]
