from __future__ import annotations

import pytest

from minigen.engine import parallel


@pytest.fixture(autouse=True)
def _as_in_a_process_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    """Forget the convolutions of other tests: dense layers would compute on another way."""
    monkeypatch.setattr(parallel, "_products_shared", False)
