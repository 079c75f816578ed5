"""A mistake in any of the four, derivation, code, check or test, makes the tests fail."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pytest

from .checkouts import Edit, copy_to, run

PAGES = "tests/docs/test_derivations.py"
BINDING = "tests/docs/test_binding.py"
GRADIENTS = "tests/catalogue/test_catalogue.py"
VALUES = "tests/parity/test_fixtures.py"


@dataclass(frozen=True)
class Mutation:
    """One text put in the place of another, and the test that has to notice it."""

    what: str
    file: str
    before: str
    after: str
    notices: str


def page_test(page: str) -> str:
    """Return the test that runs a page."""
    return f"{PAGES}::test_every_cell_of_a_page_runs_and_every_result_is_checked_on_it[{page}]"


def both_ways() -> str:
    """Return the test that compares the pages' identifiers with those of the code."""
    return f"{PAGES}::test_every_result_is_named_by_code_and_every_name_in_code_is_a_result"


def gradients(case: str) -> str:
    """Return the test that checks the gradients of a case of the catalogue."""
    return f"{GRADIENTS}::test_gradients_agree_with_finite_differences_at_both_orders[{case}]"


CONVOLUTION, KL = "docs/derivations/convolution.md", "docs/derivations/kl.md"
ACTIVATION = "minigen/ops/activation.py"

MUTATIONS = [
    Mutation(
        "a definition on a page has a wrong sign",
        CONVOLUTION,
        "    expected[o] += g[n, o, i, j]\n",
        "    expected[o] -= g[n, o, i, j]\n",
        page_test("convolution"),
    ),
    Mutation(
        "a definition on a page lacks a factor",
        KL,
        "return (q * np.log(q / p)).sum() * step",
        "return (q * np.log(q / p)).sum()",
        page_test("kl"),
    ),
    Mutation(
        "a check is taken out of a page",
        KL,
        'check("kl.standard_normal", expected',
        'print("kl.standard_normal", expected',
        page_test("kl"),
    ),
    Mutation(
        "a page's cell is shown and not run",
        "docs/derivations/dense.md",
        "```{code-cell} python\nexpected",
        "```python\nexpected",
        page_test("dense"),
    ),
    Mutation(
        "a result loses its box",
        KL,
        r"\boxed{\bar\mu = g\, \mu",
        r"{\bar\mu = g\, \mu",
        f"{PAGES}::test_every_result_is_boxed_and_states_its_shapes[kl]",
    ),
    Mutation(
        "a forward pass is wrong",
        "minigen/ops/losses/gaussians.py",
        "_exponential_remainder(logvar)) * 0.5",
        "_exponential_remainder(logvar)) * 0.25",
        page_test("kl"),
    ),
    Mutation(
        "a gradient rule is wrong, as its page finds",
        ACTIVATION,
        "return (g * (1 - out * out),)",
        "return (g * (1 - out),)",
        page_test("elementwise"),
    ),
    Mutation(
        "a gradient rule is wrong, as finite differences find",
        ACTIVATION,
        "return (g * (1 - out * out),)",
        "return (g * (1 - out),)",
        gradients("op tanh"),
    ),
    Mutation(
        "a gradient rule is wrong, as PyTorch's results show",
        ACTIVATION,
        "return (g * (1 - out * out),)",
        "return (g * (1 - out),)",
        f"{VALUES}::test_ops_equal_the_fixture[tanh]",
    ),
    Mutation(
        "a rule forgets what only odd sizes show",
        "minigen/ops/convolution.py",
        "return conv_transpose2d(g, weight, None, stride, padding, left_over, groups, dilation)",
        "return conv_transpose2d(g, weight, None, stride, padding, 0, groups, dilation)",
        gradients("op conv2d (stride, padding, rows left over)"),
    ),
    Mutation(
        "a result of a page has another name",
        CONVOLUTION,
        ":::{derivation} conv2d.grad_bias",
        ":::{derivation} conv2d.bias_grad",
        both_ways(),
    ),
    Mutation(
        "code names a result that is on no page",
        ACTIVATION,
        "Derivation: tanh.grad",
        "Derivation: tanh.slope",
        both_ways(),
    ),
    Mutation(
        "code no longer names its derivation",
        "minigen/ops/arithmetic.py",
        "\n    Derivation: neg\n",
        "\n",
        f"{PAGES}::test_every_op_with_a_gradient_names_its_derivation",
    ),
    Mutation(
        "a new op has no derivation",
        "minigen/ops/arithmetic.py",
        "@op\ndef exp(",
        "@op\ndef cube(x):\n    return x**3\n\n\n"
        "@cube.vjp\ndef cube_vjp(g, _out, x):\n    return (g * 3 * x**2,)\n\n\n@op\ndef exp(",
        f"{PAGES}::test_every_op_with_a_gradient_names_its_derivation",
    ),
    Mutation(
        "the test of a result no longer carries it",
        "tests/ops/test_windows.py",
        '@pytest.mark.derivation("conv2d.output_size")\n',
        "",
        f"{BINDING}::test_every_result_has_a_test_that_carries_it",
    ),
    Mutation(
        "a test carries a result that is not there",
        "tests/ops/test_windows.py",
        '@pytest.mark.derivation("windows.meeting")',
        '@pytest.mark.derivation("windows.meeting", "windows.parting")',
        f"{BINDING}::test_no_test_carries_a_result_that_is_not_there",
    ),
]


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    return copy_to(tmp_path)


@pytest.mark.slow
@pytest.mark.parametrize("mutation", MUTATIONS, ids=lambda mutation: mutation.what)
def test_a_mistake_is_noticed(mutation: Mutation, checkout: Path) -> None:
    Edit(mutation.file, mutation.before, mutation.after).make(checkout)
    done = run(checkout, mutation.notices)
    assert done.returncode == 1, done.stdout + done.stderr
    assert f"FAILED {mutation.notices}" in done.stdout


@pytest.mark.slow
def test_without_a_mistake_all_these_tests_pass(checkout: Path) -> None:
    done = run(checkout, *dict.fromkeys(mutation.notices for mutation in MUTATIONS))
    assert done.returncode == 0, done.stdout + done.stderr
