"""Kinds of data: what loop, files, commands and pictures have to know of images, or of points.

A data set says of which kind it is (``dataset.kind``), a model which kinds it takes
(``Model.kinds``): both by name. Everything else that differs from kind to kind stands in one
object, a `Kind`. A kind outside the package is registered by the module that defines it.

Examples
--------
>>> from minigen import data, kinds
>>> kind = kinds.find(data.load("ring").kind)
>>> kind.name, kind.plural, kind.unit
('point', 'points', 'nats/point')
"""

from minigen.kinds.captioned import CaptionedKind
from minigen.kinds.clip import ClipKind
from minigen.kinds.image import ImageKind
from minigen.kinds.kind import Kind, KindError, Setting, find, kind_of, register, registered
from minigen.kinds.pair import PairKind
from minigen.kinds.point import PointKind
from minigen.kinds.sound import SoundKind
from minigen.kinds.spectrogram import SpectrogramKind
from minigen.kinds.styles import StylesKind
from minigen.kinds.text import TextKind

register(ImageKind())
register(PointKind())
register(PairKind())
register(CaptionedKind())
register(ClipKind())
register(StylesKind())
register(SoundKind())
register(SpectrogramKind())
register(TextKind())

__all__ = [
    "CaptionedKind",
    "ClipKind",
    "ImageKind",
    "Kind",
    "KindError",
    "PairKind",
    "PointKind",
    "Setting",
    "SoundKind",
    "SpectrogramKind",
    "StylesKind",
    "TextKind",
    "find",
    "kind_of",
    "register",
    "registered",
]
