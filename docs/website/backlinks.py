"""The links that lead from a page of source code back to the reference."""

from __future__ import annotations

import re
from typing import Any, Final

from sphinx.application import Sphinx

_BACK: Final = re.compile(r'<a class="viewcode-back" href="[^"#]*#(?P<name>[^"]+)">(.*?)</a>')
_SOURCE: Final = "_modules/"


def mend_backlinks(
    app: Sphinx, pagename: str, _templatename: str, context: dict[str, Any], _doctree: object
) -> None:
    """Let each link lead to where its thing is described.

    Sphinx names all things of a module after the page that was read first. Of two things of one
    module, one can be described as public and the other among the internals.
    """
    if not pagename.startswith(_SOURCE):
        return
    module = pagename.removeprefix(_SOURCE).replace("/", ".")
    objects = app.env.domaindata["py"]["objects"]

    def mended(link: re.Match[str]) -> str:
        found = described_as(link["name"], module, objects)
        if found is None:
            return ""
        page = app.builder.get_relative_uri(pagename, objects[found].docname)
        return f'<a class="viewcode-back" href="{page}#{found}">{link[2]}</a>'

    context["body"] = _BACK.sub(mended, context["body"])


def described_as(name: str, module: str, objects: Any) -> str | None:
    """Return the full name under which the reference has a thing of a module, if it has it.

    Examples
    --------
    >>> described_as("package.functional.nearest", "package.resizing",
    ...              {"package.resizing.nearest"})
    'package.resizing.nearest'
    """
    parts = name.split(".")
    for start in range(len(parts)):
        own = ".".join((module, *parts[start:]))
        for full in (name, own):
            if full in objects:
                return full
    return None
