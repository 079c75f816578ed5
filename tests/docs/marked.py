"""A plugin of pytest's that writes down which tests carry which results of the derivations."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable
from pathlib import Path

import pytest


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Write down what `carried` finds."""
    Path(os.environ["MARKED"]).write_text(json.dumps(carried(items)), encoding="utf-8")


def carried(items: Iterable[pytest.Item]) -> dict[str, list[str]]:
    """Return the names of tests by the results that they carry; skipped tests check nothing."""
    found: dict[str, list[str]] = {}
    for item in items:
        if any(item.iter_markers("skip")) or any(item.iter_markers("skipif")):
            continue
        for mark in item.iter_markers("derivation"):
            for name in mark.args:
                found.setdefault(name, []).append(item.nodeid)
    return found
