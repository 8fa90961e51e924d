"""Kinds of picture files that Pillow does not know: how they are told apart, and the extra that reads each.

Imports no torch, and the packages of the extras only for a file that needs them.
"""

from __future__ import annotations

import importlib
from io import BufferedReader
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from dreamer.errors import PictureError
from dreamer.pictures.icc import srgb_values
from dreamer.pictures.names import RAW_SUFFIXES

DAMAGED, EXPORT_AGAIN = "the picture is cut short or damaged", "Copy, download or export it again."
_HEIC_BRANDS = {b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx"}
_JXL = (b"\xff\x0a", b"\0\0\0\x0cJXL \r\n\x87\n")
_EXR = b"\x76\x2f\x31\x01"
# name, extra, package
_HEIC_EXTRA = "HEIC", "heic", "pillow_heif"
_JXL_EXTRA = "JPEG XL", "jxl", "pillow_jxl"
_RAW_EXTRA = "camera raw", "raw", "rawpy"
_EXR_EXTRA = "OpenEXR", "exr", "OpenEXR"


def opened_by_extra(file: BufferedReader, path: Path) -> Image.Image | None:
    """A picture for which Pillow needs help, opened; None where Pillow can open it, perhaps by a plugin loaded now.

    Raises PictureError where the extra that reads it is missing.
    """
    head = file.read(64)
    file.seek(0)
    brands = {head[start : start + 4] for start in range(8, min(len(head), head[3] if len(head) > 3 else 0), 4)}
    if head[4:8] == b"ftyp" and brands & _HEIC_BRANDS:
        needed(*_HEIC_EXTRA, path).register_heif_opener()
    elif head.startswith(_JXL):
        needed(*_JXL_EXTRA, path)  # registers itself
    elif head.startswith(_EXR):
        return ExrImage(needed(*_EXR_EXTRA, path), path)
    elif path.suffix.lower() in RAW_SUFFIXES:
        return RawImage(needed(*_RAW_EXTRA, path), path)
    return None


def needed(kind: str, extra: str, package: str, path: Path) -> Any:
    """The package that reads a kind of file. Raises PictureError, naming the extra, where it is not installed."""
    try:
        return importlib.import_module(package)
    except ImportError:
        remedy = f"Install it with: pip install 'dreamer[{extra}]'"
        raise PictureError(f"reading {kind} needs an extra", where=str(path), remedy=remedy) from None


class _Own(Image.Image):
    """A picture of Pillow whose pixels come from elsewhere when they are asked for."""

    def __init__(self, size: tuple[int, int], mode: str) -> None:
        super().__init__()
        self._size, self._mode = size, mode
        self._loaded = False

    def load(self) -> Any:
        """Decode the pixels, once."""
        if not self._loaded:
            self._loaded = True
            self.im = Image.fromarray(self.shown()).im
        return super().load()

    def shown(self) -> NDArray[np.uint8]:
        """The pixels in 8 bits."""
        raise NotImplementedError


class RawImage(_Own):
    """A camera's raw file, developed by LibRaw: its white balance, its own brightness, sRGB, upright."""

    format = "RAW"

    def __init__(self, rawpy: Any, path: Path) -> None:
        self._rawpy, self._path = rawpy, path
        try:
            with rawpy.imread(str(path)) as raw:
                sizes = raw.sizes
        except rawpy.LibRawError as error:
            raise PictureError(
                f"LibRaw cannot read it: {_said(error)}", where=str(path), remedy=EXPORT_AGAIN
            ) from error
        turned = sizes.flip in (5, 6)
        size = (sizes.height, sizes.width) if turned else (sizes.width, sizes.height)
        super().__init__(size, "RGB")

    def deep(self) -> NDArray[np.uint16]:
        """(H, W, 3), white at 65535."""
        return self._developed(16)

    def shown(self) -> NDArray[np.uint8]:
        """(H, W, 3)."""
        return self._developed(8)

    def getexif(self) -> Image.Exif:
        """None: LibRaw has turned the picture already."""
        return Image.Exif()

    def _developed(self, bits: int) -> NDArray[Any]:
        try:
            with self._rawpy.imread(str(self._path)) as raw:
                # LibRaw's gamma is that of BT.709 unless it is told.
                pixels: NDArray[Any] = raw.postprocess(
                    output_bps=bits, use_camera_wb=True, output_color=self._rawpy.ColorSpace.sRGB, gamma=(2.4, 12.92)
                )
        except self._rawpy.LibRawError as error:
            what = f"LibRaw cannot develop it: {_said(error)}"
            raise PictureError(what, where=str(self._path), remedy=EXPORT_AGAIN) from error
        return pixels


class ExrImage(_Own):
    """An OpenEXR file of RGB, RGBA or luminance: linear light of Rec. 709; values outside [0, 1] are cut for Pillow."""

    format = "EXR"

    def __init__(self, openexr: Any, path: Path) -> None:
        try:
            with openexr.File(str(path), header_only=True) as file:
                header = dict(file.header())  # which is emptied with the file
            low, high = header["dataWindow"]
        except (RuntimeError, OSError, ValueError, KeyError) as error:
            raise PictureError(DAMAGED, where=str(path), remedy=EXPORT_AGAIN) from error
        self._openexr, self._path = openexr, path
        width, height = (int(last) - int(first) + 1 for first, last in zip(low, high, strict=True))
        super().__init__((width, height), "RGB")
        self.info.update({key: value for key, value in header.items() if isinstance(value, str)})

    def light(self) -> tuple[NDArray[np.float32], NDArray[np.float32] | None]:
        """Linear light (H, W, 3), and alpha (H, W) or None."""
        planes = self._planes()
        names = next((names for names in (("R", "G", "B"), ("Y", "Y", "Y")) if planes.keys() >= set(names)), None)
        if names is None:
            what = f"has no colors but {', '.join(map(repr, planes))}"
            raise PictureError(what, where=str(self._path), remedy="Export it with channels R, G and B, or Y.")
        return np.stack([planes[name] for name in names], -1), planes.get("A")

    def _planes(self) -> dict[str, NDArray[np.float32]]:
        """The channels that are as large as the picture."""
        import Imath  # comes with OpenEXR

        wanted = Imath.PixelType(Imath.PixelType.FLOAT)
        shape = self.height, self.width
        try:
            # The older of the package's readers: the newer one prints what it cannot read.
            file = self._openexr.InputFile(str(self._path))
            data = {name: file.channel(name, wanted) for name in file.header()["channels"] if len(name) == 1}
            file.close()
        except (RuntimeError, OSError, ValueError, TypeError) as error:
            raise PictureError(DAMAGED, where=str(self._path), remedy=EXPORT_AGAIN) from error
        planes = {name: np.frombuffer(values, np.float32) for name, values in data.items()}
        return {name: plane.reshape(shape) for name, plane in planes.items() if plane.size == self.height * self.width}

    def shown(self) -> NDArray[np.uint8]:
        """(H, W, 3)."""
        light, _ = self.light()
        return np.rint(np.clip(srgb_values(np.nan_to_num(light)), 0, 1) * 255).astype(np.uint8)


def _said(error: Exception) -> str:
    said = error.args[0] if error.args else error
    return said.decode(errors="replace") if isinstance(said, bytes) else str(said)
