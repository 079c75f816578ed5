"""NaN, infinity, zeros of both signs and subnormals pass through every op as in PyTorch.

One element of an input, or of the cotangent, is replaced. Values and gradients are compared, NaN
and the infinities in their places. What differs is listed, with the reason.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import minigen
from minigen import catalogue
from minigen import functional as F

from .cases.case import of
from .draws import Array, Draw
from .evaluation import Library, Minigen, Results, as_option, in_dtype
from .torch_reference import Torch

torch: Any = pytest.importorskip("torch")

NOT_FINITE = {"nan": np.nan, "inf": np.inf, "-inf": -np.inf}
VALUES = {**NOT_FINITE, "0": 0.0, "-0": -0.0, "1e-40": 1e-40, "-1e-40": -1e-40}

ZEROS_OF_THE_PADDING = "0 times infinity is NaN: PyTorch's kernels, but not all, skip the padding"
INFINITE_SCALE = (
    "the weight multiplies what is normalised; PyTorch's kernels form weight / std first"
)
OWN_FORMULA = "PyTorch has no such function; its distributions refuse NaN, and divide by variances"
LOGIT = "max(l, 0) - l t is infinity less infinity at one end, PyTorch's formula at the other"
FLOOR = "the floor under the logarithm holds in the target's gradient, too"
PROBABILITY = "a target that is NaN is refused, as are probabilities in both"
BANDS = "a product with a matrix most of which is zero, where PyTorch's stand-in looks at windows"
BY_IDENTITY = "PyTorch's layer multiplies the gates by the identity, and NaN times 0 is NaN"
MASKS = "PyTorch's kernels, of which masks choose one, hand on NaN each in a way of its own"
SPECTRA = "NaN or infinity goes to all frequencies of a frame in PyTorch, to one part of them here"
ORDER = "which product comes first decides between infinity and NaN"

DIFFERENT = {
    **dict.fromkeys(["conv2d", "conv_transpose2d", "conv2d_weight"], ZEROS_OF_THE_PADDING),
    **dict.fromkeys(["conv1d", "conv_transpose1d"], ZEROS_OF_THE_PADDING),
    **dict.fromkeys(
        ["normalize_channels", "layer_norm", "batch_norm", "instance_norm", "group_norm"],
        INFINITE_SCALE,
    ),
    **dict.fromkeys(["log_normal", "gaussian_nll", "kl_gaussian"], OWN_FORMULA),
    **dict.fromkeys(["kl_standard_normal", "kl_to_standard_normal"], OWN_FORMULA),
    **dict.fromkeys(["binary_cross_entropy_with_logits", "logits_cross_entropy"], LOGIT),
    **dict.fromkeys(["binary_cross_entropy", "probability_cross_entropy"], FLOOR),
    **dict.fromkeys(["gaussian_blur", "ssim"], BANDS),
    **dict.fromkeys(["gru_states", "lstm_states"], BY_IDENTITY),
    **dict.fromkeys(["attention", "scaled_dot_product_attention"], MASKS),
    **dict.fromkeys(["fourier_adjoint", "stft", "istft", "spectrogram"], SPECTRA),
    "multi_scale_spectral_loss": SPECTRA,
    **dict.fromkeys(["contract", "cosine_similarity"], ORDER),
    "lerp": "from an infinite start; PyTorch begins at the end where the weight is a half or more",
    **dict.fromkeys(["var_mean", "std_mean"], "of infinity PyTorch's mean is NaN, but not alone"),
    "logit": "of NaN and beyond 0 and 1 PyTorch's slope is NaN, here the formula's or 0",
    **dict.fromkeys(["prod", "cumprod"], "PyTorch divides the product by each factor"),
    "gelu": "PyTorch's kernel in float32 makes NaN of infinity, whose product with 1 is infinite",
    "mish": "a sum of terms of either sign: PyTorch's kernel adds their factors first",
    "silu": "a sum of terms of either sign: PyTorch's kernel adds their factors first",
    "norm": "the greatest magnitude of NaN is NaN, and so is the share of every element",
}
"""Ops that are compared with finite numbers alone, and why."""

NOT_NEGATIVE = {"binary_cross_entropy_with_logits": 1, "gaussian_nll_loss": 2, "kl_div": 1}
"""Which input of an op is a probability or a variance, and refused below 0."""

CASES = [
    pytest.param(case, id=case.title)
    for case in catalogue.CALLS
    if any(x.dtype.kind == "f" for x in case.draw())
]


def evaluated(
    library: Library, case: catalogue.Case, inputs: list[Array], factor: float = 1.0
) -> Results:
    """Return the value and the gradients of a case, the first cotangent multiplied by a factor."""
    compared = of(case)
    function = compared.function if isinstance(library, Minigen) else compared.theirs
    leaves = [library.tensor(in_dtype(x, "float32")) for x in inputs]
    options = {k: as_option(library, v, "float32") for k, v in case.options.items()}
    with np.errstate(all="ignore"):
        y = function(*leaves, **options)
        results = {"value": library.array(y)}
        if y.requires_grad:
            cotangent = Draw([1]).nonzeros(tuple(y.shape)).astype(results["value"].dtype)
            cotangent.flat[0] *= factor
            y.backward(library.tensor(cotangent).detach().to(y.device))
            for position, leaf in enumerate(leaves):
                if leaf.grad is not None:
                    results[f"gradient {position}"] = library.array(leaf.grad)
    return results


def assert_alike(case: catalogue.Case, inputs: list[Array], factor: float, told: str) -> None:
    ours = evaluated(Minigen(0), case, inputs, factor)
    theirs = evaluated(Torch(), case, inputs, factor)
    for name, expected in theirs.items():
        actual = ours.get(name, np.zeros_like(expected))
        np.testing.assert_allclose(
            actual, expected, rtol=1e-4, atol=1e-5, err_msg=f"{name}, {told}"
        )


@pytest.mark.parametrize("case", CASES)
def test_an_input_passes_as_in_pytorch(case: catalogue.Case) -> None:
    values = {k: v for k, v in VALUES.items() if case.name not in DIFFERENT or np.isfinite(v)}
    if case.name in {"binary_cross_entropy", "probability_cross_entropy", "multinomial"}:
        values = {}
    if case.name == "prod":  # PyTorch divides by a subnormal, which has few digits
        values = {"0": 0.0, "-0": -0.0}
    if case.name == "logit":  # a probability below 0 is none
        values = {name: value for name, value in values.items() if value >= 0}
    for position, drawn in enumerate(case.draw()):
        for name, value in values.items() if drawn.dtype.kind == "f" else ():
            if position == NOT_NEGATIVE.get(case.name) and value < 0:
                continue
            if case.name == "kl_div" and position == 1 and value == 0:
                continue  # a slope of minus infinity, NaN in PyTorch; here the class counts nothing
            inputs = [np.array(x, np.float32 if x.dtype.kind == "f" else None) for x in case.draw()]
            inputs[position].flat[0] = value
            assert_alike(case, inputs, 1.0, f"{name} in input {position}")


@pytest.mark.parametrize("case", CASES)
def test_a_cotangent_passes_as_in_pytorch(case: catalogue.Case) -> None:
    if case.name in DIFFERENT:
        pytest.skip(DIFFERENT[case.name])
    for name, value in NOT_FINITE.items():
        for sign in (1, -1):  # both sides of a kink at zero
            inputs = [
                x * sign if x.dtype.kind == "f" and position != NOT_NEGATIVE.get(case.name) else x
                for position, x in enumerate(case.draw())
            ]
            if sign > 0 or min(float(x.min()) for x in case.draw()) < 0:
                assert_alike(case, inputs, value, f"{name} as a cotangent")


def test_nothing_is_excused_that_is_not_in_the_catalogue() -> None:
    assert set(DIFFERENT) <= {case.name for case in catalogue.CALLS}


@pytest.mark.parametrize("name", ["max", "min", "argmax", "argmin", "sort", "topk"])
def test_nan_is_the_largest_of_all_and_an_extreme_of_either_kind(name: str) -> None:
    x = np.array([[1.0, np.nan, 3.0, -np.inf], [np.inf, 0.0, -0.0, 2.0]], np.float32)
    options = {"topk": {"k": 2}, "sort": {}}.get(name, {})
    ours = getattr(minigen.tensor(x), name)(dim=1, **options)
    theirs = getattr(torch.tensor(x), name)(dim=1, **options)
    pairs = zip(ours, theirs, strict=True) if isinstance(ours, tuple) else [(ours, theirs)]
    for actual, expected in pairs:
        np.testing.assert_array_equal(actual.numpy(), expected.numpy())


def test_a_root_of_what_relu_cut_off_has_no_gradient() -> None:
    x = minigen.tensor([-1.0, 4.0], requires_grad=True)
    with np.errstate(divide="ignore"):
        F.sqrt(F.relu(x)).sum().backward()
    assert x.grad is not None
    assert x.grad.tolist() == [0.0, 0.25]
