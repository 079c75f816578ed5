"""Kernels on the stand-in: what it refuses, and that float32 flushes as on a card."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from minigen.kernels.cuda.source import Kernel
from tests.strict import raw
from tests.strict.array import upload
from tests.strict.library import Library
from tests.strict.raw import RawKernel, parameters_of
from tests.strict.refusal import Refused

TWICE = Kernel(
    "twice",
    "const Number* x, Number* out, Index n, Number a",
    "for (EACH(i, n)) out[i] = x[i] * a;",
)


def launch(*arguments: Any, dtype: str = "float32") -> None:
    """Launch the kernel as CuPy would be asked to."""
    RawKernel(TWICE.source(dtype), "twice")((1,), (256,), arguments)


def test_a_kernel_runs(cupy: Library) -> None:
    x, out = upload(np.arange(3, dtype=np.float32)), cupy.empty(3, np.float32)
    launch(x, out, np.int64(3), np.float32(2))
    assert out.get().tolist() == [0, 2, 4]


@pytest.mark.parametrize(("dtype", "left"), [("float32", 0.0), ("float64", 5e-41)])
def test_float32_flushes_and_float64_does_not(dtype: str, left: float, cupy: Library) -> None:
    x, out = upload(np.full(1, 1e-40, dtype)), cupy.empty(1, dtype)
    launch(x, out, np.int64(1), np.dtype(dtype).type(0.5), dtype=dtype)
    assert out.get()[0] == left
    assert (np.full(1, 1e-40, np.float32) * np.float32(0.5))[0] > 0  # the host is as it was


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda given: given[:3], "takes 4 arguments, got 3"),
        (lambda given: [given[0], given[1], np.float32(3), given[3]], "float32 for 'Index n'"),
        (lambda given: [given[0], given[1], 3, given[3]], "int for 'Index n': of what size"),
        (lambda given: [*given[:3], np.float64(2)], "float64 for 'Number a'"),
        (lambda given: [*given[:3], np.int64(2)], "an integer for 'Number a'"),
        (lambda given: [upload(np.ones(3)), *given[1:]], "array of float64 for 'const Number"),
        (lambda given: [*given[:2], given[0], given[3]], "array of float32 for 'Index n'"),
    ],
)
def test_arguments_that_a_card_would_misread_are_refused(
    change: Any, message: str, cupy: Library
) -> None:
    given = [upload(np.ones(3, np.float32)), cupy.empty(3, np.float32)]
    with pytest.raises(Refused, match=message):
        launch(*change([*given, np.int64(3), np.float32(2)]))


def test_a_text_that_does_not_compile_is_told(cupy: Library) -> None:
    kernel = Kernel("wrong", "Number* x", "missing = 1;")
    with pytest.raises(Refused, match="does not compile"):
        RawKernel(kernel.source("float32"), "wrong")((1,), (1,), (cupy.empty(1, np.float32),))


def test_without_a_compiler_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(raw, "compiler", lambda: None)
    with pytest.raises(Refused, match=r"needs a C\+\+ compiler: install g\+\+ or clang"):
        raw.library_of("")


def test_parameters_are_read_from_the_text() -> None:
    assert parameters_of(TWICE.source("float32"), "twice") == [
        "const Number* x",
        "Number* out",
        "Index n",
        "Number a",
    ]
    with pytest.raises(Refused, match="there is no kernel other"):
        parameters_of(TWICE.source("float32"), "other")
