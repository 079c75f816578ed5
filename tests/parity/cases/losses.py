"""Losses, divergences and log-densities, and ops with noise that is given."""

from __future__ import annotations

from collections.abc import Callable

from minigen.ops.losses import REDUCTIONS

from ..draws import Array, Draw, Shape
from ..torch_reference import normal, torch, with_batchmean, with_reductions
from .case import Case, Sample

Numbers = Callable[[Draw, Shape], Array]


def losses(*numbers: Numbers) -> Callable[[Draw], Sample]:
    """Draw arrays of one shape (N, ...), and a reduction."""

    def draw_arguments(draw: Draw) -> Sample:
        shape = draw.shape(least=1)
        return Sample(
            *(draw_one(draw, shape) for draw_one in numbers), reduction=draw.choice(REDUCTIONS)
        )

    return draw_arguments


def elements(*numbers: Numbers) -> Callable[[Draw], Sample]:
    """Draw arrays of one shape."""

    def draw_arguments(draw: Draw) -> Sample:
        shape = draw.shape()
        return Sample(*(draw_one(draw, shape) for draw_one in numbers))

    return draw_arguments


def hard_targets(draw: Draw) -> Sample:
    """Draw logits, and outcomes 0 and 1 in an array that stays one."""
    shape = draw.shape(least=1)
    return Sample(
        draw.reals(shape),
        target=draw.booleans(shape).astype("float64"),
        reduction=draw.choice(REDUCTIONS),
    )


def class_shape(draw: Draw) -> Shape:
    """Draw the shape (N, C, ...) of logits."""
    return draw.shape(draw.integer(2, 4))


def classes(draw: Draw) -> Sample:
    shape = class_shape(draw)
    target = draw.integers((shape[0], *shape[2:]), 0, shape[1] - 1)
    return Sample(draw.reals(shape), target=target, reduction=draw.choice(REDUCTIONS))


def classes_in_a_tensor(draw: Draw) -> Sample:
    arguments = classes(draw)
    target = arguments.options.pop("target")
    return Sample(*arguments.inputs, target, **arguments.options)


def weighted_classes(draw: Draw) -> Sample:
    """Draw logits, classes of which one is ignored if there are others, weights and smoothing."""
    arguments = classes(draw)
    target = arguments.options["target"]
    if target.size > 1:
        target.flat[0] = -1
    return Sample(
        *arguments.inputs,
        **arguments.options,
        ignore_index=-1,
        weight=draw.positives((arguments.inputs[0].shape[1],)),
        label_smoothing=draw.choice([0.0, 0.1]),
    )


def weighted_outcomes(draw: Draw) -> Sample:
    """Draw logits, outcomes, and weights that broadcast to them."""
    arguments = hard_targets(draw)
    shape = arguments.inputs[0].shape
    return Sample(
        *arguments.inputs,
        **arguments.options,
        weight=draw.positives(draw.broadcastable(shape)),
        pos_weight=draw.positives(shape[-1:]),
    )


def variances(draw: Draw) -> Sample:
    """Draw means, values and variances, and whether the constant counts."""
    shape = draw.shape(least=1)
    return Sample(
        draw.reals(shape),
        draw.reals(shape),
        draw.positives(shape),
        full=draw.flag(),
        reduction=draw.choice(REDUCTIONS),
    )


def class_probabilities(draw: Draw) -> Sample:
    shape = class_shape(draw)
    weights = draw.positives(shape)
    target = weights / weights.sum(1, keepdims=True)
    return Sample(draw.reals(shape), target, reduction=draw.choice(REDUCTIONS))


def gaussians(draw: Draw) -> Sample:
    """Draw means, values, and log-variances that broadcast to them."""
    shape = draw.shape(least=1)
    logvar = draw.reals(draw.broadcastable(shape))
    return Sample(draw.reals(shape), draw.reals(shape), logvar, reduction=draw.choice(REDUCTIONS))


def with_number(draw: Draw) -> Sample:
    """Draw means and values, and one log-variance for all, a number."""
    shape = draw.shape(least=1)
    return Sample(draw.reals(shape), draw.reals(shape), logvar=draw.choice([0.0, -1.3]))


def noisy(draw: Draw) -> Sample:
    """Draw mean, log-variance, and noise whose leading axes are several samples."""
    shape = draw.shape()
    samples = draw.shape(1) if draw.flag() else ()
    return Sample(draw.reals(shape), draw.reals(shape), noise=draw.reals((*samples, *shape)))


def masked(draw: Draw) -> Sample:
    shape = draw.shape()
    mask = draw.booleans(shape).astype("float64")
    return Sample(draw.reals(shape), p=draw.choice([0.2, 0.5]), mask=mask)


def rate(p: float, training: bool) -> Callable[[Draw], Sample]:
    return lambda draw: Sample(draw.reals(draw.shape()), p=p, training=training)


REALS, PROBABILITIES = Draw.reals, Draw.probabilities
F = torch.nn.functional

LOSSES = (
    Case(
        "cross_entropy",
        weighted_classes,
        lambda x, target, reduction, **options: with_batchmean(F.cross_entropy)(
            x, target, reduction=reduction, **options
        ),
        "weighted and smoothed",
    ),
    Case(
        "binary_cross_entropy_with_logits",
        weighted_outcomes,
        lambda x, target, reduction, **options: with_batchmean(F.binary_cross_entropy_with_logits)(
            x, target, reduction=reduction, **options
        ),
        "weighted",
    ),
    Case(
        "kl_div",
        losses(REALS, PROBABILITIES),
        with_reductions(lambda x, target: F.kl_div(x, target, reduction="none")),
    ),
    Case("gaussian_nll_loss", variances, with_batchmean(F.gaussian_nll_loss)),
    Case("mse_loss", losses(REALS, REALS), with_batchmean(F.mse_loss)),
    Case("squared_error", elements(REALS, REALS), lambda x, target: torch.square(x - target)),
    Case(
        "binary_cross_entropy_with_logits",
        losses(REALS, PROBABILITIES),
        with_batchmean(F.binary_cross_entropy_with_logits),
    ),
    Case(
        "binary_cross_entropy_with_logits",
        hard_targets,
        lambda x, target, reduction: with_batchmean(F.binary_cross_entropy_with_logits)(
            x, target, reduction=reduction
        ),
        "outcomes in an array",
    ),
    Case(
        "logits_cross_entropy",
        elements(REALS, PROBABILITIES),
        lambda x, target: F.binary_cross_entropy_with_logits(x, target, reduction="none"),
    ),
    Case(
        "binary_cross_entropy",
        losses(PROBABILITIES, PROBABILITIES),
        with_batchmean(F.binary_cross_entropy),
    ),
    Case(
        "probability_cross_entropy",
        elements(PROBABILITIES, PROBABILITIES),
        lambda x, target: F.binary_cross_entropy(x, target, reduction="none"),
    ),
    Case(
        "cross_entropy",
        classes,
        lambda x, target, reduction: with_batchmean(F.cross_entropy)(
            x, target, reduction=reduction
        ),
        "classes in an array",
    ),
    Case(
        "cross_entropy", classes_in_a_tensor, with_batchmean(F.cross_entropy), "classes in a tensor"
    ),
    Case(
        "cross_entropy", class_probabilities, with_batchmean(F.cross_entropy), "class probabilities"
    ),
)

GAUSSIANS = (
    Case(
        "gaussian_nll",
        gaussians,
        with_batchmean(
            lambda mu, target, logvar, reduction: F.gaussian_nll_loss(
                mu,
                target,
                torch.broadcast_to(torch.exp(logvar), mu.shape),
                full=True,
                eps=1e-12,
                reduction=reduction,
            )
        ),
    ),
    Case(
        "gaussian_nll",
        with_number,
        lambda mu, target, logvar: (
            -normal(mu, torch.full_like(mu, logvar)).log_prob(target).sum() / mu.shape[0]
        ),
        "a number as log-variance",
    ),
    Case(
        "kl_standard_normal",
        losses(REALS, REALS),
        with_reductions(
            lambda mu, logvar: torch.distributions.kl_divergence(
                normal(mu, logvar), torch.distributions.Normal(0.0, 1.0)
            )
        ),
    ),
    Case(
        "kl_to_standard_normal",
        elements(REALS, REALS),
        lambda mu, logvar: torch.distributions.kl_divergence(
            normal(mu, logvar), torch.distributions.Normal(0.0, 1.0)
        ),
    ),
    Case(
        "kl_gaussian",
        losses(REALS, REALS, REALS, REALS),
        with_reductions(
            lambda mu_q, logvar_q, mu_p, logvar_p: torch.distributions.kl_divergence(
                normal(mu_q, logvar_q), normal(mu_p, logvar_p)
            )
        ),
    ),
    Case(
        "log_normal",
        elements(REALS, REALS, REALS),
        lambda z, mu, logvar: normal(mu, logvar).log_prob(z),
    ),
    Case(
        "log_normal",
        elements(REALS),
        lambda z: torch.distributions.Normal(0.0, 1.0).log_prob(z),
        "standard",
    ),
)

NOISE = (
    Case(
        "reparameterize",
        noisy,
        lambda mu, logvar, noise: mu + torch.sqrt(torch.exp(logvar)) * noise,
    ),
    Case("dropout", masked, lambda x, p, mask: x * mask / (1 - p), "a mask given"),
    Case("dropout", rate(0.5, training=False), variant="evaluation"),
    Case("dropout", rate(0.0, training=True), variant="of nothing"),
    Case("dropout", rate(1.0, training=True), variant="of everything"),
)

CASES = (*LOSSES, *GAUSSIANS, *NOISE)
