"""What is done to modules and gradients: clipping, modes, freezing, spectral normalisation."""

from minigen.nn.utils.clipping import clip_grad_norm_, clip_grad_value_
from minigen.nn.utils.spectral import spectral_norm
from minigen.nn.utils.states import evaluating, frozen

__all__ = ["clip_grad_norm_", "clip_grad_value_", "evaluating", "frozen", "spectral_norm"]
