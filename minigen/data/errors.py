"""What can go wrong with the files of a data set."""

from __future__ import annotations


class DataError(Exception):
    """A data set's files are missing, damaged or out of reach: the base of this module's errors."""


class DataFileError(DataError):
    """A file is not what it should be: truncated, corrupt, or another file under its name."""


class MissingDataError(DataError):
    """The folder that the user named does not hold the data set's files."""


class DownloadError(DataError):
    """No mirror gave a file whole."""


class NotImagesError(DataError):
    """A data set of points was asked for images."""
