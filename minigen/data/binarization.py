r"""Black-and-white images from grey ones, in the three ways of the literature.

A Bernoulli decoder's likelihood is that of binary pixels, and grey images are made binary in three
ways, which make three different data sets:

- `binarize` compares with a threshold: sharp edges, no noise.
- `binarize_statically` draws every pixel once, with its grey value as the probability of white, and
  keeps the draw for ever (Salakhutdinov and Murray, "On the quantitative analysis of deep belief
  networks", ICML 2008).
- `sample_bernoulli` draws afresh whenever it is called, so that no epoch sees the same image twice
  (Burda, Grosse and Salakhutdinov, "Importance weighted autoencoders", ICLR 2016).

Log-likelihoods under different binarisations must not be compared, neither with one another nor
with the "cross-entropy" of grey pixels, which is no likelihood at all. Say which one was used.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from minigen.engine.random import Generator, default_generator


def binarize(images: npt.NDArray[Any], *, threshold: float = 0.5) -> npt.NDArray[Any]:
    """Make pixels above a threshold one and all others zero.

    Parameters
    ----------
    images : array, any shape
        Grey values in [0, 1].
    threshold : float in [0, 1), default 0.5
        The greatest value that becomes zero.

    Returns
    -------
    array
        Zeros and ones, in the shape and the floating type of `images` (others give float32).

    Raises
    ------
    ValueError
        If a value lies outside [0, 1], or the threshold outside [0, 1).

    Examples
    --------
    >>> import numpy as np
    >>> binarize(np.array([0.0, 0.5, 0.6, 1.0]))
    array([0., 0., 1., 1.])
    """
    if not 0 <= threshold < 1:
        raise ValueError(f"binarize: a threshold in [0, 1) wanted, got {threshold}")
    _check_grey(images, "binarize")
    return (images > threshold).astype(_floating(images))


def binarize_statically(images: npt.NDArray[Any], *, seed: int) -> npt.NDArray[Any]:
    r"""Draw every pixel once: one with its grey value as probability, the same for one seed always.

    The draws follow the images' order, so the first images of a set come out the same whether or
    not the others are given. Give training and test images different seeds. What is returned, in
    which type, and what is refused is as for `binarize`.

    Parameters
    ----------
    images : array, any shape
        Grey values in [0, 1]: the probability of a one.
    seed : int
        Names the draw; state it beside every number that was measured on its outcome.

    References
    ----------
    Salakhutdinov and Murray (2008). Published figures for "static" MNIST use the draw of Larochelle
    and Murray (AISTATS 2011), which is a data set of its own; this is another draw from the same
    distribution.

    Examples
    --------
    >>> import minigen.data
    >>> grey = minigen.data.load("digits").scaled()
    >>> first, again = (binarize_statically(grey, seed=1) for _ in range(2))
    >>> bool((first == again).all())
    True
    """
    _check_grey(images, "binarize_statically")
    return _draw(images, Generator(seed))


def sample_bernoulli(
    images: npt.NDArray[Any], generator: Generator | None = None
) -> npt.NDArray[Any]:
    r"""Draw every pixel afresh: :math:`x_i \sim \mathrm{Bernoulli}(g_i)` with the grey value g.

    Call it on each minibatch for the dynamic binarisation of training images (Burda et al., 2016).
    What is returned, in which type, and what is refused is as for `binarize`.

    Parameters
    ----------
    images : array, any shape
        Grey values in [0, 1]: the probability of a one.
    generator : Generator, optional
        Draws one uniform number a pixel; by default the one that `minigen.manual_seed` seeds.

    Examples
    --------
    >>> import minigen.data
    >>> from minigen import Generator
    >>> grey, generator = minigen.data.load("digits").scaled(), Generator(0)
    >>> first, second = (sample_bernoulli(grey, generator) for _ in range(2))
    >>> bool((first == second).all())
    False
    """
    _check_grey(images, "sample_bernoulli")
    return _draw(images, generator or default_generator())


def _draw(images: npt.NDArray[Any], generator: Generator) -> npt.NDArray[Any]:
    """Return one where a uniform number in [0, 1) is below the grey value, zero elsewhere."""
    dtype = _floating(images)
    below: npt.NDArray[np.bool_] = generator.uniform(images.shape, dtype=dtype) < images
    return below.astype(dtype)


def _check_grey(images: npt.NDArray[Any], function: str) -> None:
    """Refuse values outside [0, 1], NaN among them."""
    if images.size and not (images.min() >= 0 and images.max() <= 1):
        raise ValueError(
            f"{function}: grey values in [0, 1] wanted, found {images.min()} to {images.max()}; "
            f"scale_images brings pixel values there"
        )


def _floating(images: npt.NDArray[Any]) -> np.dtype[Any]:
    """Return the images' type if it is a floating one, else float32."""
    return images.dtype if np.issubdtype(images.dtype, np.floating) else np.dtype(np.float32)
