"""Numbers as text: few bits each, in base64."""

from __future__ import annotations

import base64
import io
from typing import Any

import numpy as np
import numpy.typing as npt


def packed(values: npt.NDArray[Any]) -> dict[str, Any]:
    """Return an array as bytes of one signed number each, and what a step of them is worth.

    Examples
    --------
    >>> import numpy as np
    >>> from docs.moving.packing import packed
    >>> packed(np.array([[0.5, -1.0, 0.0]]))
    {'shape': [1, 3], 'step': 0.007874, 'bytes': 'QIEA'}
    """
    step = float(np.abs(values).max()) / 127 or 1.0
    numbers = np.rint(values / step).astype(np.int8)
    encoded = base64.b64encode(numbers.tobytes()).decode()
    return {"shape": list(values.shape), "step": round(step, 6), "bytes": encoded}


def shades(values: npt.NDArray[Any]) -> dict[str, Any]:
    """Return an array of numbers in [0, 1] as bytes, 0 to 255."""
    numbers = np.rint(np.clip(values, 0, 1) * 255).astype(np.uint8)
    encoded = base64.b64encode(numbers.tobytes()).decode()
    return {"shape": list(values.shape), "step": round(1 / 255, 6), "bytes": encoded}


def picture(pixels: npt.NDArray[Any], levels: int = 16) -> bytes:
    """Return grey pixels in [0, 1], (H, W), as a PNG file of a few shades."""
    from PIL import Image

    shade = np.rint(np.clip(pixels, 0, 1) * (levels - 1))
    image = Image.fromarray(np.rint(shade * 255 / (levels - 1)).astype(np.uint8))
    file = io.BytesIO()
    image.quantize(levels).save(file, "PNG", optimize=True)
    return file.getvalue()


def drawn(figure: Any) -> bytes:
    """Return a figure of Matplotlib as a PNG file of a hundred colours, and close it."""
    import matplotlib.pyplot as plt
    from PIL import Image

    plain, small = io.BytesIO(), io.BytesIO()
    figure.savefig(plain, format="png", dpi=110, bbox_inches="tight")
    plt.close(figure)
    Image.open(plain).convert("RGB").quantize(100).save(small, "PNG", optimize=True)
    return small.getvalue()
