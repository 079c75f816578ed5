"""How Sphinx builds the site."""

from __future__ import annotations

from pathlib import Path

from docs.website import mathjax, searching
from minigen import __version__

project = "minigen"
author = "The minigen developers"
copyright = "the minigen developers"
version = release = __version__
language = "en"

extensions = [
    "myst_nb",
    "sphinx.ext.autodoc",
    "sphinx.ext.autosummary",
    "sphinx.ext.mathjax",
    "sphinx.ext.napoleon",
    "sphinx.ext.viewcode",
    "docs.website.extension",
]

# Pages in Markdown. The cells of derivations are run by `docs.website.cells`; lessons are shown as
# they were saved.
myst_enable_extensions = ["colon_fence", "dollarmath", "attrs_inline"]
myst_heading_anchors = 3
nb_execution_mode = "off"
exclude_patterns = ["notebooks/*"]  # to be downloaded as they are
nb_ipywidgets_js: dict[str, dict[str, str]] = {}
nb_number_source_lines = False

# Docstrings.
default_role = "py:obj"
autodoc_member_order = "bysource"
autodoc_typehints = "none"
autodoc_preserve_defaults = True
autosummary_generate = False
napoleon_google_docstring = False
napoleon_use_ivar = True
napoleon_use_rtype = False
add_module_names = False
python_use_unqualified_type_names = True

# MathJax stands beside the pages: the site asks nothing of any other place.
mathjax_path = mathjax.ENTRY
mathjax3_config = mathjax.CONFIGURATION

suppress_warnings = ["myst.mathjax"]  # MyST says that it lets MathJax set what MyST has marked

html_theme = "furo"
html_title = "minigen"
html_logo = html_favicon = "website/static/logo.svg"
templates_path = ["website/templates"]
html_static_path = ["website/static"]
html_css_files = ["site.css", "columns.css", "moving/moving.css"]
html_js_files = [("site.js", {"defer": "defer"})]
html_copy_source = False
html_search_language = searching.LANGUAGE
html_search_scorer = str(Path(__file__).parent / "website" / "search.js")
html_domain_indices = False
html_show_sphinx = False
toc_object_entries = False
pygments_style = "friendly"
pygments_dark_style = "github-dark"

_fonts = {
    "font-stack": "var(--sans)",
    "font-stack--monospace": '"Source Code Pro", ui-monospace, "DejaVu Sans Mono", monospace',
    "content-padding": "2.5rem",
}
html_theme_options = {
    "light_css_variables": {
        **_fonts,
        "color-brand-primary": "#1b2a6b",
        "color-brand-content": "#26409b",
        "color-brand-visited": "#5a3f8f",
        "color-background-primary": "#fdfcf9",
        "color-background-secondary": "#f6f4ee",
        "color-background-border": "#e2dfd5",
        "color-foreground-primary": "#1c1e26",
        "color-foreground-secondary": "#4a4d5a",
        "color-foreground-muted": "#63656f",
        "color-code-background": "#f4f2ec",
        "color-inline-code-background": "#f1efe8",
    },
    "dark_css_variables": {
        **_fonts,
        "color-brand-primary": "#aebcf2",
        "color-brand-content": "#9db3ff",
        "color-brand-visited": "#c7a8f0",
        "color-background-primary": "#12151f",
        "color-background-secondary": "#171b27",
        "color-background-border": "#2a3042",
        "color-foreground-primary": "#e4e7f1",
        "color-foreground-secondary": "#b0b6c8",
        "color-foreground-muted": "#949bb0",
        "color-code-background": "#191e2c",
        "color-inline-code-background": "#1f2536",
    },
}
