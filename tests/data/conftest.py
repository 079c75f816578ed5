from __future__ import annotations

import socket
from typing import TYPE_CHECKING

import pytest

from minigen.data import locations

from .helpers import Network

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(autouse=True)
def isolated(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Give each test an empty cache, no folder named by the environment, and no real network."""

    def refuse(*_: object) -> None:
        raise AssertionError("a test opened a connection")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    monkeypatch.delenv("MINIGEN_DATA", raising=False)
    monkeypatch.setattr(locations, "cache_folder", lambda: tmp_path / "cache")


@pytest.fixture
def cache(tmp_path: Path) -> Path:
    """The small data set's folder in the cache."""
    return tmp_path / "cache" / "small-set"


@pytest.fixture
def network(monkeypatch: pytest.MonkeyPatch) -> Network:
    """A network that answers nothing until it is told to."""
    pretended = Network()
    monkeypatch.setattr(locations, "fetch", pretended.fetch)
    return pretended
