"""Every op under PyTorch's name: ``import minigen.functional as F``.

Ops take tensors and plain arrays alike: with a tensor among the arguments the result is a tensor,
with arrays alone an array. The names are those that each family of ops exports.
"""

# ruff: noqa: F403, F405
from minigen import ops
from minigen.ops.activation import *
from minigen.ops.arithmetic import *
from minigen.ops.arrangement import *
from minigen.ops.attention import *
from minigen.ops.convolution import *
from minigen.ops.counting import *
from minigen.ops.diagonal import *
from minigen.ops.distances import *
from minigen.ops.drawing import *
from minigen.ops.einsum import *
from minigen.ops.finiteness import *
from minigen.ops.folding import *
from minigen.ops.fourier import *
from minigen.ops.gates import *
from minigen.ops.grids import *
from minigen.ops.interpolation import *
from minigen.ops.inversion import *
from minigen.ops.linear import *
from minigen.ops.losses.classes import *
from minigen.ops.losses.divergences import *
from minigen.ops.losses.errors import *
from minigen.ops.losses.gaussians import *
from minigen.ops.losses.margins import *
from minigen.ops.losses.outcomes import *
from minigen.ops.normalization import *
from minigen.ops.pieces import *
from minigen.ops.placing import *
from minigen.ops.pooling import *
from minigen.ops.product import *
from minigen.ops.ranking import *
from minigen.ops.recurrent import *
from minigen.ops.reduction import *
from minigen.ops.rounding import *
from minigen.ops.selection import *
from minigen.ops.shaping import *
from minigen.ops.shorthand import *
from minigen.ops.signals import *
from minigen.ops.similarity import *
from minigen.ops.special import *
from minigen.ops.stochastic import *

clamp = clip
concat = cat
moveaxis = movedim

__all__ = ["clamp", "concat", "moveaxis"]
__all__ += ops.activation.__all__
__all__ += ops.arithmetic.__all__
__all__ += ops.arrangement.__all__
__all__ += ops.attention.__all__
__all__ += ops.convolution.__all__
__all__ += ops.counting.__all__
__all__ += ops.diagonal.__all__
__all__ += ops.distances.__all__
__all__ += ops.drawing.__all__
__all__ += ops.einsum.__all__
__all__ += ops.finiteness.__all__
__all__ += ops.folding.__all__
__all__ += ops.fourier.__all__
__all__ += ops.gates.__all__
__all__ += ops.grids.__all__
__all__ += ops.interpolation.__all__
__all__ += ops.inversion.__all__
__all__ += ops.linear.__all__
__all__ += ops.losses.__all__
__all__ += ops.normalization.__all__
__all__ += ops.pieces.__all__
__all__ += ops.placing.__all__
__all__ += ops.pooling.__all__
__all__ += ops.product.__all__
__all__ += ops.ranking.__all__
__all__ += ops.recurrent.__all__
__all__ += ops.reduction.__all__
__all__ += ops.rounding.__all__
__all__ += ops.selection.__all__
__all__ += ops.shaping.__all__
__all__ += ops.shorthand.__all__
__all__ += ops.signals.__all__
__all__ += ops.similarity.__all__
__all__ += ops.special.__all__
__all__ += ops.stochastic.__all__
__all__.sort()
