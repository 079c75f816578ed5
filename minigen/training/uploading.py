"""Batches on their way to the device."""

from __future__ import annotations

from typing import Any

from minigen.engine.backend import CPU, Array, canonical_device, to_numpy, use_device


class Uploader:
    """Sends one batch after the other to a device, on a GPU beside what it computes.

    A program runs ahead of its GPU. When it sends the next batch, the GPU still computes on the
    present one; sent like any other array, the copy would queue up behind that. The uploader copies
    on a stream of its own, from page-locked memory (CuPy's `asarray` passes it through such
    memory), and the computing stream waits for the copy alone.

    A batch must be used before the next one is sent: what was sent two calls ago is taken to be
    done with once nobody holds it, and its memory is then written to again.

    Parameters
    ----------
    device : str
        Where batches go. On the CPU they stay what they are.

    Examples
    --------
    >>> import numpy as np
    >>> uploader = Uploader("cpu")
    >>> images, labels = uploader.send(np.zeros((2, 3)), None)
    >>> images.shape, labels
    ((2, 3), None)
    """

    def __init__(self, device: object) -> None:
        self._device = canonical_device(device)
        self._stream: Any = None
        self._before_last: Any = None
        self._last: tuple[Array | None, ...] = ()

    def send(self, *arrays: Array | None) -> tuple[Array | None, ...]:
        """Return the arrays of a batch on the device; None stands for one that is not there.

        Raises
        ------
        DeviceError
            If the device is a GPU that cannot be used.
        """
        if self._device == CPU:
            return tuple(None if array is None else to_numpy(array) for array in arrays)
        library = use_device(self._device)
        computing = library.cuda.get_current_stream()
        before_this = computing.record()
        if self._stream is None:
            self._stream = library.cuda.Stream(non_blocking=True)
        else:
            # CuPy hands memory out again at once when nobody holds it, to the stream that it was
            # allocated on. The last batch is held, so what this copy writes over belonged to an
            # earlier one, on which all work was queued before the last was sent.
            self._stream.wait_event(self._before_last)
        with self._stream:
            sent = tuple(None if array is None else library.asarray(array) for array in arrays)
        computing.wait_event(self._stream.record())
        self._before_last, self._last = before_this, sent
        return sent
