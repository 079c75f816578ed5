"""Pieces of pages as nodes of docutils: code, checks, links to code."""

from __future__ import annotations

from docutils import nodes
from sphinx import addnodes

from docs.website import code_pages, references
from minigen.explanation import Check, Implementer, Source


def container(*children: nodes.Node, name: str) -> nodes.container:
    """Return a block with a class of its own."""
    return nodes.container("", *children, classes=[name], is_div=True)


def span(text: str, name: str) -> nodes.inline:
    """Return a piece of text with a class of its own."""
    return nodes.inline("", text, classes=[name])


def code_block(code: str) -> nodes.literal_block:
    """Return code in colour."""
    return nodes.literal_block(code, code, language="python")


def folded(summary: str, *children: nodes.Node) -> list[nodes.Node]:
    """Return something that is shown when it is asked for."""
    opening = nodes.raw("", f"<details><summary>{summary}</summary>", format="html")
    return [opening, *children, nodes.raw("", "</details>", format="html")]


def link_to(implementer: Implementer, docname: str) -> nodes.Node:
    """Return a link from a page to where the code of a result is shown."""
    entry = code_pages.entry_of().get(id(implementer.target))
    if entry is not None:
        return reference("std", "doc", f"/{entry.page}", entry.name, docname)
    name = references.full_name(implementer)
    return reference("py", "obj", name, name.removeprefix("minigen."), docname)


def reference(
    domain: str, kind: str, target: str, text: str, docname: str, *, code: bool = True
) -> nodes.Node:
    """Return a link that is resolved when all pages are read."""
    return addnodes.pending_xref(
        "",
        nodes.literal(text, text) if code else nodes.inline(text, text),
        refdomain=domain,
        reftype=kind,
        reftarget=target,
        refexplicit=True,
        refwarn=True,
        refdoc=docname,
    )


def listing(source: Source) -> nodes.container:
    """Return a piece of the library's source under its place."""
    place = f"{source.path}:{source.line}"
    heading = nodes.paragraph(
        "", "", span(source.role.capitalize(), "role"), nodes.Text(" "), nodes.literal(place, place)
    )
    return container(heading, code_block(source.body), name="listed")


def verdict(check: Check) -> nodes.list_item:
    """Return a check and the error that it measured."""
    title = nodes.paragraph("", "", nodes.literal(check.title, check.title))
    measured = nodes.paragraph(
        "",
        "",
        span(check.measured, "error"),
        nodes.Text(" "),
        span("right" if check.passed else "wrong", "verdict"),
    )
    against = nodes.paragraph("", f"against {check.against}", classes=["against"])
    how = folded("How it is checked", code_block(check.code.rstrip())) if check.code else []
    return nodes.list_item("", title, measured, against, *how)
