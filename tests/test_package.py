"""The package as a whole: what it imports, and what its front page promises."""

from __future__ import annotations

import builtins
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

import minigen
import minigen.functional as F
from minigen._version import DISTRIBUTION

ROOT = Path(__file__).parent.parent
README = ROOT / "README.md"
HEAVY = {
    *("click", "cupy", "markdown_it", "matplotlib", "mdit_py_plugins", "numba", "pooch"),
    *("pygments", "pylatexenc", "rich", "safetensors", "scipy", "torch", "tqdm"),
}


def _blocks(language: str) -> list[str]:
    return re.findall(
        rf"^```{language}\n(.*?)^```$", README.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL
    )


def _texts() -> Iterator[Path]:
    """Yield what a person reads: pages, notebooks, and the sources with their messages."""
    yield from ROOT.glob("*.md")
    for folder in ("docs", "lessons", "minigen", "benchmarks"):
        for ending in ("md", "ipynb", "py"):
            yield from (ROOT / folder).rglob(f"*.{ending}")


def _modules_after(statement: str) -> set[str]:
    program = f"{statement}; import sys; print(*sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    return {name.partition(".")[0] for name in done.stdout.split()}


def test_importing_the_engine_and_the_models_needs_numpy_alone() -> None:
    modules = _modules_after(
        "import minigen, minigen.nn, minigen.optim, minigen.models, minigen.data, minigen.checker"
    )
    assert "numpy" in modules
    assert modules & HEAVY == set()


def test_importing_the_command_line_leaves_heavy_libraries_for_the_commands() -> None:
    assert _modules_after("import minigen.cli") & (HEAVY - {"click"}) == set()


def test_everything_that_is_public_exists() -> None:
    assert all(hasattr(minigen, name) for name in minigen.__all__)


def test_the_package_has_every_function_and_dtype_by_pytorchs_name() -> None:
    assert all(getattr(minigen, name) is getattr(F, name) for name in F.__all__)
    assert set(F.__all__) <= set(dir(minigen))
    names: dict[str, type] = {"float": np.float32, "double": np.float64, "long": np.int64}
    for name, dtype in names.items():
        assert minigen.zeros(1, dtype=getattr(minigen, name)).dtype == dtype
    assert minigen.zeros(1).dtype == minigen.float32
    with pytest.raises(AttributeError, match="module 'minigen' has no attribute 'expo'"):
        _ = minigen.expo


def test_the_star_of_an_import_hides_no_builtin() -> None:
    assert not set(minigen.__all__) & set(vars(builtins))


def test_every_instruction_installs_this_project_and_not_its_namesake() -> None:
    """`minigen` on the package index is another project; here, the name is that of pyproject."""
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    assert settings["project"]["name"] == DISTRIBUTION
    namesake = re.compile(r"(pip install|uv add|uvx)[^\n&]*[ '\"]minigen(?![-\w.:])")
    told = [path for path in _texts() if namesake.search(path.read_text(encoding="utf-8"))]
    assert told == []


def test_the_readme_begins_with_two_shell_blocks_that_install_and_run() -> None:
    demo, tests = (block.strip() for block in _blocks("sh"))
    assert demo == "python -m pip install . && minigen demo"
    assert tests == "python -m pip install -e '.[dev]' && python -m pytest -n auto"


def test_the_readmes_explanation_is_what_the_command_writes() -> None:
    """Pieces of it, each unchanged, but for errors and the numbers of lines."""

    def masked(text: str) -> str:
        return re.sub(r"\d\.\de[-+]\d\d|(?<=\.py:)\d+", "#", text)

    (shot,) = _blocks("text")
    command, output = shot.split("\n", maxsplit=1)
    assert command == "$ minigen explain conv_transpose2d"
    rest = masked(str(minigen.explain("conv_transpose2d"))) + "\n"
    pieces = masked(output).split("⋮\n")
    assert len(pieces) > 3
    for piece in pieces:
        before, found, rest = rest.partition(piece)
        assert found, piece
        assert before == "" or before.endswith("\n")
    assert rest == ""


def test_the_readmes_example_trains() -> None:
    (example,) = _blocks("python")
    names: dict[str, minigen.Tensor] = {}
    exec(example, names)
    assert names["loss"].item() < 28


def test_the_packages_are_there_once_the_library_is_imported() -> None:
    names = ("data", "metrics", "models", "nn", "optim", "training", "viz")
    assert set(names) <= set(dir(minigen))
    program = "import minigen; " + "; ".join(f"minigen.{name}.__all__" for name in names)
    subprocess.run([sys.executable, "-c", program], check=True)
    assert not _modules_after("import minigen") & HEAVY
