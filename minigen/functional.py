"""Every op under PyTorch's name: ``import minigen.functional as F``.

Ops take tensors and plain arrays alike: with a tensor among the arguments the result is a tensor,
with arrays alone an array.
"""

from minigen.losses import (
    binary_cross_entropy,
    binary_cross_entropy_with_logits,
    cross_entropy,
    gaussian_nll,
    kl_gaussian,
    kl_standard_normal,
    mse_loss,
)
from minigen.ops.activation import (
    elu,
    leaky_relu,
    log_softmax,
    relu,
    sigmoid,
    softmax,
    softplus,
    tanh,
)
from minigen.ops.arithmetic import (
    add,
    clip,
    div,
    eq,
    ge,
    gt,
    le,
    logical_and,
    logical_not,
    logical_or,
    lt,
    maximum,
    minimum,
    mul,
    ne,
    neg,
    pow,
    sub,
    where,
)
from minigen.ops.elementwise import abs, cos, exp, log, sign, sin, sqrt
from minigen.ops.linear import linear, matmul
from minigen.ops.normalization import batch_norm, layer_norm, standardize
from minigen.ops.reduction import argmax, argmin, logsumexp, max, mean, min, std, sum, var
from minigen.ops.shaping import (
    astype,
    broadcast_to,
    cat,
    clone,
    concatenate,
    flatten,
    getitem,
    pad,
    permute,
    put,
    reshape,
    squeeze,
    stack,
    sum_to_size,
    to_device,
    transpose,
    unsqueeze,
)
from minigen.stochastic import dropout, log_normal, reparameterize

clamp = clip
amax = max
amin = min

__all__ = [
    "abs", "add", "amax", "amin", "argmax", "argmin", "astype", "batch_norm",
    "binary_cross_entropy", "binary_cross_entropy_with_logits", "broadcast_to", "cat", "clamp",
    "clip", "clone", "concatenate", "cos", "cross_entropy", "div", "dropout", "elu", "eq", "exp",
    "flatten", "gaussian_nll", "ge", "getitem", "gt", "kl_gaussian", "kl_standard_normal",
    "layer_norm", "le", "leaky_relu", "linear", "log", "log_normal", "log_softmax",
    "logical_and", "logical_not", "logical_or", "logsumexp", "lt", "matmul", "max", "maximum",
    "mean", "min", "minimum", "mse_loss", "mul", "ne", "neg", "pad", "permute", "pow", "put",
    "relu", "reparameterize", "reshape", "sigmoid", "sign", "sin", "softmax", "softplus", "sqrt",
    "squeeze", "stack", "standardize", "std", "sub", "sum", "sum_to_size", "tanh", "to_device",
    "transpose", "unsqueeze", "var", "where",
]
