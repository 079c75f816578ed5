"""Saving and loading what training makes: weights, states of optimisers, and all around them.

What is saved is a safetensors file, which holds no code and which PyTorch loads as it is. What
PyTorch saved is read, too, without PyTorch, and without running anything that the file asks for.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any, Final

from minigen.files import write_atomically
from minigen.serialization import pytorch, safetensors, trees

SUFFIX: Final = ".safetensors"
"""How the names of files end that `save` writes."""


def save(path: str | os.PathLike[str], thing: Any) -> None:
    """Save a module, an optimiser, or a dict that holds them or anything that they are made of.

    The file is written whole or not at all. A module's holds its `state_dict` and nothing else,
    under the names and in the layouts that PyTorch loads. So does that of a flat dict of tensors.

    Parameters
    ----------
    path : path
        Its name ends in ``.safetensors``. A file that exists is replaced.
    thing : Module, Optimizer or mapping
        Whatever has a `state_dict`; or a dict, at any depth, of such things, of tensors and arrays
        (Booleans, integers and floats of any size), generators, numbers, strings, None, lists and
        tuples. Arrays are stored in C order, whatever their order in memory; those on a GPU are
        fetched.

    Raises
    ------
    ValueError
        If the name ends otherwise, or two entries would have the same name in the file.
    TypeError
        Names the entry that is nothing of these.
    FileNotFoundError
        If the folder is missing, whose name is said.

    See Also
    --------
    load

    Examples
    --------
    >>> import tempfile
    >>> import minigen
    >>> from minigen import nn, optim
    >>> layer = nn.Dense(3, 2)
    >>> optimizer = optim.Adam(layer.parameters())
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = f"{folder}/checkpoint.safetensors"
    ...     minigen.save(path, {"layer": layer, "optimizer": optimizer, "epoch": 3})
    ...     checkpoint = minigen.load(path)
    >>> layer.load_state_dict(checkpoint["layer"])
    IncompatibleKeys(missing_keys=[], unexpected_keys=[])
    >>> optimizer.load_state_dict(checkpoint["optimizer"])
    >>> checkpoint["epoch"]
    3
    """
    target = Path(path)
    if target.suffix != SUFFIX:
        raise ValueError(f"save: a name that ends in {SUFFIX} is expected, got {str(path)!r}")
    write_atomically(target, safetensors.encode(*trees.flatten(thing)))


def load(path: str | os.PathLike[str]) -> Any:
    """Load what `save` saved; or what PyTorch did, with safetensors or ``torch.save``.

    It needs no PyTorch. A file of ``torch.save`` is a pickle, which in general may run any code:
    here only tensors, numbers, strings, None, lists, tuples, sets and dicts are made of it, and it
    is refused if it asks for anything else. Which of the two a file is, its contents say.

    Parameters
    ----------
    path : path

    Returns
    -------
    dict
        As it was saved. Arrays are tensors now, on the CPU, in C order, each with memory of its
        own, of the dtype that they had; but bfloat16, which NumPy does not have, is widened to
        float32, which changes no value. What had a `state_dict` is that dict, for
        `load_state_dict`. PyTorch also saves single tensors and lists: they are returned as such.

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    ValueError
        If it is damaged, neither of the two, or holds what is refused, by name.

    See Also
    --------
    save

    Examples
    --------
    >>> import tempfile
    >>> import numpy as np
    >>> import minigen
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     minigen.save(f"{folder}/x.safetensors", {"x": np.arange(6).reshape(3, 2).T})
    ...     minigen.load(f"{folder}/x.safetensors")
    {'x': tensor([[0, 2, 4],
            [1, 3, 5]])}
    """
    contents = Path(path).read_bytes()
    try:
        if contents.startswith(pytorch.SIGNATURES):
            return pytorch.decode(contents)
        return trees.rebuild(*safetensors.decode(contents))
    except ValueError as error:
        raise ValueError(f"load: {path}: {error}") from error


__all__ = ["SUFFIX", "load", "save"]
