"""What makes a site of the Markdown in ``docs``.

`staging` gathers the sources of all pages in one folder: what stands in ``docs``, the notebooks of
the course, and pages that are made of the live package. Sphinx reads that folder, with the
directives of `extension`. Some pages are there in Chinese, too: `chinese` makes them of the English
ones and of catalogues.
"""
