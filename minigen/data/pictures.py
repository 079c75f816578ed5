"""One picture: from a file in whatever format, orientation and depth, to (C, H, W) in bytes.

Pillow decodes. What a picture means is decided here, in this order: it is turned upright, as its
EXIF orientation says; deeper values become 8 bits; transparent pixels show the background; colours
become grey or greys colours; and it is fitted to the size that all get.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import numpy.typing as npt

from minigen.data.captioned import split_words

if TYPE_CHECKING:
    from pathlib import Path

    from PIL import Image

    from minigen.data.own import OwnData

SUFFIXES: Final = (".png", ".jpg", ".jpeg", ".bmp", ".gif", ".webp", ".tif", ".tiff")
"""How the names of picture files end, in small letters or large."""

CAPTIONS: Final = "captions.txt"
"""The file beside pictures that has a sentence for each: a line with name, tab and sentence."""

PAIR: Final = ("input", "target")
"""The folders in which the two pictures of a pair have the same name."""

_FORMATS: Final = ("PNG", "JPEG", "BMP", "DIB", "GIF", "WEBP", "TIFF")
_GREY: Final = ("1", "L", "LA", "La", "I", "F", "I;16", "I;16L", "I;16B", "I;16N")


class BadPictureError(Exception):
    """A file holds no picture that can be read; the message is the reason."""


@dataclass(frozen=True)
class Look:
    """What is seen of a picture before it is decoded: (height, width), and whether it is grey."""

    size: tuple[int, int]
    grey: bool


@dataclass(frozen=True, kw_only=True)
class Picture(ABC):
    """A picture that is still to be decoded.

    Parameters
    ----------
    name : str
        What it is called, by which it falls into the training part or the test part.
    label : int, optional
        The number of its class.
    part : {"train", "test"}, optional
        The part that its publisher put it into.
    caption : str, optional
        The sentence of it.
    """

    name: str
    label: int | None = None
    part: str | None = None
    caption: str | None = None

    @abstractmethod
    def look(self) -> Look:
        """Look at the picture; whatever is wrong with it may be raised."""

    @abstractmethod
    def decode(self, own: OwnData) -> tuple[Look, npt.NDArray[np.uint8]]:
        """Return what it was and what became of it, (C, H, W), in the size and channels of `own`.

        Where these are not said, the picture's own are kept.
        """


@dataclass(frozen=True, kw_only=True)
class PictureFile(Picture):
    """A picture in a file, at a `path`; the first frame, if it has several."""

    path: Path

    def look(self) -> Look:
        """Read the file's header."""
        with _opened(self.path) as image:
            return Look(_upright_size(image), _is_grey(image))

    def decode(self, own: OwnData) -> tuple[Look, npt.NDArray[np.uint8]]:
        """Read the file."""
        with _opened(self.path) as image:
            seen = Look(_upright_size(image), _is_grey(image))
            return seen, _decode(image, own)


@dataclass(frozen=True, kw_only=True)
class CaptionedPicture(PictureFile):
    """A picture in a file, and its `caption`, either of which may be missing: then it is bad."""

    def look(self) -> Look:
        """Look at the picture, if it has a sentence."""
        self._expect_both()
        return super().look()

    def decode(self, own: OwnData) -> tuple[Look, npt.NDArray[np.uint8]]:
        """Read the picture, if it has a sentence."""
        self._expect_both()
        return super().decode(own)

    def _expect_both(self) -> None:
        if self.caption is None:
            raise BadPictureError(f"has no line in {CAPTIONS}")
        if not split_words(self.caption):
            raise BadPictureError(f"has a sentence without a word in {CAPTIONS}")
        if not self.path.exists():
            raise BadPictureError(f"has a line in {CAPTIONS}, but there is no such file")


@dataclass(frozen=True, kw_only=True)
class PictureArray(Picture):
    """A picture that is an array of bytes already, `pixels` of shape (H, W, C)."""

    pixels: npt.NDArray[np.uint8]

    def look(self) -> Look:
        """Look at the shape."""
        height, width, channels = self.pixels.shape
        return Look((height, width), channels <= 2)

    def decode(self, own: OwnData) -> tuple[Look, npt.NDArray[np.uint8]]:
        """Change the array, if anything is asked for."""
        from PIL import Image

        seen, channels = self.look(), self.pixels.shape[-1]
        if own.size in {None, seen.size} and channels in {1, 3} & {own.channels or channels}:
            return seen, np.moveaxis(self.pixels, -1, 0)
        pixels = np.ascontiguousarray(self.pixels[..., 0] if channels == 1 else self.pixels)
        return seen, _decode(Image.fromarray(pixels), own)


@dataclass(frozen=True, kw_only=True)
class PicturePair(Picture):
    """Two pictures that become one, with the channels of the first before those of the second.

    Parameters
    ----------
    halves : mapping of str to Picture
        The two by their folders, ``"input"`` and ``"target"``. The input gets the target's size.
    """

    halves: Mapping[str, Picture]

    def look(self) -> Look:
        """Look at both: what is asked for is the target's size, and grey if both are."""
        given, wanted = (half.look() for half in self._both())
        return Look(wanted.size, given.grey and wanted.grey)

    def decode(self, own: OwnData) -> tuple[Look, npt.NDArray[np.uint8]]:
        """Read both, (2 C, H, W)."""
        (_, given), (seen, wanted) = (half.decode(own) for half in self._both())
        return seen, np.concatenate([given, wanted])

    def _both(self) -> list[Picture]:
        for folder in PAIR:
            if folder not in self.halves:
                (other,) = self.halves
                raise BadPictureError(f"is in {other} alone, and has no fellow in {folder}")
        return [self.halves[folder] for folder in PAIR]


@dataclass(frozen=True, kw_only=True)
class PictureClip(Picture):
    """Pictures that follow one another, and become one with the channels of all.

    Parameters
    ----------
    frames : sequence of Path
        A file with several frames, or a file for each frame, in their order.
    length : int, optional
        How many frames are taken, the first ones; by default all.
    """

    frames: Sequence[Path]
    length: int | None = None

    def look(self) -> Look:
        """Look at the first frame."""
        with _opened(self.frames[0]) as image:
            return Look(_upright_size(image), _is_grey(image))

    def decode(self, own: OwnData) -> tuple[Look, npt.NDArray[np.uint8]]:
        """Read as many frames as are taken, (T C, H, W)."""
        first, frames = self.read(own)
        return first, frames.reshape(-1, *frames.shape[2:])

    def read(self, own: OwnData) -> tuple[Look, npt.NDArray[np.uint8]]:
        """Read them, (T, C, H, W)."""
        first = self.look()
        wanted = replace(own, channels=own.channels or (1 if first.grey else 3))
        made: list[npt.NDArray[np.uint8]] = []
        for size, image in self._images():
            if len(made) == self.length:
                break
            if size != first.size:
                raise BadPictureError(
                    f"changes its size: {_by(first.size)} in the first frame, {_by(size)} in "
                    f"number {len(made) + 1} (height x width)"
                )
            made.append(_decode(image, wanted))
        if len(made) < (self.length or 2):
            least = self.length or 2
            raise BadPictureError(f"has {_counted(len(made))}: at least {least} are expected")
        return first, np.stack(made)

    def _images(self) -> Iterator[tuple[tuple[int, int], Image.Image]]:
        """Iterate over all frames, each with its height and width."""
        alone = len(self.frames) == 1
        for path in self.frames:
            with _opened(path) as image:
                count = getattr(image, "n_frames", 1)
                if count > 1 and not alone:
                    raise BadPictureError(
                        f"has {_counted(count)} in {path.name}, which stands for one of several"
                    )
                for number in range(count):
                    image.seek(number)
                    yield _upright_size(image), image


def _counted(frames: int) -> str:
    return "1 frame" if frames == 1 else f"{frames} frames"


def _by(size: tuple[int, int]) -> str:
    return f"{size[0]}x{size[1]}"


@contextmanager
def _opened(path: Path) -> Iterator[Image.Image]:
    """Open a file, of which nothing is decoded yet."""
    from PIL import Image, UnidentifiedImageError

    if not path.is_file():
        raise BadPictureError("is a link to nothing" if path.is_symlink() else "is no regular file")
    if not path.stat().st_size:
        raise BadPictureError("is empty")
    # A file that Pillow opens by its name it may map into memory, and then it scrambles a TIFF
    # that lies on its side.
    with path.open("rb") as stream:
        try:
            image = Image.open(stream, formats=_FORMATS)
        except UnidentifiedImageError as error:
            raise BadPictureError("holds no picture in a known format") from error
        with image:
            yield image


@dataclass(frozen=True, kw_only=True)
class MaskedPicture(Picture):
    """A picture, and another that is white where it has a defect, as its last channel.

    Parameters
    ----------
    picture : Picture
        What is looked at.
    mask : Picture, optional
        Of the same size; None if nothing is wrong.
    expected : str, optional
        Where a mask should be, if there should be one.
    """

    picture: Picture
    mask: Picture | None
    expected: str | None = None

    def look(self) -> Look:
        """Look at the picture."""
        return self.picture.look()

    def decode(self, own: OwnData) -> tuple[Look, npt.NDArray[np.uint8]]:
        """Read both, (C + 1, H, W), the mask black or white."""
        seen, pixels = self.picture.decode(own)
        if self.mask is None:
            if self.expected is not None:
                raise BadPictureError(f"has no mask {self.expected}")
            return seen, np.concatenate([pixels, np.zeros_like(pixels[:1])])
        of_mask, mask = self.mask.decode(replace(own, channels=1))
        if of_mask.size != seen.size:
            sizes = (f"{height}x{width}" for height, width in (seen.size, of_mask.size))
            raise BadPictureError("is of {} pixels (height x width), its mask of {}".format(*sizes))
        white = np.where(mask < 128, np.uint8(0), np.uint8(255))
        return seen, np.concatenate([pixels, white])


@contextmanager
def reading() -> Iterator[None]:
    """Make one error of whatever a damaged picture raises."""
    try:
        yield
    except BadPictureError:
        raise
    except Exception as error:  # a damaged file makes Pillow's readers raise whatever they like
        raise BadPictureError(str(error) or type(error).__name__) from error


def _upright_size(image: Image.Image) -> tuple[int, int]:
    """Return height and width as the picture is to be seen, told by its header."""
    width, height = image.size
    turned = image.format != "TIFF" and _orientation(image) in _SIDEWAYS  # Pillow turns TIFF itself
    return (width, height) if turned else (height, width)


def _is_grey(image: Image.Image) -> bool:
    """Tell whether a picture has no colours, as far as its header says; a palette is looked at."""
    if image.mode != "P":
        return image.mode in _GREY
    palette = np.array(image.getpalette() or [], np.uint8).reshape(-1, 3)
    return bool((palette == palette[:, :1]).all())


def _decode(image: Image.Image, own: OwnData) -> npt.NDArray[np.uint8]:
    """Return the picture as an array of bytes (C, H, W)."""
    channels = own.channels or (1 if _is_grey(image) else 3)
    image.load()
    upright = _in_bytes(_upright(image))
    flat = _on_background(upright, own.background).convert("L" if channels == 1 else "RGB")
    pixels = np.asarray(_fitted(flat, own))
    return pixels[np.newaxis] if channels == 1 else np.moveaxis(pixels, -1, 0)


def _upright(image: Image.Image) -> Image.Image:
    """Return a picture turned, or mirrored, as its EXIF orientation says."""
    from PIL.Image import Transpose

    turns = {
        2: Transpose.FLIP_LEFT_RIGHT,
        3: Transpose.ROTATE_180,
        4: Transpose.FLIP_TOP_BOTTOM,
        5: Transpose.TRANSPOSE,
        6: Transpose.ROTATE_270,
        7: Transpose.TRANSVERSE,
        8: Transpose.ROTATE_90,
    }
    turn = turns.get(_orientation(image))
    return image if turn is None else image.transpose(turn)


_ORIENTATION: Final = 0x0112  # EXIF's tag, and those of its values that swap height and width
_SIDEWAYS: Final = (5, 6, 7, 8)


def _orientation(image: Image.Image) -> int:
    """Return EXIF's orientation; 1, which is upright, if there is none or it can't be read."""
    try:
        return int(image.getexif().get(_ORIENTATION, 1))
    except Exception:  # noqa: BLE001 - a picture is no worse for what is written beside it
        return 1


def _in_bytes(image: Image.Image) -> Image.Image:
    """Return a picture of 8 bits a channel; deeper ones are scaled, not cut off."""
    from PIL import Image

    if image.mode == "F":
        return Image.fromarray(_from_reals(np.asarray(image)))
    if image.mode != "I" and not image.mode.startswith("I;16"):
        return image
    values = np.asarray(image).astype(np.int64)
    if values.min() < 0 or values.max() > _SIXTEEN_BITS:
        raise BadPictureError(
            f"holds integers from {values.min()} to {values.max()}: 16 bits are read at most"
        )
    return Image.fromarray(((values + 128) // 257).astype(np.uint8))  # 65,535 = 257 x 255


_SIXTEEN_BITS: Final = 2**16 - 1


def _from_reals(values: npt.NDArray[Any]) -> npt.NDArray[np.uint8]:
    """Return greys in [0, 1], or in [0, 255], as bytes."""
    if not np.isfinite(values).all():
        raise BadPictureError("holds NaN or infinite values")
    low, high = float(values.min()), float(values.max())
    if low < 0 or high > 255:
        raise BadPictureError(f"holds values from {low:g} to {high:g}, neither [0, 1] nor [0, 255]")
    scaled: npt.NDArray[np.uint8] = np.rint(values * (255 if high <= 1 else 1)).astype(np.uint8)
    return scaled


def _on_background(image: Image.Image, background: str) -> Image.Image:
    """Return a picture without transparency."""
    from PIL import Image

    if image.mode not in {"RGBA", "RGBa", "LA", "La", "PA"} and "transparency" not in image.info:
        return image
    ground = Image.new("RGBA", image.size, background)
    if image.mode in {"La", "RGBa"}:
        image = image.convert({"La": "LA", "RGBa": "RGBA"}[image.mode])
    ground.alpha_composite(image.convert("RGBA"))
    return ground.convert("RGB")


def _fitted(image: Image.Image, own: OwnData) -> Image.Image:
    """Return a picture in the size that is asked for."""
    from PIL import Image, ImageOps

    if not isinstance(own.size, tuple) or image.size == own.size[::-1]:
        return image
    box = own.size[::-1]  # Pillow's sizes are (width, height)
    filter_ = Image.Resampling.LANCZOS
    if own.fit == "crop":
        return ImageOps.fit(image, box, filter_)
    if own.fit == "pad":
        return ImageOps.pad(image, box, filter_, color=own.background)
    return image.resize(box, filter_)
