"""Whether there is a GPU is asked as PyTorch asks it."""

from __future__ import annotations

import sys

import pytest

import minigen
from minigen import cuda


@pytest.mark.host_only("it is about machines without a card")
def test_without_cupy_there_is_no_card_and_no_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "cupy", None)
    assert not cuda.is_available()
    assert cuda.device_count() == 0


def test_the_line_of_every_tutorial_names_a_device_that_is_there() -> None:
    device = minigen.device("cuda" if minigen.cuda.is_available() else "cpu")
    assert minigen.zeros(2).to(device).device == device
