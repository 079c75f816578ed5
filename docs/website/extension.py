"""The extension of Sphinx that the site needs: directives, references, MathJax."""

from __future__ import annotations

import hashlib
import sys
from typing import Any

from docutils import nodes
from sphinx import addnodes
from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment
from sphinx.roles import XRefRole
from sphinx.util.display import status_iterator

from docs.website import explanations, mathjax, references, rewriting, searching, theme
from docs.website.backlinks import mend_backlinks
from docs.website.cells import CodeCell
from docs.website.directives import Columns, Derivation, MovingFigure
from minigen.derivations import with_links
from minigen.explanation import all_pages
from minigen.explanation.subjects import PACKAGE


def digest_of_package() -> str:
    """Return a digest of the package's source: when it changes, every page is made anew."""
    digest = hashlib.sha256()
    for path in sorted(PACKAGE.rglob("*.py")):
        digest.update(path.read_bytes())
    return digest.hexdigest()


def run_derivations(_app: Sphinx, _env: BuildEnvironment, docnames: list[str]) -> None:
    """Run the derivations, before pages are read by several processes that all show results."""
    if docnames:
        names = list(all_pages())
        for name in status_iterator(names, "running derivations... ", length=len(names)):
            explanations.cells(name)


def link_derivations(
    _app: Sphinx, _what: str, _name: str, _obj: Any, _options: Any, lines: list[str]
) -> None:
    """Turn the identifiers that a docstring names into links to their derivations."""
    text = with_links("\n".join(lines), ":derivation:`{}`".format)
    lines[:] = text.split("\n")


def add_anchors(app: Sphinx, doctree: nodes.document) -> None:
    """Give what the reference documents an anchor for each name that it can be imported by.

    The pages of source code link back by the name of the module that happens to be known first.
    """
    for signature in doctree.findall(addnodes.desc_signature):
        if not signature.get("module"):
            continue
        name = signature["fullname"]
        first, _, rest = name.partition(".")
        target = getattr(sys.modules[signature["module"]], first)
        modules = [target.__module__, *references.exporting(target)]
        if app.env.docname.startswith("ops/"):
            modules.append("minigen.functional")
        for module in modules:
            anchor = f"{module}.{first}" + (f".{rest}" if rest else "")
            if anchor not in signature["ids"]:
                signature["ids"].append(anchor)


def add_targets(app: Sphinx, doctree: nodes.document) -> None:
    """Let links in Markdown, ``[text](page.md#name)``, lead to boxed results and named headings."""
    targets = app.env.metadata[app.env.docname].setdefault("myst_slugs", {})
    for box in doctree.findall(nodes.container):
        if "derivation" in box["classes"] and box["ids"]:
            (identifier,) = box["ids"]
            targets[identifier] = (box.line, identifier, identifier)
    for section in doctree.findall(nodes.section):
        for name in filter(doctree.nametypes.get, section["names"]):  # given, not of the title
            targets.setdefault(name, (section.line, doctree.nameids[name], section[0].astext()))


def module_of_source(_app: Sphinx, module: str, name: str) -> str:
    """Return the module whose page of source shows something: a method stands with its class."""
    target = getattr(sys.modules[module], name.partition(".")[0])
    return str(target.__module__)


def setup(app: Sphinx) -> dict[str, Any]:
    """Register everything with Sphinx."""
    app.add_config_value("minigen_digest", digest_of_package(), "env", str)
    app.add_object_type("derivation", "derivation", objname="derivation")
    app.add_directive_to_domain("std", "derivation", Derivation, override=True)
    app.add_role_to_domain("std", "derivation", XRefRole(), override=True)
    app.add_directive("explanation", Columns)
    app.add_directive("code-cell", CodeCell, override=True)  # MyST-NB's would start kernels
    app.add_directive("moving-figure", MovingFigure)
    searching.register()
    app.connect("env-before-read-docs", run_derivations)
    app.connect("autodoc-process-docstring", link_derivations, priority=100)
    app.connect("doctree-read", add_anchors)
    app.connect("doctree-read", add_targets)
    app.connect("doctree-read", searching.enter_terms, priority=600)  # after the targets
    app.connect("doctree-resolved", rewriting.fold_deeper)
    app.connect("doctree-resolved", rewriting.keep_together)
    app.connect("viewcode-follow-imported", module_of_source)
    app.connect("html-page-context", mend_backlinks)
    app.connect("html-page-context", theme.speak, priority=900)  # after Furo has made the menu
    app.connect("build-finished", mathjax.copy)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
