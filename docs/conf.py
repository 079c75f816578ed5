"""How Sphinx builds the site."""

from __future__ import annotations

import sys
from pathlib import Path

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE.parent))

from docs.website import mathjax
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

# Pages in Markdown. Derivations are run as the site is built; lessons are shown as they were saved.
myst_enable_extensions = ["colon_fence", "dollarmath", "attrs_inline"]
myst_heading_anchors = 3
nb_execution_mode = "force"
nb_execution_excludepatterns = ["course/*"]
nb_execution_raise_on_error = True
nb_execution_timeout = 120
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
html_static_path = ["website/static"]
html_css_files = ["site.css"]
html_copy_source = False
html_show_sphinx = False
pygments_style = "friendly"
pygments_dark_style = "github-dark"
html_theme_options: dict[str, object] = {}
