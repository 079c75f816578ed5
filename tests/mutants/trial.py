"""The trial of a mutant: its file's tests, in a process that imports the mutant for the file."""

from __future__ import annotations

import importlib.abc
import importlib.machinery
import importlib.util
import os
import signal
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from types import CodeType, ModuleType
from typing import Any

PRELOADED = ("numpy", "pytest", "hypothesis.strategies", "safetensors.numpy", "torch._dynamo")
"""What all trials share, imported once, as far as it is there; never the library itself."""


OPTIONS = (
    *("-x", "-q", "-p", "no:cacheprovider", "-p", "no:anyio", "-p", "no:xdist", "-p", "no:cov"),
    *("-W", "ignore::pytest.PytestAssertRewriteWarning"),  # of what is preloaded
)
"""Pytest's, without plugins that take long to begin."""


def preload() -> None:
    """Import what takes long, so that a trial begins at once."""
    for name in PRELOADED:
        if importlib.util.find_spec(name.partition(".")[0]) is not None:
            importlib.import_module(name)


def passes(file: Path | None, text: str, arguments: Sequence[str], limit: float) -> bool:
    """Tell whether pytest passes within so many seconds, with a text in the place of a file's.

    The process is a copy of this one, so that nothing is imported twice.
    """
    with tempfile.TemporaryDirectory() as compiled:
        return _ends_well(lambda: _run(file, text, arguments, compiled), limit)


def _ends_well(work: Callable[[], int], limit: float) -> bool:
    """Tell whether a copy of this process returns 0 within so many seconds."""
    child = os.fork()
    if child == 0:
        code = 2
        try:
            code = work()
        finally:
            os._exit(code)
    deadline = time.monotonic() + limit
    while time.monotonic() < deadline:
        ended, status = os.waitpid(child, os.WNOHANG)
        if ended:
            return os.waitstatus_to_exitcode(status) == 0
        time.sleep(0.02)
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    return False


def _run(file: Path | None, text: str, arguments: Sequence[str], compiled: str) -> int:
    """Run pytest without a word.

    Where loops are changed, their code is kept in a folder of its own: Numba tells functions apart
    by their operations alone, and would take that of one with other constants.
    """
    import pytest

    silence = os.open(os.devnull, os.O_WRONLY)
    os.dup2(silence, 1)
    os.dup2(silence, 2)
    if file is not None:
        sys.meta_path.insert(0, _Finder(file, text))
        if "compiled" in file.parts:
            os.environ["NUMBA_CACHE_DIR"] = compiled
    return int(pytest.main([*OPTIONS, *arguments]))


class _Finder(importlib.abc.MetaPathFinder):
    """Finds one module: the mutant."""

    def __init__(self, file: Path, text: str) -> None:
        parts = file.with_suffix("").parts
        self.name = ".".join(parts[:-1] if parts[-1] == "__init__" else parts)
        self.file, self.text = file, text

    def find_spec(
        self, fullname: str, _path: Any, _target: ModuleType | None = None
    ) -> importlib.machinery.ModuleSpec | None:
        """Return the specification of the mutant, for its name."""
        if fullname != self.name:
            return None
        loader = _Loader(fullname, str(self.file.resolve()), self.text)
        return importlib.util.spec_from_file_location(fullname, loader.path, loader=loader)


class _Loader(importlib.machinery.SourceFileLoader):
    """Compiles a text in the place of the file's."""

    def __init__(self, name: str, path: str, text: str) -> None:
        super().__init__(name, path)
        self.text = text

    def get_code(self, _fullname: str) -> CodeType:
        """Return the mutant's code; nothing is read from the cache, nor written to it."""
        return compile(self.text, self.path, "exec", dont_inherit=True)
