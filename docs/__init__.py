"""The documentation: Markdown, and what makes a site of it (``python -m docs build``)."""
