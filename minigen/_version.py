"""The version, in one place: the package's metadata and `minigen.__version__` read it here."""

__version__ = "0.1.0"
