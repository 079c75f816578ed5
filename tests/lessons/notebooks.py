"""Small notebooks, made by hand."""

from __future__ import annotations

import base64
import io
from typing import Any

import numpy as np
from matplotlib.image import imsave


def code(source: str, *outputs: Any, tags: tuple[str, ...] = (), count: int | None = 1) -> Any:
    """Make a code cell that was run."""
    return {
        "cell_type": "code",
        "source": source,
        "outputs": list(outputs),
        "metadata": {"tags": list(tags)},
        "execution_count": count,
    }


def notebook(*cells: Any) -> Any:
    return {"cells": list(cells), "metadata": {}}


def printed(text: str, name: str = "stdout") -> Any:
    return {"output_type": "stream", "name": name, "text": text}


def shown(kind: str, value: str) -> Any:
    return {"output_type": "display_data", "data": {kind: value}, "metadata": {}}


def picture(*, blank: bool = False) -> Any:
    """Make an output that is a small PNG picture."""
    pixels = np.zeros((4, 4)) if blank else np.arange(16.0).reshape(4, 4)
    file = io.BytesIO()
    imsave(file, pixels, format="png", vmin=0, vmax=15)
    return shown("image/png", base64.b64encode(file.getvalue()).decode())
