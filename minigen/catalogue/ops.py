"""Cases of the ops: every one of the library has one, a test sees to it.

What is said here once, all others read: the checker and its command, the tests of gradients and
dtypes, the comparison with PyTorch and the stand-in for CuPy. The ops with gradients are in the
files beside this one, a topic each.
"""

from __future__ import annotations

import math

import numpy as np

from minigen.catalogue.case import (
    constant,
    distinct,
    normal,
    op_case,
    positive,
    probability,
    ties,
    truths,
)
from minigen.catalogue.elementwise import ACTIVATION, ARITHMETIC, ELEMENTWISE
from minigen.catalogue.images import CONVOLUTION, NORMALIZATION, POOLING
from minigen.catalogue.linear import EINSUM, LINEAR
from minigen.catalogue.reduction import REDUCTION, SELECTION
from minigen.catalogue.sequences import COUNTED, SEQUENCES
from minigen.catalogue.shaping import SHAPING

_MASK = np.array([[1, 0, 1, 0], [0, 0, 1, 1], [1, 1, 1, 0]], bool)
_CLASSES = np.array([1, 0, 3])

STOCHASTIC = [
    op_case(
        "shifted_and_scaled",
        normal(3, 2),
        normal(3, 2),
        normal(3, 2),
        torch="mu + torch.exp(0.5 * logvar) * noise",
    ),
    op_case(
        "gumbel_softmax",
        normal(3, 4),
        tau=0.7,
        noise=np.linspace(-2, 2, 12)[[5, 1, 9, 0, 11, 2, 7, 8, 3, 10, 4, 6]].reshape(3, 4),
        torch="F.softmax((logits + noise) / tau, -1)",
    ),
    op_case(
        "reparameterize",
        normal(3, 2),
        normal(3, 2),
        normal(3, 2),
        torch="mu + torch.exp(0.5 * logvar) * noise",
    ),
    op_case(
        "dropout2d",
        normal(2, 3, 2, 2),
        p=0.4,
        mask=_MASK[:2, :3, None, None] * 1.0,
        torch="x * mask / (1 - p)",
    ),
    op_case("dropout", normal(3, 4), p=0.4, mask=_MASK * 1.0, torch="x * mask / (1 - p)"),
    op_case(
        "log_normal",
        normal(3, 2),
        normal(3, 2),
        normal(3, 2),
        torch="torch.distributions.Normal(mu, torch.exp(0.5 * logvar)).log_prob(z)",
    ),
]

OPS = [
    *ARITHMETIC,
    *ELEMENTWISE,
    *ACTIVATION,
    *REDUCTION,
    *SELECTION,
    *EINSUM,
    *LINEAR,
    *SHAPING,
    *NORMALIZATION,
    *CONVOLUTION,
    *POOLING,
    *STOCHASTIC,
    *SEQUENCES,
]

SUMMANDS = [
    op_case(
        "huber_error",
        distinct(3, 4),
        distinct(3, 4),
        delta=0.23,
        torch="F.huber_loss(x, target, reduction='none', delta=delta)",
    ),
    op_case("squared_error", normal(3, 4), normal(3, 4), torch="(x - target) ** 2"),
    op_case(
        "logits_cross_entropy",
        distinct(3, 4),
        probability(3, 4),
        torch="F.binary_cross_entropy_with_logits(logits, target, reduction='none')",
    ),
    op_case(
        "probability_cross_entropy",
        probability(3, 4),
        probability(3, 4),
        torch="F.binary_cross_entropy(probability, target, reduction='none')",
    ),
    op_case(
        "kl_to_standard_normal",
        normal(3, 4),
        normal(3, 4),
        torch="0.5 * (mu**2 + torch.exp(logvar) - 1 - logvar)",
    ),
]
"""The ops that losses sum up; the checker meets them in the losses."""

DISCRETE = [
    *(op_case(name, ties(3, 4), ties(4)) for name in ("eq", "ne", "lt", "le", "gt", "ge")),
    *(op_case(name, truths(3, 4), truths(4)) for name in ("logical_and", "logical_or")),
    op_case("logical_not", truths(3, 4)),
    op_case("floor_divide", normal(3, 4), positive(4), torch="torch.floor_divide(a, b).detach()"),
    op_case("sign", ties(3, 4), torch="torch.sign(x).detach()"),
    *(
        op_case(name, normal(3, 4), torch=f"torch.{name}(x).detach()")
        for name in ("floor", "ceil", "round", "trunc")
    ),
    op_case(
        "round",
        normal(3, 4),
        decimals=1,
        torch="torch.round(x, decimals=decimals).detach()",
        note="decimals",
    ),
    op_case("count_nonzero", ties(3, 4), axis=0, torch="torch.count_nonzero(x, dim=axis)"),
    op_case("unique", ties(3, 4), torch="torch.unique(x.detach())"),
    op_case("bincount", constant(_CLASSES), minlength=5),
    op_case("histc", normal(3, 4), bins=4, min=-1, max=1, torch="torch.histc(x, bins, min, max)"),
    *(
        op_case(name, constant(np.array([1.0, math.inf, -math.inf, math.nan])))
        for name in ("isnan", "isinf", "isfinite")
    ),
    op_case("isclose", ties(3, 4), ties(4), torch="torch.isclose(a.detach(), b.detach())"),
    op_case(
        "multinomial",
        constant(np.array([[0.0, 2.0, 0.0], [0.0, 0.0, 1.0]])),
        num_samples=1,
        torch="torch.multinomial(weights.detach(), num_samples)",
    ),
    op_case("one_hot", constant(_CLASSES), num_classes=4),
    op_case("argsort", distinct(3, 4), axis=0, torch="torch.argsort(x, dim=axis)"),
    op_case("nonzero", truths(3, 4)),
    op_case("argmax", distinct(3, 4), axis=1, torch="torch.argmax(x, dim=axis)"),
    op_case("argmin", distinct(3, 4), axis=0, torch="torch.argmin(x, dim=axis)"),
    op_case("all", truths(3, 4), axis=1, torch="torch.all(x, dim=axis)"),
    op_case("any", truths(3, 4), axis=0, torch="torch.any(x, dim=axis)"),
    *COUNTED,
]
"""The ops without gradients, of which only values can be compared."""
