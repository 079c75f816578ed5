"""Cases of arithmetic, of functions of elements, and of activations."""

from __future__ import annotations

import numpy as np

from minigen.catalogue.case import constant, distinct, normal, op_case, positive, probability

_MASK = np.array([[1, 0, 1, 0], [0, 0, 1, 1], [1, 1, 1, 0]], bool)
_LIMITS = np.linspace(-0.52, 0.53, 4)
_AT_LIMITS = constant(np.tile(_LIMITS, (3, 1)))
_AT_HARD_LIMITS = constant(np.tile([-0.31, 0.41, 0.1, 0.2], (3, 1)))
_AT_SIX = constant(np.tile([0.0, 6.0, 1.0, 2.0], (3, 1)))
_SOME_ZEROS = constant(np.tile([0.0, 0.5, -0.5, -1.0], (3, 1)))
_ZEROS = constant(np.zeros((3, 4)))

ARITHMETIC = [
    op_case("add", normal(3, 4), normal(4), note="broadcast"),
    op_case("sub", normal(3, 1), normal(2, 1, 4), note="broadcast"),
    op_case("mul", normal(3, 4), normal(3, 1), note="broadcast"),
    op_case("div", normal(3, 4), positive(4), note="broadcast"),
    op_case("neg", normal(3, 4)),
    op_case("pow", positive(3, 4), normal(4), note="an array of powers"),
    op_case("pow", normal(3, 4), exponent=3, note="a number"),
    op_case("remainder", normal(3, 4), positive(4), note="broadcast"),
    op_case("fmod", normal(3, 4), positive(4), note="broadcast"),
    op_case("maximum", distinct(3, 4), constant(_LIMITS), kinks=_AT_LIMITS),
    op_case("minimum", distinct(3, 4), constant(_LIMITS), kinks=_AT_LIMITS),
    op_case(
        "where", normal(3, 4), normal(4), condition=_MASK, torch="torch.where(condition, a, b)"
    ),
    op_case("clip", distinct(3, 4), min=-0.31, max=0.31, kinks=constant(np.full((3, 4), 0.31))),
]

ELEMENTWISE = [
    op_case("exp", normal(3, 4)),
    op_case("log", positive(3, 4)),
    op_case("log1p", positive(3, 4)),
    op_case("sqrt", positive(3, 4)),
    op_case("log2", positive(3, 4)),
    op_case("log10", positive(3, 4)),
    op_case("expm1", normal(3, 4)),
    op_case("erf", normal(3, 4)),
    op_case("atan2", distinct(3, 4), normal(4), torch="torch.atan2(a, b)", note="broadcast"),
    op_case("logaddexp", normal(3, 4), normal(4), torch="torch.logaddexp(a, b)", note="broadcast"),
    op_case("logit", probability(3, 4), torch="torch.logit(x)"),
    op_case("logit", probability(3, 4), eps=0.01, torch="torch.logit(x, eps)", note="limited"),
    op_case("hypot", distinct(3, 4), normal(4), torch="torch.hypot(a, b)", note="broadcast"),
    op_case("abs", distinct(3, 4), kinks=_ZEROS),
    op_case("sin", normal(3, 4)),
    op_case("cos", normal(3, 4)),
    op_case("square", normal(3, 4)),
    op_case("reciprocal", positive(3, 4)),
    op_case("rsqrt", positive(3, 4)),
    op_case("lerp", normal(3, 4), normal(4), probability(3, 1), torch="torch.lerp(x, end, weight)"),
    op_case(
        "addcmul",
        *[normal(3, 4), normal(4), normal(3, 1)],
        value=0.3,
        torch="torch.addcmul(x, tensor1, tensor2, value=value)",
    ),
    op_case(
        "addcdiv",
        *[normal(3, 4), normal(4), positive(3, 1)],
        value=-0.3,
        torch="torch.addcdiv(x, tensor1, tensor2, value=value)",
    ),
    op_case("clamp_min", distinct(3, 4), min=-0.31, torch="torch.clamp_min(x, min)"),
    op_case("clamp_max", distinct(3, 4), max=0.31, torch="torch.clamp_max(x, max)"),
    op_case("frac", normal(3, 4)),
    op_case("nan_to_num", normal(3, 4)),
    op_case("masked_fill", normal(3, 4), mask=_MASK, value=0.5, torch="x.masked_fill(mask, value)"),
]

ACTIVATION = [
    op_case("relu", distinct(3, 4), kinks=_ZEROS),
    op_case("leaky_relu", distinct(3, 4), negative_slope=0.2, kinks=_ZEROS),
    op_case("prelu", distinct(3, 4), normal(4), torch="F.prelu(x, weight)", kinks=_SOME_ZEROS),
    op_case("prelu", distinct(2, 3, 2), normal(3), torch="F.prelu(x, weight)", note="signals"),
    op_case("glu", normal(3, 4), axis=1, torch="F.glu(x, dim=axis)"),
    op_case("softsign", distinct(3, 4), torch="F.softsign(x)"),
    op_case("softmin", normal(3, 4), axis=0, torch="F.softmin(x, dim=axis)"),
    op_case("silu", normal(3, 4), torch="F.silu(x)"),
    op_case("logsigmoid", normal(3, 4), torch="F.logsigmoid(x)"),
    op_case("elu", distinct(3, 4), alpha=0.7, kinks=_ZEROS),
    op_case("hardtanh", distinct(3, 4), min_val=-0.31, max_val=0.41, kinks=_AT_HARD_LIMITS),
    op_case("relu6", distinct(3, 4), torch="F.relu6(x)", kinks=_AT_SIX),
    op_case("selu", distinct(3, 4), torch="F.selu(x)", kinks=_ZEROS),
    op_case("gelu", normal(3, 4), torch="F.gelu(x)"),
    op_case("gelu", normal(3, 4), approximate="tanh", note="by a tanh"),
    op_case("mish", normal(3, 4), torch="F.mish(x)"),
    op_case("sigmoid", normal(3, 4)),
    op_case("tanh", normal(3, 4)),
    op_case("softplus", normal(3, 4), torch="F.softplus(x, threshold=1000.0)"),
    *(
        op_case(
            "activated",
            distinct(3, 2, 2),
            constant(np.zeros(2)),
            activation=activation,
            negative_slope=0.2,
            torch=f"{function}(x + bias.reshape(-1, 1){slope})",
            note=activation,
            kinks=kinks,
        )
        for activation, function, slope, kinks in (
            ("relu", "F.relu", "", constant(np.tile([0.0, 0.5], (3, 2, 1)))),
            (
                "leaky_relu",
                "F.leaky_relu",
                ", negative_slope",
                constant(np.zeros((3, 2, 2))),
            ),
            ("sigmoid", "torch.sigmoid", "", None),
            ("tanh", "torch.tanh", "", None),
        )
    ),
    op_case("softmax", normal(3, 4), axis=1, torch="F.softmax(x, dim=axis)"),
    op_case("softmax", normal(3, 2, 2), axis=0, torch="F.softmax(x, dim=axis)", note="first axis"),
    op_case("log_softmax", normal(3, 4), axis=1, torch="F.log_softmax(x, dim=axis)"),
]
