"""Lessons choose a style for all figures; the tests after these must not find it."""

from __future__ import annotations

from collections.abc import Iterator

import matplotlib.pyplot as plt
import pytest


@pytest.fixture(autouse=True)
def _the_style_stays_with_the_test() -> Iterator[None]:
    with plt.rc_context():
        yield
