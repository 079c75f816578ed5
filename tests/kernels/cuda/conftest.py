"""The stand-in is in CuPy's place in each of these tests."""

from __future__ import annotations

import pytest


@pytest.fixture(autouse=True)
def _on_the_stand_in(cupy: object) -> None:
    """Ask for the fixture."""
