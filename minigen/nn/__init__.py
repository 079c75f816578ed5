"""Layers and what they are made of: ``from minigen import nn``.

Names, layouts of weights and semantics are PyTorch's; the dense layer is called `Dense`, and
`Linear` is another name of it.
"""

from minigen.nn import init, utils
from minigen.nn.activation import (
    ELU,
    GELU,
    SELU,
    Hardtanh,
    Identity,
    LeakyReLU,
    LogSoftmax,
    Mish,
    ReLU,
    ReLU6,
    Sigmoid,
    SiLU,
    Softmax,
    Softplus,
    Tanh,
)
from minigen.nn.attention import (
    LearnedPositions,
    MultiheadAttention,
    SinusoidalPositions,
    TransformerEncoderLayer,
)
from minigen.nn.averaging import ExponentialAverage
from minigen.nn.containers import ModuleDict, ModuleList, Sequential
from minigen.nn.convolution import Conv2d, ConvTranspose2d
from minigen.nn.dense import Dense, Embedding
from minigen.nn.dense import Dense as Linear
from minigen.nn.dropout import Dropout
from minigen.nn.flatten import Flatten, Unflatten
from minigen.nn.folding import Fold, Unfold
from minigen.nn.losses import (
    BCELoss,
    BCEWithLogitsLoss,
    CosineSimilarity,
    CrossEntropyLoss,
    GaussianNLLLoss,
    HuberLoss,
    KLDivLoss,
    L1Loss,
    MSELoss,
    NLLLoss,
    SmoothL1Loss,
)
from minigen.nn.module import Module, Parameter
from minigen.nn.normalization import (
    BatchNorm1d,
    BatchNorm2d,
    GroupNorm,
    InstanceNorm2d,
    LayerNorm,
)
from minigen.nn.padding import ReflectionPad2d, ReplicationPad2d, ZeroPad2d
from minigen.nn.perceptual import PerceptualLoss
from minigen.nn.pixelshuffle import PixelShuffle, PixelUnshuffle
from minigen.nn.pooling import AdaptiveAvgPool2d, AvgPool2d, MaxPool2d, Upsample
from minigen.nn.recurrent import GRU, LSTM, GRUCell, LSTMCell
from minigen.nn.signals import Conv1d, ConvTranspose1d
from minigen.nn.substitution import functional_call, substituted

__all__ = [
    "ELU",
    "GELU",
    "GRU",
    "LSTM",
    "SELU",
    "AdaptiveAvgPool2d",
    "AvgPool2d",
    "BCELoss",
    "BCEWithLogitsLoss",
    "BatchNorm1d",
    "BatchNorm2d",
    "Conv1d",
    "Conv2d",
    "ConvTranspose1d",
    "ConvTranspose2d",
    "CosineSimilarity",
    "CrossEntropyLoss",
    "Dense",
    "Dropout",
    "Embedding",
    "ExponentialAverage",
    "Flatten",
    "Fold",
    "GRUCell",
    "GaussianNLLLoss",
    "GroupNorm",
    "Hardtanh",
    "HuberLoss",
    "Identity",
    "InstanceNorm2d",
    "KLDivLoss",
    "L1Loss",
    "LSTMCell",
    "LayerNorm",
    "LeakyReLU",
    "LearnedPositions",
    "Linear",
    "LogSoftmax",
    "MSELoss",
    "MaxPool2d",
    "Mish",
    "Module",
    "ModuleDict",
    "ModuleList",
    "MultiheadAttention",
    "NLLLoss",
    "Parameter",
    "PerceptualLoss",
    "PixelShuffle",
    "PixelUnshuffle",
    "ReLU",
    "ReLU6",
    "ReflectionPad2d",
    "ReplicationPad2d",
    "Sequential",
    "SiLU",
    "Sigmoid",
    "SinusoidalPositions",
    "SmoothL1Loss",
    "Softmax",
    "Softplus",
    "Tanh",
    "TransformerEncoderLayer",
    "Unflatten",
    "Unfold",
    "Upsample",
    "ZeroPad2d",
    "functional_call",
    "init",
    "substituted",
    "utils",
]
