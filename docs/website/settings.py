"""What is set once for the site."""

from __future__ import annotations

from typing import Final

COLAB: Final = ""
"""Where Colab finds the repository, such as ``github/OWNER/minigen/blob/main``.

With it each lesson has a link that opens its notebook in Colab; if it is empty, none has.
"""
