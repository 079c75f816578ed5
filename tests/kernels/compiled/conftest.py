"""Compiled kernels are in use, whatever the environment says; and threads share every loop."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from minigen.engine import choice
from minigen.kernels.compiled import compilation


@pytest.fixture(autouse=True)
def _compiled(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv(choice.VARIABLE, choice.COMPILED)
    monkeypatch.setenv("MINIGEN_THREADS", "2")
    monkeypatch.setattr(compilation, "SHARED", 1)
    choice.kernels.cache_clear()
    yield
    choice.kernels.cache_clear()
