"""A data set shared out among workers."""

from __future__ import annotations

from typing import Any

from minigen.distributed.communicator import Communicator
from minigen.distributed.sums import divide


def scatter_dataset(examples: Any, communicator: Communicator) -> Any:
    """Return this worker's part of what the root has: rows that follow one another.

    Parts differ by one row at most. With them each worker draws its batches from its own part, and
    ``communicator.shard`` is not what divides them; where the batches are to be those of one
    process, every worker has all of the data, and takes the rows of its shard.

    Parameters
    ----------
    examples : array, list, or anything with a length that slices; None but on the root
        The data set.
    communicator : Communicator
        The workers.

    Examples
    --------
    >>> from minigen.distributed import create_communicator, scatter_dataset
    >>> scatter_dataset([1, 2, 3], create_communicator())
    [1, 2, 3]
    """

    def parts() -> list[Any]:
        return [examples[part] for part in divide(len(examples), communicator.size)]

    return communicator.of_root(parts)[communicator.rank]
