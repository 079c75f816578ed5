"""Layers and what they are made of: ``from minigen import nn``.

Names, layouts of weights and semantics are PyTorch's; the dense layer is called `Dense`.
"""

from minigen.nn import init, utils
from minigen.nn.activation import (
    ELU,
    Identity,
    LeakyReLU,
    LogSoftmax,
    ReLU,
    Sigmoid,
    Softmax,
    Softplus,
    Tanh,
)
from minigen.nn.containers import ModuleList, Sequential
from minigen.nn.dense import Dense
from minigen.nn.dropout import Dropout
from minigen.nn.flatten import Flatten, Unflatten
from minigen.nn.module import Module
from minigen.nn.normalization import BatchNorm1d, LayerNorm
from minigen.nn.parameter import Parameter
from minigen.nn.substitution import functional_call, substituted

__all__ = [
    "ELU",
    "BatchNorm1d",
    "Dense",
    "Dropout",
    "Flatten",
    "Identity",
    "LayerNorm",
    "LeakyReLU",
    "LogSoftmax",
    "Module",
    "ModuleList",
    "Parameter",
    "ReLU",
    "Sequential",
    "Sigmoid",
    "Softmax",
    "Softplus",
    "Tanh",
    "Unflatten",
    "functional_call",
    "init",
    "substituted",
    "utils",
]
