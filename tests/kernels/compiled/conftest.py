"""Compiled kernels are in use, whatever the environment says; and threads share every loop."""

from __future__ import annotations

from collections.abc import Iterator
from importlib.util import find_spec

import pytest

from minigen.engine import choice
from minigen.kernels.compiled import compilation


@pytest.fixture(autouse=True)
def _compiled(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    if find_spec("numba") is None:
        pytest.skip("Numba is not installed: pip install 'minigen-numpy[fast]'")
    monkeypatch.setenv("MINIGEN_THREADS", "2")
    monkeypatch.setattr(compilation, "SHARED", 1)
    with choice.using(choice.COMPILED):
        yield
