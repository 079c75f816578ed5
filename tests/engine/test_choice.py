"""Which versions of ops compute is chosen in the environment."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator

import numpy as np
import pytest

import minigen
from minigen.engine import choice


@pytest.fixture(autouse=True)
def _afresh(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.delenv(choice.VARIABLE, raising=False)
    choice.kernels.cache_clear()
    yield
    choice.kernels.cache_clear()


def install_numba(monkeypatch: pytest.MonkeyPatch, installed: bool) -> None:
    monkeypatch.setattr(choice, "_is_installed", lambda package: installed)


@pytest.mark.parametrize("wanted", [None, ""])
def test_unset_it_is_compiled_where_numba_is_installed_and_numpy_elsewhere(
    wanted: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    if wanted is not None:
        monkeypatch.setenv(choice.VARIABLE, wanted)
    for installed, expected in ((True, "compiled"), (False, "numpy")):
        install_numba(monkeypatch, installed)
        choice.kernels.cache_clear()
        assert choice.kernels() == expected


@pytest.mark.parametrize("wanted", ["0", "numpy", "compiled"])
def test_set_it_is_what_it_says(wanted: str, monkeypatch: pytest.MonkeyPatch) -> None:
    install_numba(monkeypatch, installed=True)
    with choice.using(wanted):
        assert choice.kernels() == wanted


def test_compiled_kernels_without_numba_are_an_error_that_names_the_extra(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    install_numba(monkeypatch, installed=False)
    with (
        choice.using("compiled"),
        pytest.raises(choice.KernelsError, match=r"pip install 'minigen-numpy\[fast\]'"),
    ):
        choice.kernels()


def test_anything_else_is_an_error_that_names_what_can_be() -> None:
    with (
        choice.using("numba"),
        pytest.raises(choice.KernelsError, match="one of 0, numpy, compiled, got 'numba'"),
    ):
        choice.kernels()


def test_a_choice_for_a_block_ends_with_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(choice.VARIABLE, "numpy")
    with choice.using("0"):
        assert choice.kernels() == "0"
    assert choice.kernels() == "numpy"


def test_under_0_the_readable_function_and_rule_compute() -> None:
    @minigen.op
    def double(x):  # type: ignore[no-untyped-def]
        return x * 2

    @double.vjp
    def double_vjp(g, _out, _x):  # type: ignore[no-untyped-def]
        return (g * 2,)

    @double.kernel
    def wrong(x):  # type: ignore[no-untyped-def]
        return x * 0

    @double.kernel_vjp
    def wrong_vjp(g, _out, _x):  # type: ignore[no-untyped-def]
        return (g * 0,)

    for wanted, factor in (("0", 2), ("numpy", 0)):
        x = minigen.tensor(np.ones(3), requires_grad=True)
        with choice.using(wanted):
            y = double(x)
            y.sum().backward()
        assert y.tolist() == [factor] * 3
        assert x.grad is not None
        assert x.grad.tolist() == [factor] * 3


def test_small_arrays_alone_leave_numba_where_it_is() -> None:
    program = """
import sys, minigen
from minigen import nn, optim
layer = nn.Linear(20, 20)
optimizer = optim.Adam(layer.parameters())
minigen.relu(layer(minigen.ones(8, 20))).sum().backward()
optimizer.step()
print("numba" in sys.modules)
"""
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert (done.stdout, done.stderr) == ("False\n", "")
