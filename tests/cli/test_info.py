from __future__ import annotations

import importlib.metadata
import platform
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

import minigen
from minigen.engine import backend, choice

from .helpers import call, error


def rows(output: str) -> dict[str, str]:
    """Return the table, each row's lines joined."""
    found: dict[str, str] = {}
    name = ""
    for line in output.splitlines():
        name = line.split()[0] if not line.startswith(" ") else name
        found[name] = f"{found.get(name, '')} {line.removeprefix(name).strip()}".strip()
    return found


def test_versions_are_those_in_use() -> None:
    found = rows(call("info").output)
    assert found["minigen"] == minigen.__version__
    assert found["python"] == platform.python_version()
    assert found["numpy"] == np.__version__
    assert found["cpu"].endswith(platform.machine())


def test_a_package_that_is_missing_is_said_to_be(monkeypatch: pytest.MonkeyPatch) -> None:
    def absent(package: str) -> str:
        raise importlib.metadata.PackageNotFoundError(package)

    monkeypatch.setattr(importlib.metadata, "version", absent)
    assert rows(call("info").output)["matplotlib"] == "not installed"


@pytest.mark.parametrize(
    ("wanted", "said"), [("0", "none: the readable ops"), ("numpy", "NumPy's")]
)
def test_it_says_which_kernels_are_in_use(wanted: str, said: str) -> None:
    with choice.using(wanted):
        assert rows(call("info").output)["kernels"] == said


def test_it_says_that_kernels_are_compiled() -> None:
    pytest.importorskip("numba")
    with choice.using(choice.COMPILED):
        assert rows(call("info").output)["kernels"] == "compiled by Numba"


def test_kernels_that_are_unknown_are_an_error_of_one_line() -> None:
    with choice.using("fast"):
        said = error("info", status=1)
    assert said == "MINIGEN_KERNELS must be one of 0, numpy, compiled, got 'fast'"


def test_a_number_of_threads_that_is_none_is_an_error_of_one_line(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("MINIGEN_THREADS", "many")
    run = tmp_path / "run"
    said = error("train", "dcgan", "--dataset", "digits", "--out", str(run), status=1)
    assert said == "MINIGEN_THREADS must be a positive integer, got 'many'"
    assert not run.exists()


def test_without_a_gpu_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    def missing() -> None:
        raise backend.DeviceError("pip install 'minigen-numpy[cuda13]'")

    monkeypatch.setattr(backend, "cupy", missing)
    assert rows(call("info").output)["cuda"] == "pip install 'minigen-numpy[cuda13]'"


def test_gpus_are_listed_with_their_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    def properties(number: int) -> dict[str, Any]:
        return {"name": f"Card {number}".encode(), "totalGlobalMem": (number + 1) * 2**33}

    runtime = SimpleNamespace(getDeviceCount=lambda: 2, getDeviceProperties=properties)
    library = SimpleNamespace(cuda=SimpleNamespace(runtime=runtime), __version__="14.0")
    monkeypatch.setattr(backend, "cupy", lambda: library)
    found = rows(call("info").output)
    assert found["cuda:0"] == "Card 0, 8 GiB, CuPy 14.0"
    assert found["cuda:1"] == "Card 1, 16 GiB, CuPy 14.0"


def test_data_sets_are_listed_with_where_they_are(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MINIGEN_DATA", str(tmp_path))
    found = rows(call("info").output)
    assert "part of minigen" in found["digits"]
    assert "missing" in found["mnist"]
