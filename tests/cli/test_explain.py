"""`minigen explain`."""

from __future__ import annotations

import io
import sys
from pathlib import Path

import click
import pytest

from minigen import functional as F
from minigen.cli import main
from minigen.explanation import page_of, site

from ..explanation.helpers import scale_rule
from .helpers import call, error


@pytest.fixture(autouse=True)
def _wide_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "100")


def test_derivation_code_and_check_are_shown() -> None:
    output = call("explain", "softplus").output
    assert output.startswith("softplus (op)\n")
    assert "│ x̄ = ȳ σ(x) │" in output
    assert "@softplus.vjp" in output
    assert "finite differences, both orders" in output
    assert "right" in output


def test_the_order_of_the_gradient_check_can_be_chosen() -> None:
    assert "finite differences, first order" in call("explain", "exp", "--order", "1").output


@pytest.mark.usefixtures("cupy")
def test_gradients_are_checked_on_the_device_asked_for() -> None:
    assert "both orders, cuda:0" in call("explain", "exp", "--device", "cuda:0").output


def test_all_can_be_shown() -> None:
    assert "check(" not in call("explain", "exp").output
    assert 'check("exp", ' in call("explain", "exp", "--full").output


def test_the_exit_status_is_one_if_a_check_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    scale_rule(monkeypatch, F.exp, 1.001)
    output = call("explain", "exp", status=1).output
    assert "WRONG" in output
    assert "gradcheck of exp FAILED" in output


def test_a_narrow_terminal_cuts_nothing_off_the_list(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "60")
    assert "…" not in call("explain", "--list").output


def test_all_results_are_listed_with_page_and_code() -> None:
    lines = call("explain", "--list").output.splitlines()
    assert lines[0].split() == ["result", "page", "code"]
    assert lines[-1] == f"{len(page_of())} results"
    row = next(line for line in lines if line.startswith("conv2d.grad_bias "))
    assert row.split() == ["conv2d.grad_bias", "convolution", "minigen.ops.convolution.conv2d_vjp"]
    assert sum("extreme_vjp" in line for line in lines) == 2  # for max and for min, once each
    assert {line.split()[0] for line in lines if line and line[0] != " "} >= set(page_of())


@pytest.mark.parametrize(
    ("name", "page", "anchor"),
    [
        ("kl.gaussian", "derivations/kl.html", "#kl.gaussian"),
        ("conv2d", "ops/conv2d.html", ""),
        ("argmax", "ops/argmax.html", ""),
    ],
)
def test_the_page_of_the_site_is_opened_in_a_browser(
    name: str, page: str, anchor: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    opened: list[str] = []
    monkeypatch.setattr(click, "launch", opened.append)
    monkeypatch.setattr(site, "BUILT", tmp_path)
    built = tmp_path / page
    built.parent.mkdir()
    built.write_text(name)
    output = call("explain", name, "--web").output
    assert opened == [built.as_uri() + anchor] == [output.strip()]


def test_without_a_site_nothing_is_opened(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(site, "BUILT", tmp_path)
    assert error("explain", "exp", "--web", status=1).startswith("there is no site to open")


def test_an_unknown_name_is_a_usage_error_with_the_likeliest_names() -> None:
    assert "did you mean softmax" in error("explain", "softmaks", status=2)


def test_a_name_is_needed() -> None:
    assert error("explain", status=2) == "say what to explain, or --list for all results"


@pytest.mark.parametrize("encoding", ["cp1252", "ascii", "latin-1", "cp437"])
def test_a_code_page_without_the_signs_gets_question_marks(
    encoding: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    terminal = io.TextIOWrapper(io.BytesIO(), encoding=encoding)
    monkeypatch.setattr(sys, "stdout", terminal)
    main(["explain", "tanh"], standalone_mode=False)
    terminal.flush()
    text = terminal.buffer.getvalue().decode(encoding)
    assert text.startswith("tanh (op)")
    assert "?" in text
    assert capsys.readouterr().err == ""
