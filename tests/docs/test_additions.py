"""Adding an op takes three edits by hand, adding a model two; without one of them a test fails."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from minigen.engine.op import registry

from .checkouts import Edit, copy_to, minigen, run

CATALOGUE = "tests/catalogue/test_catalogue.py"
PAGES = "tests/docs/test_derivations.py"

FAMILY = registry["log"].__module__.replace(".", "/") + ".py"

FUNCTION = Edit(
    FAMILY,
    "@op\ndef log(",
    '''@op
def cube(x: Array) -> Array:
    r"""Cube: :math:`y = x^3`.

    Derivation: cube
    """
    return x * x * x


@cube.vjp
def cube_vjp(g: Array, _out: Array, x: Array) -> Cotangents:
    r""":math:`\\bar x = 3 g\\,x^2`.

    Derivation: cube.grad
    """
    return (3 * g * x * x,)


@op
def log(''',
)
"""A family that lists what it exports has the name in its list, too: see `exported`."""

CASE = Edit(
    "minigen/catalogue/elementwise.py",
    '    op_case("sqrt", positive(3, 4)),\n',
    '    op_case("sqrt", positive(3, 4)),\n    op_case("cube", normal(3, 4), torch="x**3"),\n',
)

DERIVATION = Edit(
    "docs/derivations/elementwise.md",
    "## Exponential and logarithm\n",
    r"""## Cube

:::{derivation} cube
**Shapes:** $x$ and $y$ have one shape.

$$
\boxed{y = x^3}
$$
:::

:::{derivation} cube.grad
**Shapes:** $\bar x$ and $\bar y$ have the shape of $x$.

$$
\boxed{\bar x = 3 \bar y\, x^2}
$$
:::

```{code-cell} python
from minigen.engine.op import registry

cube = registry["cube"]
expected = by_definition(lambda x: x**3, lambda x: 3 * x * x)
y, gradient = by_library(cube)
check("cube", expected[0], y)
check("cube.grad", expected[1], gradient)
```

## Exponential and logarithm
""",
)


def exported(checkout: Path) -> None:
    """Enter the op in the list of its family's file, where that has one."""
    file = checkout / FAMILY
    text = re.sub(r'"sqrt"(?=[],])', '"sqrt", "cube"', file.read_text(encoding="utf-8"), count=1)
    file.write_text(text, encoding="utf-8")


OP_EDITS = {"function": FUNCTION, "case": CASE, "derivation": DERIVATION}

LISTS = [
    f"{CATALOGUE}::test_every_op_has_a_case_with_a_gradient_or_without",
    f"{CATALOGUE}::test_every_differentiable_function_has_a_case",
    f"{CATALOGUE}::test_every_layer_and_model_has_a_case",
    PAGES,
    "tests/docs/test_binding.py",
    "tests/docs/test_glossary.py",
    "tests/parity/test_cases.py",
    "tests/test_functional.py",
    "tests/site/test_website.py::test_every_page_that_explain_knows_is_made",
    "tests/site/test_website.py::test_whatever_implements_a_result_is_shown_somewhere",
]
"""The tests that guard lists."""

COMPARISONS = [CATALOGUE, "tests/ops/test_dtypes.py", "tests/parity"]
"""The tests that compare what is in the catalogue."""


def add(checkout: Path, edits: dict[str, Edit], without: str = "") -> None:
    for name, edit in edits.items():
        if name != without:
            edit.make(checkout)


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    return copy_to(tmp_path)


@pytest.mark.slow
def test_an_op_is_added_by_three_edits(checkout: Path) -> None:
    add(checkout, OP_EDITS)
    exported(checkout)
    for tests in (LISTS, [*COMPARISONS, "-k", "cube"]):
        done = run(checkout, *tests)
        assert done.returncode == 0, done.stdout + done.stderr
    checked = minigen(checkout, "gradcheck", "cube")
    assert checked.returncode == 0, checked.stdout + checked.stderr
    explained = minigen(checkout, "explain", "cube")
    assert explained.returncode == 0, explained.stdout + explained.stderr
    for part in ("y = x³", "x * x * x", "cube.grad"):
        assert part in explained.stdout


@pytest.mark.slow
@pytest.mark.parametrize("without", OP_EDITS)
def test_an_op_that_lacks_an_edit_is_named_by_a_test(checkout: Path, without: str) -> None:
    add(checkout, OP_EDITS, without)
    if without != "function":
        exported(checkout)
    done = run(checkout, "--exitfirst", *LISTS)
    assert done.returncode != 0
    assert "cube" in done.stdout


# --- models ---------------------------------------------------------------------------------------

MODEL_EDITS = {
    "file": Edit(
        "minigen/models/plain.py",
        "",
        '''"""A plain autoencoder, in a file of its own."""

from __future__ import annotations

from typing import ClassVar

from minigen.models.autoencoder import Autoencoder


class PlainAutoencoder(Autoencoder):
    """An autoencoder under another name."""

    name: ClassVar[str] = "plain"
''',
    ),
    "case": Edit(
        "minigen/catalogue/modules.py",
        "\nMODELS = [\n",
        """
MODELS = [
    _model(
        "PlainAutoencoder",
        lambda g: models.build(
            "plain", image_shape=_SHAPE, hidden=(7,), latent=2, generator=g
        ),
        probability(*_IMAGES),
        call=_loss,
    ),
""",
    ),
}


@pytest.mark.slow
def test_a_model_is_added_by_two_edits(checkout: Path) -> None:
    add(checkout, MODEL_EDITS)
    for tests in (LISTS, [CATALOGUE, "-k", "PlainAutoencoder"]):
        done = run(checkout, *tests)
        assert done.returncode == 0, done.stdout + done.stderr
    for command in ("gradcheck", "explain"):
        done = minigen(checkout, command, "PlainAutoencoder")
        assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.slow
@pytest.mark.parametrize("without", MODEL_EDITS)
def test_a_model_that_lacks_an_edit_is_named_by_a_test(checkout: Path, without: str) -> None:
    add(checkout, MODEL_EDITS, without)
    done = run(checkout, "--exitfirst", *LISTS)
    assert done.returncode != 0
    assert "plain" in done.stdout.lower()
