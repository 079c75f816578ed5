"""The directives of the pages: boxed results, columns of derivation, code and check, figures."""

from __future__ import annotations

from typing import ClassVar

from docutils import nodes
from docutils.parsers.rst import directives
from sphinx.domains.std import StandardDomain
from sphinx.util.docutils import SphinxDirective

from docs.moving import FOLDER
from docs.website import explanations, links, moving, parts
from docs.website.places import places
from minigen.engine.op import Op
from minigen.explanation import (
    Cell,
    Explanation,
    Implementer,
    Prose,
    Result,
    Section,
    all_pages,
    implementers_of,
    page_of,
)


class Derivation(SphinxDirective):
    """A boxed result under an anchor, with links to its code, and the error of its check."""

    has_content = True
    required_arguments = 1

    def run(self) -> list[nodes.Node]:
        """Return the box, and enter its identifier for `derivation` references."""
        identifier = self.arguments[0]
        body = nodes.Element()
        self.state.nested_parse(self.content, self.content_offset, body)
        box = result_box(identifier, body.children, self.env.docname)
        self._anchor(box, identifier)
        domain = self.env.domains["std"]
        assert isinstance(domain, StandardDomain)
        domain.note_object("derivation", identifier, identifier, location=box)
        return [box]

    def _anchor(self, box: nodes.Element, identifier: str) -> None:
        """Give a box its identifier for an anchor, also where a heading of that name has it."""
        document = self.state.document
        heading = document.ids.get(identifier)
        if heading is not None:
            renamed = f"section-{identifier}"
            heading["ids"] = [renamed if each == identifier else each for each in heading["ids"]]
            document.ids[renamed] = heading
            for name, known in document.nameids.items():
                if known == identifier:
                    document.nameids[name] = renamed
        box["ids"] = [identifier]
        document.ids[identifier] = box


def result_box(identifier: str, body: list[nodes.Node], docname: str) -> nodes.container:
    """Return a boxed result with its name above it, and its code and check below."""
    link = parts.reference("std", "derivation", identifier, identifier, docname)
    name = nodes.paragraph("", "", link, classes=["derivation-name"])
    check = explanations.definition(identifier)
    code = nodes.paragraph("", "", parts.span("Code", "label"), nodes.Text(" "))
    for position, implementer in enumerate(_implementers(identifier)):
        code += nodes.Text(", ") if position else nodes.Text("")
        code += parts.link_to(implementer, docname)
    error = parts.span(check.measured, "error")
    checked = nodes.paragraph(
        "", "", parts.span("Check", "label"), nodes.Text(" relative error "), error
    )
    checked += nodes.Text(f" against {check.against}")
    bearings = parts.container(code, checked, name="derivation-bearings")
    return parts.container(name, *body, bearings, name="derivation")


def _implementers(identifier: str) -> list[Implementer]:
    """Return who implements a result, each once, ops first."""
    found: dict[int, Implementer] = {}
    for implementer in implementers_of()[identifier]:
        found.setdefault(id(implementer.target), implementer)
    return sorted(found.values(), key=lambda each: not isinstance(each.target, Op))


class MovingFigure(SphinxDirective):
    """A figure whose parts move: a still picture, its data, and the scripts that read it."""

    required_arguments = 1

    def run(self) -> list[nodes.Node]:
        """Return the figure, in HTML."""
        root = "../" * self.env.docname.count("/")
        figure = moving.named(self.arguments[0])
        self.env.note_dependency(str(FOLDER / f"{figure.name}.json"))
        return [nodes.raw("", moving.markup(figure, root), format="html")]


class Columns(SphinxDirective):
    """Derivation, code and check of something, in three columns that fold into one."""

    required_arguments = 1
    option_spec: ClassVar = {"only": directives.unchanged_required}

    def run(self) -> list[nodes.Node]:
        """Return the columns; with ``:only:`` they show a single result, its rule and its check."""
        explanation = explanations.explained(self.arguments[0])
        only = self.options.get("only")
        derivation = self._derivation(explanation) if only is None else [self._single(only)]
        code = [each for each in explanation.code if only is None or each.role == "gradient rule"]
        columns = [
            self._column("derivation", "Derivation", derivation),
            self._column("code", "Code", [parts.listing(each) for each in code]),
            self._column("check", "Check", self._check(explanation)),
        ]
        return [parts.container(parts.container(*columns, name="grid"), name="columns")]

    def _single(self, identifier: str) -> nodes.Node:
        page = page_of()[identifier]
        (result,) = (each for each in all_pages()[page].results if each.identifier == identifier)
        return self._block(result, page)[0]

    def _column(self, name: str, title: str, content: list[nodes.Node]) -> nodes.section:
        return nodes.section(
            "", nodes.title(title, title), *content, ids=[name], names=[name], classes=["column"]
        )

    def _derivation(self, explanation: Explanation) -> list[nodes.Node]:
        if not explanation.derivation:
            text = "There is none: it has no gradient, and rests on no result."
            return [nodes.paragraph("", text)]
        return [self._section(each, n) for n, each in enumerate(explanation.derivation)]

    def _section(self, section: Section, number: int) -> nodes.section:
        """Return a section of a page of derivations, under a link to that page."""
        title = nodes.title("", "", *self._inline(section.title))
        origin = nodes.paragraph("", "", nodes.Text("From "), classes=["from"])
        origin += parts.reference(
            "std",
            "doc",
            f"/derivations/{section.page}",
            all_pages()[section.page].title,
            self.env.docname,
            code=False,
        )
        found = nodes.section("", title, origin, ids=[f"derivation-{number}"])
        for block in section.blocks:
            found.extend(self._block(block, section.page))
        return found

    def _block(self, block: Prose | Result | Cell, page: str) -> list[nodes.Node]:
        match block:
            case Cell():
                return parts.folded("Code of the page", parts.code_block(block.code.rstrip()))
            case Result():
                formula = "\n\n".join([block.shapes, f"$$\n{block.formula}\n$$", block.remark])
                body = self._markdown(formula, page)
                return [result_box(block.identifier, body, self.env.docname)]
            case Prose():
                return self._markdown(block.markdown, page)

    def _markdown(self, text: str, page: str) -> list[nodes.Node]:
        """Return Markdown of a page of derivations as it is read here."""
        origin = f"docs/derivations/{page}.md"
        here = f"{self.env.docname}.md"
        read: list[nodes.Node] = self.parse_text_to_nodes(
            links.rewrite(text, origin, here, places())
        )
        return read

    def _inline(self, text: str) -> list[nodes.Node]:
        (paragraph,) = self.parse_text_to_nodes(text)
        return list(paragraph.children)

    def _check(self, explanation: Explanation) -> list[nodes.Node]:
        if not explanation.checks:
            return [nodes.paragraph("", "There is nothing to check: it has no gradient.")]
        found = nodes.bullet_list("", *map(parts.verdict, explanation.checks), classes=["checks"])
        return [found]
