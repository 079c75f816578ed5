"""Who implements a result, and the source of it."""

from __future__ import annotations

import textwrap
from typing import Any

import numpy as np
import pytest

import minigen
from minigen import functional as F
from minigen import models, nn
from minigen.derivations import named_in
from minigen.explanation import implementers_of
from minigen.explanation.subjects import PACKAGE, sources_of, unwrapped, without_docstrings
from minigen.ops.windows import Windows


def test_several_identifiers_may_be_named_over_lines() -> None:
    docstring = """Do something.

    Derivation: one, two.grad,
    three_d

    Derivation: four
    """
    assert named_in(docstring) == ("one", "two.grad", "three_d", "four")
    assert named_in("It has a Derivation: no") == ()
    assert named_in(None) == ()


def test_a_rule_belongs_to_its_op() -> None:
    targets = {each.name: each.target for each in implementers_of()["conv2d.grad_weight"]}
    assert targets == {
        "minigen.ops.convolution.conv2d_vjp": F.conv2d,
        "minigen.ops.convolution.conv2d_weight": F.conv2d_weight,
    }


@pytest.mark.host_only("on a device functions made of ops are wrapped")
def test_a_rule_of_two_ops_belongs_to_both() -> None:
    assert {each.target for each in implementers_of()["min"]} == {F.amax, F.amin, F.min}


def test_methods_classes_and_modules_implement_results_too() -> None:
    found = {
        name: implementers_of()[name] for name in ("windows.meeting", "adam", "init.mean_square")
    }
    assert [each.target for each in found["windows.meeting"]] == [Windows.meeting]
    assert [each.target for each in found["adam"]] == [minigen.optim.Adam]
    assert [each.target for each in found["init.mean_square"]] == [nn.init]


def test_an_ops_source_is_its_forward_and_its_rule() -> None:
    forward, rule = sources_of(F.tanh)
    assert (forward.role, forward.name, rule.role, rule.name) == (
        "forward",
        "tanh",
        "gradient rule",
        "tanh_vjp",
    )
    assert forward.path == rule.path == "minigen/ops/activation.py"
    assert forward.code.startswith('@op\ndef tanh(x: Array) -> Array:\n    r"""')
    assert (
        forward.body
        == "@op\ndef tanh(x: Array) -> Array:\n    return namespace(x).tanh(floating(x))"
    )
    file = (PACKAGE / "ops" / "activation.py").read_text(encoding="utf-8")
    assert file.splitlines()[rule.line - 1] == "@tanh.vjp"


def test_an_op_without_a_rule_has_a_forward_alone() -> None:
    assert [source.role for source in sources_of(F.eq)] == ["forward"]


def test_classes_functions_methods_and_modules_have_one_source() -> None:
    sources = [sources_of(each) for each in (nn.Dense, F.mse_loss, Windows.meeting, nn.init)]
    assert [[source.role for source in each] for each in sources] == [
        ["class"],
        ["function"],
        ["function"],
        ["module"],
    ]
    (method,) = sources[2]
    assert method.name == "Windows.meeting"
    assert method.code.startswith("def meeting(")
    assert sources[3][0].line == 1


@minigen.op
def _own(x: Any) -> Any:
    return x + np.float64(1)


def test_a_learners_own_op_is_shown_by_its_files_name() -> None:
    (forward,) = sources_of(_own)
    assert forward.path.endswith("test_code.py")
    assert "def _own" in forward.body


def test_docstrings_are_left_out_and_nothing_else() -> None:
    code = textwrap.dedent(
        '''
        class A:
            """Says something."""

            """not a docstring"""

            def f(self):
                r"""Over
                lines.
                """
                return """kept"""

            def g(self):
                """All there is."""
        '''
    ).strip()
    assert (
        without_docstrings(code)
        == textwrap.dedent(
            '''
        class A:
            """not a docstring"""

            def f(self):
                return """kept"""

            def g(self):
                """All there is."""
        '''
        ).strip()
    )


def test_what_is_no_python_by_itself_is_left_alone() -> None:
    assert without_docstrings("else:\n    pass") == "else:\n    pass"


def test_members_are_unwrapped() -> None:
    class A:
        @property
        def p(self) -> int:
            return 1

        @classmethod
        def c(cls) -> int:
            return 2

    assert unwrapped(vars(A)["p"]).__name__ == "p"
    assert unwrapped(vars(A)["c"]).__name__ == "c"
    assert unwrapped(models.VAE) is models.VAE


@pytest.mark.parametrize("name", ["conv2d", "vae.elbo", "gan.minimax", "autograd.chain_rule"])
def test_every_source_of_a_result_can_be_compiled(name: str) -> None:
    for implementer in implementers_of()[name]:
        for source in sources_of(implementer.target):
            compile(source.code, source.path, "exec")
            compile(source.body, source.path, "exec")
