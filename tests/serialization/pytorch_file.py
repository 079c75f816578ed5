"""The committed file that PyTorch saved; see `make_fixtures`."""

from __future__ import annotations

from pathlib import Path
from typing import Final

PATH: Final = Path(__file__).parent / "fixtures" / "pytorch.pt"
