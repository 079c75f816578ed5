"""The mutants of a text, their trial, and the list of those that change nothing."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from tests.mutants import trial
from tests.mutants.__main__ import DEFAULT, equivalent, mirror
from tests.mutants.mutation import mutants_of

TEXT = '''"""A module: 1 + 1."""

LIMIT: Final[int] = 3

def clip(x: int = 2, closed: bool = True) -> int:
    """Return x - 1."""
    if x > LIMIT and closed:
        raise ValueError(f"at most {LIMIT + 1}, got {x * 2}")
    x += 1
    return -x if not closed else x ** 2
'''

CHANGES = {
    "LIMIT: Final[int] = 4",
    "def clip(x: int = 3, closed: bool = True) -> int:",
    "def clip(x: int = 2, closed: bool = False) -> int:",
    "if x >= LIMIT and closed:",
    "if x > LIMIT or closed:",
    "if (not (x > LIMIT and closed)):",
    "x -= 1",
    "x += 2",
    "return (x) if not closed else x ** 2",
    "return -x if (closed) else x ** 2",
    "return -x if (not (not closed)) else x ** 2",
    "return -x if not closed else x * 2",
    "return -x if not closed else x ** 3",
}


def test_one_thing_is_changed_at_a_time_and_neither_words_nor_types(tmp_path: Path) -> None:
    file = tmp_path / "module.py"
    file.write_text(TEXT, encoding="utf-8")
    mutants = mutants_of(file)
    assert {m.becomes.strip() for m in mutants} == CHANGES
    for mutant in mutants:
        ast.parse(mutant.text())
        before, after = TEXT.split("\n"), mutant.text().split("\n")
        assert sum(a != b for a, b in zip(before, after, strict=True)) == 1


@pytest.mark.parametrize("path", DEFAULT)
def test_mutants_of_the_house_are_python(path: str) -> None:
    for file in Path(path).rglob("*.py"):
        for mutant in mutants_of(file)[::20]:
            ast.parse(mutant.text())


def test_the_tests_of_a_file_are_those_that_mirror_it() -> None:
    assert mirror(Path("minigen/ops/losses/classes.py")) == "tests/ops/losses/test_classes.py"
    assert mirror(Path("minigen/optim/adam.py")) == "tests/optim"


@pytest.mark.parametrize(
    ("file", "anew"),
    [("minigen/kernels/compiled/losses.py", True), ("minigen/kernels/dense.py", False)],
)
def test_what_is_compiled_of_a_mutant_is_kept_apart(
    file: str, anew: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NUMBA_CACHE_DIR", "of all others")
    test = tmp_path / "test_folder.py"
    test.write_text(
        "import os\n"
        "def test_folder() -> None:\n"
        f"    assert (os.environ['NUMBA_CACHE_DIR'] == 'of all others') != {anew}\n",
        encoding="utf-8",
    )
    text = Path(file).read_text(encoding="utf-8")
    assert trial.passes(Path(file), text, [str(test)], 300)


def test_every_equivalent_mutant_is_one_of_the_code_as_it_is() -> None:
    reasons = equivalent()
    files = {Path(file) for file, *_ in reasons}
    names = {m.name for file in files for m in mutants_of(file)}
    assert set(reasons) <= names
    assert all(reasons.values())
