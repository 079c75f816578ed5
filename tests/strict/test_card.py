"""``pytest --backend cuda``: on a real card where there is one, and a clear error elsewhere."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests import conftest
from tests.strict.card import let_tests_look
from tests.strict.library import Library

ROOT = Path(__file__).parents[2]


class Config:
    """The options of a run of pytest."""

    def getoption(self, name: str) -> str:
        return {"--backend": "cuda"}[name]


def configure() -> None:
    """Begin a run of pytest on a card."""
    conftest.pytest_configure(Config())  # type: ignore[arg-type] # as much as it asks for


def test_without_cupy_the_run_ends_with_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "cupy", None)
    with pytest.raises(pytest.UsageError, match=r"--backend cuda: .* pip install '[\w-]+\[cuda"):
        configure()


def test_without_a_card_the_run_ends_and_says_so(
    cupy: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cupy.cuda.runtime, "getDeviceCount", lambda: 0, raising=False)
    with pytest.raises(pytest.UsageError, match=r"--backend cuda: .*finds no GPU"):
        configure()


def test_a_card_that_runs_no_kernel_ends_the_run_and_says_what_is_missing(
    cupy: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(*_: Any, **__: Any) -> Any:
        raise RuntimeError("libnvrtc.so.12: cannot open shared object file")

    monkeypatch.setattr(cupy, "arange", fails, raising=False)
    with pytest.raises(pytest.UsageError, match=r"did not run a first kernel: .*NVRTC"):
        configure()


PROGRAM = """
import sys, pytest
from tests.strict.counters import counting
from tests.strict.library import install
install()  # as if it were the real CuPy
with counting() as counters:
    code = pytest.main(["--backend", "cuda", "-q", "-rs", "-p", "no:cacheprovider", *sys.argv[1:]])
print(len(counters.uploads), "arrays were sent")
sys.exit(code)
"""


def test_with_a_card_the_suite_runs_on_it() -> None:
    command = [
        sys.executable,
        "-c",
        PROGRAM,
        "tests/engine/test_autograd.py",
        "tests/strict/test_reads.py",
    ]
    done = subprocess.run(command, check=False, cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout
    assert "about the stand-in for CuPy" in done.stdout
    assert "card: Stand-in 0, CuPy " in done.stdout
    assert "first kernel: it ran" in done.stdout
    assert re.search(r"engine, ops and kernels: \d+ passed", done.stdout)
    assert re.search(r"models, training and commands: \d+ skipped", done.stdout)
    sent = re.search(r"(\d+) arrays were sent", done.stdout)
    assert sent is not None
    assert int(sent[1]) > 50


class Array:
    """An array that refuses what CuPy's refuses, on a card that is the host."""

    def __init__(self, host: Any) -> None:
        self.host = np.array(host)

    def get(self) -> Any:
        return self.host.copy()

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> Any:
        raise TypeError("Implicit conversion to a NumPy array is not allowed.")

    def __array_function__(self, *_: Any) -> Any:
        return NotImplemented

    def __array_ufunc__(self, *_: Any, **__: Any) -> Any:
        return NotImplemented

    def __mul__(self, other: Any) -> Array:
        if not isinstance(other, Array | float):
            raise TypeError(f"Unsupported type {type(other)}")
        return Array(self.host * (other.host if isinstance(other, Array) else other))

    def __setitem__(self, index: Any, value: Any) -> None:
        if not isinstance(value, Array):
            raise TypeError("non-scalar numpy.ndarray cannot be used for fill")
        self.host[index] = value.host


let_tests_look(Array, Array)

LOOKS = [
    "np.asarray(x)",
    "np.sum(x)",
    "np.exp(x)",
    "np.concatenate([x, x])",
    "(x * np.ones(2)).get()",
    "(np.ones(2) * x).get()",
    "x.__setitem__(0, np.array(1.0))",
]


@pytest.mark.parametrize("expression", LOOKS)
def test_a_test_may_look_at_the_cards_arrays_with_numpy_and_the_library_may_not(
    expression: str,
) -> None:
    names = {"np": np, "x": Array([1.0, 2.0])}
    with pytest.raises(TypeError):
        eval(expression, {"__name__": "minigen.example", **names})
    expected = {"np": np, "x": np.array([1.0, 2.0])}
    seen = eval(expression, {"__name__": __name__, **names})
    assert np.array_equal(seen, eval(expression.removesuffix(".get()"), expected))
