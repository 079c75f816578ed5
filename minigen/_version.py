"""The version, in one place, and the name that pip knows the package by."""

__version__ = "0.1.0"

# `minigen` on the package index is another project's; what is imported is still `minigen`.
DISTRIBUTION = "minigen-numpy"
