"""What is done to modules and gradients: clipping, freezing, spectral normalisation."""

from minigen.nn.utils.clipping import clip_grad_norm_, clip_grad_value_
from minigen.nn.utils.freezing import frozen
from minigen.nn.utils.spectral import spectral_norm

__all__ = ["clip_grad_norm_", "clip_grad_value_", "frozen", "spectral_norm"]
