"""What tests share with the examples in docstrings and on pages: a cache that is not the user's."""

from __future__ import annotations

from collections.abc import Iterator

import pytest


@pytest.fixture(autouse=True, scope="session")
def _own_cache(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Keep what goes into the cache, such as drawn data sets, in one folder for the session."""
    from minigen.data import locations

    folder = tmp_path_factory.mktemp("cache")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(locations, "cache_folder", lambda: folder)
        yield
