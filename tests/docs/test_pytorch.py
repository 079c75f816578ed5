"""The page that sets PyTorch and minigen side by side names every difference that there is."""

from __future__ import annotations

import inspect
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

import minigen
import minigen.functional as F
from minigen import Tensor, nn, optim

torch: Any = pytest.importorskip("torch")

PAGE = (Path(__file__).parents[2] / "docs" / "pytorch.md").read_text(encoding="utf-8")

USELESS_HERE = {
    "args", "kwargs", "input", "tensor", "device", "dtype", "out", "inplace", "foreach", "fused",
    "capturable", "differentiable", "size_average", "reduce", "_stacklevel", "dim",
    "keepdim",
}  # fmt: skip
"""Parameters that the page dismisses for all names at once."""


def public(thing: Any) -> list[str]:
    return [name for name in getattr(thing, "__all__", dir(thing)) if not name.startswith("_")]


def defaults(thing: Any) -> dict[str, Any]:
    """Return the defaults of parameters that have one, by name."""
    found = parameters(thing).items()
    return {name: each.default for name, each in found if each.default is not each.empty}


def parameters(thing: Any) -> Mapping[str, inspect.Parameter]:
    """Return the parameters of a function or class, if they can be read."""
    try:
        return inspect.signature(thing).parameters
    except ValueError:
        return {}


def theirs(place: str, name: str) -> Any:
    """Return what PyTorch has under a name."""
    whole = {"F": torch.nn.functional, "nn": torch.nn, "optim": torch.optim}[place]
    return getattr(whole, name, getattr(torch, name, None) if place == "F" else None)


SHARED = [
    (place, name)
    for place, module in (("F", F), ("nn", nn), ("optim", optim))
    for name in public(module)
    if callable(theirs(place, name))
]


@pytest.mark.parametrize(("place", "module"), [("F", F), ("nn", nn), ("optim", optim)])
def test_every_name_is_pytorchs_or_on_the_page(place: str, module: Any) -> None:
    own = [name for name in public(module) if theirs(place, name) is None]
    assert [name for name in own if f"`{place}.{name}`" not in PAGE] == []


def test_every_method_of_a_tensor_is_pytorchs_or_on_the_page() -> None:
    own = [name for name in public(Tensor) if not hasattr(torch.Tensor, name)]
    assert [name for name in own if not re.search(rf"`x\.{name}[(`]", PAGE)] == []


def missing(place: str, name: str) -> set[str]:
    """Return PyTorch's options that are not there, but for those that the page dismisses."""
    ours = getattr({"F": F, "nn": nn, "optim": optim}[place], name)
    return set(parameters(theirs(place, name))) - set(parameters(ours)) - USELESS_HERE


def listed() -> dict[str, set[str]]:
    """Return the page's table of missing options."""
    table = PAGE.partition("| name | options that are missing |")[2].partition("\n\n")[0]
    rows = re.findall(r"^\| `([\w.]+)` \| (.*) \|$", table, re.MULTILINE)
    return {name: set(re.findall(r"`(\w+)`", text)) for name, text in rows}


@pytest.mark.parametrize(("place", "name"), SHARED)
def test_an_option_that_is_missing_is_on_the_page_and_no_other(place: str, name: str) -> None:
    assert listed().get(f"{place}.{name}", set()) == missing(place, name)


def test_every_row_of_missing_options_is_about_a_shared_name() -> None:
    assert {tuple(name.split(".")) for name in listed()} <= set(SHARED)


@pytest.mark.parametrize("name", sorted(set(re.findall(r"`(F|nn|optim)\.(\w+)", PAGE))))
def test_every_name_on_the_page_is_in_one_of_the_libraries(name: tuple[str, str]) -> None:
    place, attribute = name
    ours = {"F": F, "nn": nn, "optim": optim}[place]
    assert hasattr(ours, attribute) or theirs(place, attribute) is not None


def test_defaults_are_pytorchs_unless_the_page_says_otherwise() -> None:
    differing: dict[str, tuple[Any, Any]] = {}
    for place, name in SHARED:
        ours = getattr({"F": F, "nn": nn, "optim": optim}[place], name)
        here, there = defaults(ours), defaults(theirs(place, name))
        for option in set(here) & set(there) - {"dtype"}:
            if callable(here[option]):  # a function of each library
                continue
            if here[option] != there[option] and here[option] not in ((), 0.0):
                differing[f"{place}.{name}.{option}"] = here[option], there[option]
    assert differing == {
        "F.binary_cross_entropy.reduction": ("batchmean", "mean"),
        "F.binary_cross_entropy_with_logits.reduction": ("batchmean", "mean"),
        "F.cross_entropy.reduction": ("batchmean", "mean"),
        "F.gaussian_nll_loss.reduction": ("batchmean", "mean"),
        "F.hinge_embedding_loss.reduction": ("batchmean", "mean"),
        "F.huber_loss.reduction": ("batchmean", "mean"),
        "F.kl_div.reduction": ("batchmean", "mean"),
        "F.l1_loss.reduction": ("batchmean", "mean"),
        "F.margin_ranking_loss.reduction": ("batchmean", "mean"),
        "F.mse_loss.reduction": ("batchmean", "mean"),
        "F.smooth_l1_loss.reduction": ("batchmean", "mean"),
        "F.triplet_margin_loss.reduction": ("batchmean", "mean"),
        "F.nll_loss.reduction": ("batchmean", "mean"),
        "F.meshgrid.indexing": ("ij", None),
        "F.norm.p": (2, "fro"),
        "nn.BCELoss.reduction": (None, "mean"),
        "nn.BCEWithLogitsLoss.reduction": (None, "mean"),
        "nn.CrossEntropyLoss.reduction": (None, "mean"),
        "nn.GaussianNLLLoss.reduction": (None, "mean"),
        "nn.HuberLoss.reduction": (None, "mean"),
        "nn.KLDivLoss.reduction": (None, "mean"),
        "nn.L1Loss.reduction": (None, "mean"),
        "nn.SmoothL1Loss.reduction": (None, "mean"),
        "nn.MSELoss.reduction": (None, "mean"),
        "nn.TripletMarginLoss.reduction": (None, "mean"),
        "nn.NLLLoss.reduction": (None, "mean"),
        "nn.LogSoftmax.dim": (-1, None),
        "nn.Softmin.dim": (-1, None),
        "nn.Softmax.dim": (-1, None),
    }


def test_what_the_page_says_of_nearest_rows_and_of_minus_infinities_is_so() -> None:
    rows = torch.arange(14.0).reshape(1, 1, 14, 1)
    exact = [i * 14 // 46 for i in range(46)]
    assert F.interpolate(rows.numpy(), (46, 1)).ravel().tolist() == exact
    assert torch.nn.functional.interpolate(rows, (46, 1)).ravel().tolist() != exact
    for library in (minigen, torch):
        x = library.tensor([-float("inf")] * 2, requires_grad=True)
        x.logsumexp(0).backward()
        assert str(x.grad.tolist()) == ("[0.0, 0.0]" if library is minigen else "[nan, nan]")
