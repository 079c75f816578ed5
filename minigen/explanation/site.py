"""Where the pages are on the web: the site that was built here, or the one that is online."""

from __future__ import annotations

import importlib.metadata
from pathlib import Path
from typing import Final

BUILT: Final = Path(__file__).parent.parent.parent / "docs" / "_build" / "html"
"""Where the site is built, beside the sources."""

_LABEL: Final = "Documentation"
"""What the package's metadata calls the address of the site."""


class NoSiteError(FileNotFoundError):
    """There is no site to open: none was built here, and none is known to be online."""


def address_of(page: str) -> str:
    """Return the address of a page of derivations: a file, if the site was built here.

    Raises
    ------
    NoSiteError
        If the site was not built here, and the package's metadata has no address of one.
    """
    built = BUILT / "derivations" / f"{page}.html"
    if built.is_file():
        return built.as_uri()
    online = _online()
    if online is None:
        raise NoSiteError(
            f"there is no site to open: {BUILT} holds none, and this version of minigen has no "
            "address online; without --web the page is shown here"
        )
    return f"{online.rstrip('/')}/derivations/{page}.html"


def _online() -> str | None:
    """Return the address of the site in the metadata of the installed package, if it has one."""
    try:
        entries = importlib.metadata.metadata("minigen").get_all("Project-URL") or []
    except importlib.metadata.PackageNotFoundError:
        return None
    addresses = dict(entry.split(", ", maxsplit=1) for entry in entries)
    return addresses.get(_LABEL)
