"""The cells of derivations: code, and what it printed when the site was built."""

from __future__ import annotations

from pathlib import PurePosixPath
from typing import ClassVar, Final

from docutils import nodes
from docutils.parsers.rst import directives
from sphinx.util.docutils import SphinxDirective

from docs.website import explanations, parts

_COUNT: Final = "minigen_cells"
"""How many cells of the page that is being read have been met."""


class CodeCell(SphinxDirective):
    """A cell of a page of derivations under its code.

    The cells of a page have been run by the package, as its own tests run them: no kernel is
    started for each page.
    """

    has_content = True
    optional_arguments = 1  # the language, which is Python
    option_spec: ClassVar = {"tags": directives.unchanged}

    def run(self) -> list[nodes.Node]:
        """Return the code, and what it printed."""
        number = int(self.env.temp_data.get(_COUNT) or 0)
        self.env.temp_data[_COUNT] = number + 1
        page = PurePosixPath(self.env.docname).name
        printed = explanations.cells(page)[number].printed.rstrip("\n")
        shown = [_block("cell_input", "\n".join(self.content), "python")]
        if printed:
            shown.append(_block("cell_output", printed, "text"))
        return [parts.container(*shown, name="cell")]


def _block(name: str, text: str, language: str) -> nodes.container:
    return parts.container(nodes.literal_block(text, text, language=language), name=name)
