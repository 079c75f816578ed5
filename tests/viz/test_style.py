from __future__ import annotations

from collections.abc import Iterator

import matplotlib as mpl
import numpy as np
import pytest
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure

from minigen import viz


@pytest.fixture(autouse=True)
def _style_of_this_test() -> Iterator[None]:
    with mpl.rc_context():
        viz.use_style()
        yield


def test_curves_differ_in_dashes_and_brightness_too() -> None:
    ax = Figure().subplots()
    lines = [ax.plot([0, 1])[0] for _ in viz.COLOURS]
    assert len({str(line.get_linestyle()) for line in lines[:4]}) == 4
    brightness = sorted(float(np.dot(to_rgb(c), (0.299, 0.587, 0.114))) for c in viz.COLOURS[:3])
    assert min(np.diff(brightness)) > 0.1
