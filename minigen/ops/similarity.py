r"""What neighbouring pixels have in common: a Gaussian blur, and SSIM, which is made of such means.

A Gaussian window is the same for rows and columns, and so blurring is a product with a matrix from
either side, :math:`A x B^\top`: a row of A holds the weights of one pixel's neighbours.
"""

from __future__ import annotations

import math
from typing import Final

import numpy as np
import numpy.typing as npt

from minigen.engine.backend import Array, array_of, floating, namespace
from minigen.ops.linear import matmul
from minigen.ops.reduction import mean

__all__ = ["gaussian_blur", "ssim"]

REACH: Final = 3
"""How many standard deviations a window reaches to either side, unless its size is given."""

STABILIZERS: Final = (0.01, 0.03)
"""K1 and K2 of Wang et al. (2004): they keep the quotients of flat, dark windows finite."""


def gaussian_blur(x: Array, sigma: float, kernel_size: int | None = None) -> Array:
    r"""Blur images: each pixel becomes a mean of those around it.

    .. math:: y_{n,c,i,j} = \sum_{h,l} A_{ih} B_{jl}\, x_{n,c,h,l}, \qquad
              A_{ih} \propto e^{-(i - h)^2 / 2 \sigma^2}

    The weights of a pixel sum to 1. Beyond its border an image goes on as its mirror image, in
    which the border's pixels don't stand twice.

    Parameters
    ----------
    x : Tensor or array, shape (N, C, H, W)
        Images.
    sigma : float
        The standard deviation, in pixels.
    kernel_size : int, optional
        How many pixels wide and high the window is: an odd number; by default it reaches three
        standard deviations to either side.

    Returns
    -------
    Tensor or array, shape (N, C, H, W)

    Raises
    ------
    ValueError
        If `sigma` is not positive, `kernel_size` no odd number, or x no images.

    Examples
    --------
    >>> import minigen
    >>> import minigen.functional as F
    >>> point = minigen.zeros(1, 1, 1, 5)
    >>> point[..., 2] = 1.0
    >>> blurred = F.gaussian_blur(point, sigma=0.5, kernel_size=3)
    >>> [round(share, 3) for share in blurred.flatten().tolist()]
    [0.0, 0.107, 0.787, 0.107, 0.0]

    Derivation: gaussian_blur
    """
    window = _window("gaussian_blur", sigma, kernel_size)
    height, width = _image_size("gaussian_blur", x)
    x = floating(x)
    down, across = (_constant(x, _mirrored(window, length)) for length in (height, width))
    return matmul(matmul(down, x), across.T)


def ssim(
    x: Array, target: Array, *, data_range: float = 1.0, sigma: float = 1.5, kernel_size: int = 11
) -> Array:
    r"""Structural similarity of each image to its target: 1 if they are equal, and less otherwise.

    .. math:: s = \frac{(2 \mu_x \mu_t + c_1)(2 \sigma_{xt} + c_2)}
                       {(\mu_x^2 + \mu_t^2 + c_1)(\sigma_x^2 + \sigma_t^2 + c_2)}

    The means, variances and the covariance are those of a Gaussian window, and s is averaged over
    all windows that lie in the image, and over channels. :math:`c_i = (K_i L)^2`, with
    :math:`K = (0.01, 0.03)` and L the `data_range`. It can be differentiated; as a loss take
    ``(1 - ssim(x, target)).mean()``.

    Parameters
    ----------
    x, target : Tensor or array, shape (N, C, H, W)
        Images of one shape.
    data_range : float, default 1
        The distance from black to white.
    sigma, kernel_size : float, int
        The window's standard deviation and its height and width, an odd number.

    Returns
    -------
    Tensor or array, shape (N,)

    Raises
    ------
    ValueError
        If the shapes differ, a window does not fit into the images, or a number is out of range.

    References
    ----------
    Wang, Bovik, Sheikh, Simoncelli (2004), *Image quality assessment: from error visibility to
    structural similarity*, IEEE Transactions on Image Processing 13(4).

    Examples
    --------
    >>> import minigen
    >>> import minigen.functional as F
    >>> x = minigen.rand(2, 1, 28, 28)
    >>> F.ssim(x, x).tolist()
    [1.0, 1.0]
    >>> bool((F.ssim(1 - x, x) < 0).all())
    True

    Derivation: ssim
    """
    window = _window("ssim", sigma, kernel_size)
    height, width = _image_size("ssim", x)
    if x.shape != target.shape:
        raise ValueError(
            f"ssim: images of one shape are expected, got {tuple(x.shape)} and "
            f"{tuple(target.shape)}"
        )
    if min(height, width) < len(window):
        raise ValueError(
            f"ssim: images of at least {len(window)}x{len(window)} pixels are expected, in which a "
            f"window fits, got {height}x{width}: a smaller kernel_size fits"
        )
    if not 0 < data_range < math.inf:
        raise ValueError(f"ssim: data_range must be positive, got {data_range}")
    x, target = floating(x), floating(target)
    down, across = (_constant(x, _inside(window, length)) for length in (height, width))

    def local_mean(images: Array) -> Array:
        return matmul(matmul(down, images), across.T)

    mean_x, mean_t = local_mean(x), local_mean(target)
    variance_x = local_mean(x * x) - mean_x * mean_x
    variance_t = local_mean(target * target) - mean_t * mean_t
    covariance = local_mean(x * target) - mean_x * mean_t
    c1, c2 = ((k * data_range) ** 2 for k in STABILIZERS)
    brightness = (2 * mean_x * mean_t + c1) / (mean_x * mean_x + mean_t * mean_t + c1)
    structure = (2 * covariance + c2) / (variance_x + variance_t + c2)
    return mean(brightness * structure, axis=(1, 2, 3))


def _window(name: str, sigma: float, kernel_size: int | None) -> npt.NDArray[np.float64]:
    """Return the weights of a Gaussian window, which sum to 1."""
    if not 0 < sigma < math.inf:
        raise ValueError(f"{name}: sigma must be positive, got {sigma}")
    size = 2 * math.ceil(REACH * sigma) + 1 if kernel_size is None else kernel_size
    if size != int(size) or size < 1 or size % 2 == 0:
        raise ValueError(f"{name}: kernel_size must be an odd number, got {kernel_size}")
    distances = np.arange(size) - size // 2
    weights = np.exp(-0.5 * (distances / sigma) ** 2)
    shares: npt.NDArray[np.float64] = weights / weights.sum()
    return shares


def _inside(window: npt.NDArray[np.float64], length: int) -> npt.NDArray[np.float64]:
    """Return the matrix that takes means over the windows that lie among `length` rows."""
    count = length - len(window) + 1
    matrix = np.zeros((count, length))
    for row in range(count):
        matrix[row, row : row + len(window)] = window
    return matrix


def _mirrored(window: npt.NDArray[np.float64], length: int) -> npt.NDArray[np.float64]:
    """Return the matrix that takes means around each row, with mirror images outside.

    Derivation: gaussian_blur
    """
    reach = len(window) // 2
    rows = np.pad(np.arange(length), reach, mode="reflect")
    matrix = np.zeros((length, length))
    for row in range(length):
        np.add.at(matrix[row], rows[row : row + len(window)], window)
    return matrix


def _constant(x: Array, matrix: npt.NDArray[np.float64]) -> Array:
    """Return a matrix in the dtype of images and on their device."""
    return namespace(array_of(x)).asarray(matrix, x.dtype)


def _image_size(name: str, x: Array) -> tuple[int, int]:
    if x.ndim != 4:
        raise ValueError(f"{name}: images of shape (N, C, H, W) are expected, got {tuple(x.shape)}")
    height, width = x.shape[2:]
    return height, width
