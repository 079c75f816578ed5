"""Cases of the activations as layers."""

from __future__ import annotations

import functools

from minigen import nn
from minigen.catalogue.case import distinct, module_case, normal

_layer = functools.partial(module_case, kind="layer")

ACTIVATION_LAYERS = [
    _layer("ReLU", lambda _: nn.ReLU(), distinct(3, 4)),
    _layer("LeakyReLU", lambda _: nn.LeakyReLU(0.2), distinct(3, 4)),
    _layer("ELU", lambda _: nn.ELU(), distinct(3, 4)),
    _layer("Sigmoid", lambda _: nn.Sigmoid(), normal(3, 4)),
    _layer("Tanh", lambda _: nn.Tanh(), normal(3, 4)),
    _layer("Softplus", lambda _: nn.Softplus(), normal(3, 4)),
    _layer("SiLU", lambda _: nn.SiLU(), normal(3, 4)),
    _layer("SELU", lambda _: nn.SELU(), distinct(3, 4)),
    _layer("Mish", lambda _: nn.Mish(), normal(3, 4)),
    _layer("GELU", lambda _: nn.GELU("tanh"), normal(3, 4)),
    _layer("Hardtanh", lambda _: nn.Hardtanh(-0.31, 0.41), distinct(3, 4)),
    _layer("ReLU6", lambda _: nn.ReLU6(), distinct(3, 4)),
    _layer("Softmax", lambda _: nn.Softmax(1), normal(3, 4)),
    _layer("LogSoftmax", lambda _: nn.LogSoftmax(1), normal(3, 4)),
    _layer("Identity", lambda _: nn.Identity(), normal(3, 4)),
    _layer("PReLU", lambda _: nn.PReLU(4), distinct(3, 4)),
    _layer("GLU", lambda _: nn.GLU(1), normal(3, 4)),
    _layer("LogSigmoid", lambda _: nn.LogSigmoid(), normal(3, 4)),
    _layer("Softsign", lambda _: nn.Softsign(), distinct(3, 4)),
    _layer("Softmin", lambda _: nn.Softmin(1), normal(3, 4)),
]
