"""What a name means."""

from __future__ import annotations

from typing import Any

import pytest

import minigen
from minigen import functional as F
from minigen import models, nn, optim
from minigen.engine.op import registry
from minigen.explanation import UnknownNameError, explain, names, page_of
from minigen.explanation.subjects import resolve
from minigen.ops.windows import Windows


def identifiers(subject: Any) -> tuple[str, ...]:
    return resolve(subject).identifiers


def test_an_op_has_the_results_of_its_forward_and_of_its_rule() -> None:
    found = resolve("conv2d")
    assert (found.name, found.kind, found.targets) == ("conv2d", "op", (F.conv2d,))
    assert found.identifiers == (
        "conv2d",
        "conv2d.matrix",
        "conv2d.dilation",
        "conv2d.groups",
        "conv2d.grad_input",
        "conv2d.grad_weight",
        "conv2d.grad_bias",
    )
    assert {case.name for case in found.cases} == {"conv2d"}


def test_the_thing_itself_is_as_good_as_its_name() -> None:
    for name, thing in (
        ("conv2d", F.conv2d),
        ("Conv2d", nn.Conv2d),
        ("mse_loss", F.mse_loss),
        ("VAE", models.VAE),
        ("Adam", optim.Adam),
        ("Windows.meeting", Windows.meeting),
        ("minigen.ops.convolution", minigen.ops.convolution),
    ):
        assert resolve(thing) == resolve(name)


@pytest.mark.parametrize(
    ("spelling", "name"),
    [
        ("F.conv2d", "conv2d"),
        ("functional.conv2d", "conv2d"),
        ("minigen.functional.conv2d", "conv2d"),
        ("nn.Conv2d", "Conv2d"),
        ("minigen.nn.Conv2d", "Conv2d"),
        ("CONV2D.GRAD_weight", "conv2d.grad_weight"),
        ("clamp", "clip"),
        ("vae", "VAE"),
        ("wasserstein-gp", "WassersteinGradientPenalty"),
        ("nn.init.kaiming_normal_", "kaiming_normal_"),
        ("gradcheck", "gradcheck"),
    ],
)
def test_other_spellings(spelling: str, name: str) -> None:
    assert resolve(spelling).name == name


def test_of_an_instance_its_class_is_explained() -> None:
    assert resolve(nn.ReLU()) == resolve(nn.ReLU)
    assert resolve(models.Hinge()) == resolve("hinge")


def test_of_a_bound_method_its_function_is_explained() -> None:
    bound = Windows((1, 1), (1, 1), (0, 0)).meeting
    assert resolve(bound) == resolve("Windows.meeting")


def test_a_layer_brings_the_op_that_does_its_work() -> None:
    found = resolve("Conv2d")
    assert found.kind == "layer"
    assert found.targets == (nn.Conv2d, F.conv2d)
    assert "conv2d.grad_input" in found.identifiers
    assert {case.name for case in found.cases} == {"Conv2d"}


def test_a_layers_base_is_shown_where_it_implements_a_result() -> None:
    found = resolve("BatchNorm2d")
    assert [target.__name__ for target in found.targets] == [
        "BatchNorm2d",
        "_BatchNorm",
        "normalize_channels",
        "batch_norm",
    ]
    assert "batch_norm.cumulative_mean" in found.identifiers


def test_a_loss_brings_the_op_that_does_its_work() -> None:
    found = resolve(F.mse_loss)
    assert found.targets == (F.mse_loss, registry["squared_error"])
    assert found.identifiers == (
        "mse", "squared_error", "losses.weighted", "squared_error.grad"
    )  # fmt: skip


def test_an_op_that_is_not_in_the_catalogue_is_checked_within_the_loss_it_serves() -> None:
    assert {case.name for case in resolve("squared_error").cases} == {"mse_loss"}


def test_an_objective_is_checked_by_its_own_name() -> None:
    found = resolve("NonSaturating")
    assert {case.name for case in found.cases} == {"non-saturating"}
    assert "gan.optimal_discriminator" in found.identifiers  # its base class's


def test_a_result_has_all_that_implement_it() -> None:
    found = resolve("conv2d.grad_weight")
    assert found.kind == "result"
    assert found.identifiers == ("conv2d.grad_weight",)
    assert found.targets == (F.conv2d, F.conv2d_weight)
    assert {case.name for case in found.cases} == {"conv2d", "conv2d_weight"}


def test_a_thing_goes_before_the_result_of_its_name_and_contains_it() -> None:
    for name in page_of():
        assert name in identifiers(name)


def test_what_has_no_gradient_has_no_derivation() -> None:
    found = resolve(F.argmax)
    assert (found.identifiers, found.cases) == ((), ())


@minigen.op
def exp(x: Any) -> Any:
    return x


def test_a_learners_own_op_is_not_taken_for_the_librarys() -> None:
    found = resolve(exp)
    assert (found.identifiers, found.targets, found.cases) == ((), (exp,), ())


def test_every_name_can_be_explained() -> None:
    known = names()
    assert {"conv2d", "Dense", "mse_loss", "VAE", "Adam", "hinge", "grad", "spectral_norm"} <= set(
        known
    )
    assert set(registry) <= set(known)
    for name in known:
        explanation = explain(name, check=False)
        assert explanation.code
        assert all(section.blocks for section in explanation.derivation)


def test_every_public_layer_with_a_rule_of_its_own_names_a_derivation() -> None:
    layers = [
        each for each in vars(nn).values() if isinstance(each, type) and issubclass(each, nn.Module)
    ]
    without = {layer.__name__ for layer in layers if not resolves(layer)}
    assert without == {
        "Module",
        "ModuleDict",
        "ModuleList",
        "Sequential",
        "Identity",
        "CosineSimilarity",
        "ParameterDict",
        "ParameterList",
        "RMSNorm",
        "TripletMarginLoss",
    }


def resolves(thing: Any) -> bool:
    try:
        return bool(resolve(thing).identifiers)
    except UnknownNameError:
        return False


@pytest.mark.parametrize(
    ("name", "likely"),
    [
        ("softmaks", "softmax"),
        ("conv2d.grad_wieght", "conv2d.grad_weight"),
        ("standard_norm", "kl.standard_normal"),
        ("F.sofmax", "softmax"),
        ("transpose2d", "conv_transpose2d"),
    ],
)
def test_of_an_unknown_name_the_likeliest_are_told(name: str, likely: str) -> None:
    with pytest.raises(UnknownNameError, match=f"nothing called {name!r}.*did you mean .*{likely}"):
        resolve(name)


def test_of_a_name_like_none_the_list_is_told() -> None:
    with pytest.raises(UnknownNameError, match="explained; `minigen explain --list` has all"):
        resolve("qqqqqq")


@pytest.mark.parametrize("thing", [minigen.Generator, F, len, 3, nn.ModuleList])
def test_what_has_neither_derivation_nor_check_is_refused(thing: Any) -> None:
    with pytest.raises(UnknownNameError, match="there is neither a derivation nor a check of"):
        resolve(thing)
