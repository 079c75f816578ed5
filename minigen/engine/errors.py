"""The error of what an op or a layer was given."""

from __future__ import annotations


class InputError(ValueError, RuntimeError):
    """What an op or a layer refuses of its inputs, such as shapes that do not fit.

    It is a `ValueError`, Python's name for a wrong value, and a `RuntimeError`, which programs for
    PyTorch catch.

    Examples
    --------
    >>> import minigen
    >>> try:
    ...     minigen.ones(2, 3) @ minigen.ones(2, 3)
    ... except RuntimeError as error:
    ...     print(type(error).__name__, isinstance(error, ValueError))
    InputError True
    """
