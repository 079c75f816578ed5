"""Explanations as data."""

from __future__ import annotations

import math

import pytest

import minigen
from minigen import functional as F
from minigen import nn
from minigen.explanation import explain, page_of

from .helpers import scale_rule


def test_an_explanation_has_derivation_code_and_checks() -> None:
    explanation = explain("tanh")
    assert (explanation.name, explanation.kind) == ("tanh", "op")
    assert explanation.identifiers == ("tanh", "tanh.grad")
    (section,) = explanation.derivation
    assert section.title == "The hyperbolic tangent"
    assert [result.identifier for result in section.results] == ["tanh", "tanh.grad"]
    assert [source.name for source in explanation.code] == ["tanh", "tanh_vjp"]
    assert [(check.kind, check.title) for check in explanation.checks] == [
        ("gradient", "tanh"),
        ("definition", "tanh"),
        ("definition", "tanh.grad"),
    ]
    assert explanation.ok
    assert 0 < explanation.worst_error < 1e-8


def test_the_function_of_the_package_does_the_same() -> None:
    assert minigen.explain(F.tanh, check=False) == explain("tanh", check=False)
    assert repr(minigen.explain("tanh", order=1)).startswith(
        "<explanation of op tanh: 2 results, 3"
    )


def test_without_checks_nothing_is_known() -> None:
    explanation = explain("tanh", check=False)
    assert explanation.checks == ()
    assert math.isnan(explanation.worst_error)
    assert repr(explanation) == "<explanation of op tanh: 2 results, nothing checked>"


def test_a_wrong_rule_shows(monkeypatch: pytest.MonkeyPatch) -> None:
    scale_rule(monkeypatch, F.tanh, 2.0)
    explanation = explain("tanh")
    assert not explanation.ok
    assert {
        check.title: check.passed for check in explanation.checks if check.kind == "definition"
    } == {
        "tanh": True,
        "tanh.grad": False,
    }
    assert "1 of 3 checks passed, worst relative error 1.0e+00" in repr(explanation)


def test_sections_come_in_their_pages_order_each_once() -> None:
    explanation = explain("conv_transpose2d", check=False)
    titles = [section.title for section in explanation.derivation]
    assert titles == [
        "Gradients",
        "Scattering: col2im and why it adds",
        "The transposed convolution",
        "The adjoint, and the test with inner products",
        "Its gradients",
    ]


def test_results_on_several_pages_bring_sections_of_each() -> None:
    explanation = explain("VAE", check=False)
    assert [section.page for section in explanation.derivation] == [
        "elbo",
        "elbo",
        "importance_weighting",
    ]


def test_what_is_put_together_of_layers_is_checked_without_a_derivation() -> None:
    explanation = explain(nn.Sequential)
    assert explanation.derivation == ()
    assert [check.kind for check in explanation.checks] == ["gradient"]
    assert explanation.ok


def test_every_result_can_be_explained() -> None:
    for identifier in page_of():
        explanation = explain(identifier, check=False)
        shown = [result.identifier for part in explanation.derivation for result in part.results]
        assert identifier in shown
        assert explanation.code
