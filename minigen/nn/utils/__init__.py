"""What is done to modules and gradients: clipping, freezing, spectral norms, one vector of all."""

from minigen.nn.utils.clipping import clip_grad_norm_, clip_grad_value_
from minigen.nn.utils.spectral import spectral_norm
from minigen.nn.utils.states import evaluating, frozen
from minigen.nn.utils.vectors import parameters_to_vector, vector_to_parameters

__all__ = [
    "clip_grad_norm_",
    "clip_grad_value_",
    "evaluating",
    "frozen",
    "parameters_to_vector",
    "spectral_norm",
    "vector_to_parameters",
]
