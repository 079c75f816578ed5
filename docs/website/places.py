"""Which files of the repository are on the site, and where."""

from __future__ import annotations

import functools
from pathlib import Path
from typing import Final

REPOSITORY: Final = Path(__file__).parent.parent.parent

CHINESE_PAGES: Final = "zh"
"""The folder of the Chinese pages."""

_RENAMED: Final = {
    "README.md": "start.md",
    "README.zh-CN.md": f"{CHINESE_PAGES}/start.md",
    "CONTRIBUTING.md": "contributing.md",
    "CHANGELOG.md": "changelog.md",
    "lessons/README.md": "course/index.md",
}
"""Pages that have another name in the repository."""


def english_places() -> dict[str, str]:
    """Return `places` without the Chinese files."""
    return {
        path: page for path, page in places().items() if not page.startswith(f"{CHINESE_PAGES}/")
    }


@functools.cache
def places() -> dict[str, str]:
    """Return every file of the repository that is on the site, and its place there."""
    found = {**_RENAMED}
    for pattern in (
        "docs/*.md",
        "docs/derivations/*.md",
        "docs/documents/*.md",
        "docs/images/*",
        "docs/sounds/*",
    ):
        for path in sorted(REPOSITORY.glob(pattern)):
            name = path.relative_to(REPOSITORY).as_posix()
            found[name] = name.removeprefix("docs/")
    for path in sorted(REPOSITORY.glob("docs/documents/zh/*.md")):
        found[f"docs/documents/zh/{path.name}"] = f"{CHINESE_PAGES}/documents/{path.name}"
    for pattern in ("lessons/[0-9]*/[0-9]*.ipynb", "lessons/documents/*.ipynb"):
        for path in sorted(REPOSITORY.glob(pattern)):
            found[path.relative_to(REPOSITORY).as_posix()] = f"course/{path.name}"
    return found
