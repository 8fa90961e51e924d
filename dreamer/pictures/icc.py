"""Color profiles of three primaries and their curves, such as Display P3 and Adobe RGB, in floating point.

Little CMS by way of Pillow has 8 bits a channel, and cuts what lies outside the color space that it converts to. Here
nothing is rounded, and nothing is cut before there is a place for it. ICC.1:2022, sections 7, 9.2, 10.6 and 10.18.
"""

from __future__ import annotations

import functools
import struct
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import ImageCms

Values = NDArray[np.float32]
# Of the parameters g, a, b, c, d, e, f those that each kind of parametric curve has.
_PARAMETERS = ("g", "gab", "gabc", "gabcd", "gabcdef")
_MOST_TAGS = 200
_STEEPEST = 10


class OtherProfile(ValueError):
    """A profile that is damaged, or that is not made of primaries and curves."""


@dataclass(frozen=True, eq=False)
class Curve:
    """From encoded to linear light: a table over equal steps of [0, 1]; or a power with a straight foot, of which

    linear = (a x + b)^g + e from d on, c x + f below.
    """

    table: Values | None = None
    g: float = 1.0
    a: float = 1.0
    b: float = 0.0
    c: float = 0.0
    d: float = 0.0
    e: float = 0.0
    f: float = 0.0

    def decoded(self, values: Values) -> Values:
        """Linear light of encoded values in [0, 1]."""
        if self.table is not None:
            steps = np.linspace(0, 1, len(self.table), dtype=np.float32)
            return np.interp(values, steps, self.table).astype(np.float32)
        power = np.maximum(self.a * values + self.b, 0) ** np.float32(self.g) + np.float32(self.e)
        return power if self.d <= 0 else np.where(values >= self.d, power, self.c * values + self.f)

    def encoded(self, linear: Values) -> Values:
        """The inverse; linear light is cut to what [0, 1] is decoded to."""
        if self.table is not None:
            steps = np.linspace(0, 1, len(self.table), dtype=np.float32)
            return np.interp(linear, self.table, steps).astype(np.float32)
        power = (np.maximum(linear - self.e, 0) ** np.float32(1 / self.g) - self.b) / np.float32(self.a)
        if self.d > 0:
            foot = (linear - self.f) / np.float32(self.c or 1)
            power = np.where(linear >= self.c * self.d + self.f, power, foot)
        clipped: Values = np.clip(power, 0, 1)
        return clipped


@dataclass(frozen=True, eq=False)
class MatrixProfile:
    """A profile: the columns of `primaries` are the XYZ of red, green and blue, as its connection space has them."""

    primaries: NDArray[np.float64]
    curves: tuple[Curve, Curve, Curve]

    def decoded(self, pixels: Values) -> Values:
        """Linear light (..., 3) of encoded values in [0, 1]."""
        return np.stack([curve.decoded(pixels[..., n]) for n, curve in enumerate(self.curves)], -1)

    def encoded(self, linear: Values) -> Values:
        """Encoded values (..., 3) in [0, 1] of linear light, cut to what the profile holds."""
        return np.stack([curve.encoded(linear[..., n]) for n, curve in enumerate(self.curves)], -1)

    def matrix_to(self, other: MatrixProfile) -> Values:
        """What takes linear light of this profile to that of another, by the same white."""
        return (np.linalg.inv(other.primaries) @ self.primaries).astype(np.float32)


SRGB = Curve(g=2.4, a=1 / 1.055, b=0.055 / 1.055, c=1 / 12.92, d=0.04045)
"""The curve of sRGB (IEC 61966-2-1)."""


def srgb_light(values: Values) -> Values:
    """Linear light of sRGB values; the curve goes on over 1, and is mirrored at 0."""
    return np.copysign(SRGB.decoded(np.abs(values)), values).astype(np.float32)


def srgb_values(light: Values) -> Values:
    """The inverse of `srgb_light`."""
    size = np.abs(light)
    power = np.float32(1.055) * size ** np.float32(1 / 2.4) - np.float32(0.055)
    return np.copysign(np.where(size <= 0.0031308, size * np.float32(12.92), power), light).astype(np.float32)


@functools.cache
def srgb_profile() -> bytes:
    """The sRGB profile that is embedded in outputs, the same bytes at every call."""
    made = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    # Bytes 24 to 36 of the header are the date of creation (ICC.1:2022, section 7.2): now, in a profile just made.
    return made[:24] + struct.pack(">6H", 2015, 6, 17, 0, 0, 0) + made[36:]


def parse_profile(profile: bytes) -> MatrixProfile:
    """A profile's primaries and curves. Raises OtherProfile where it has none, or tables that go before them."""
    try:
        tags = _tags(profile)
        if profile[16:24] != b"RGB XYZ " or b"A2B0" in tags:
            raise OtherProfile("it is not made of primaries and curves")
        primaries = np.array([_xyz(tags[name]) for name in (b"rXYZ", b"gXYZ", b"bXYZ")]).T
        curves = tuple(_curve(tags[name]) for name in (b"rTRC", b"gTRC", b"bTRC"))
    except (KeyError, struct.error, ValueError) as error:
        raise OtherProfile(str(error)) from error
    if abs(np.linalg.det(primaries)) < 1e-4:
        raise OtherProfile("its primaries do not span a space")
    return MatrixProfile(primaries, curves)  # type: ignore[arg-type]


def primaries_of(profile: bytes) -> MatrixProfile | None:
    """The profile in a form that pictures can be brought back to, or None."""
    try:
        return parse_profile(profile)
    except OtherProfile:
        return None


def _tags(profile: bytes) -> dict[bytes, bytes]:
    (count,) = struct.unpack_from(">I", profile, 128)
    if count > _MOST_TAGS:
        raise OtherProfile("it has too many tags")
    tags = {}
    for number in range(count):
        name, start, size = struct.unpack_from(">4sII", profile, 132 + 12 * number)
        tags[name] = profile[start : start + size]
    return tags


def _xyz(data: bytes) -> tuple[float, float, float]:
    if data[:4] != b"XYZ ":
        raise OtherProfile("a primary is damaged")
    x, y, z = (value / 65536 for value in struct.unpack_from(">3i", data, 8))
    return x, y, z


def _curve(data: bytes) -> Curve:
    if data[:4] == b"para":
        (kind,) = struct.unpack_from(">H", data, 8)
        names = _PARAMETERS[kind] if kind < len(_PARAMETERS) else ""
        numbers = [value / 65536 for value in struct.unpack_from(f">{len(names)}i", data, 12)]
        return _parametric(kind, dict(zip(names, numbers, strict=True)))
    if data[:4] != b"curv":
        raise OtherProfile("a curve is of an unknown kind")
    (count,) = struct.unpack_from(">I", data, 8)
    if count == 0:
        return Curve()
    if count == 1:
        return _parametric(0, {"g": struct.unpack_from(">H", data, 12)[0] / 256})
    if 12 + 2 * count > len(data):
        raise OtherProfile("a curve is cut short")
    table = np.frombuffer(data, ">u2", count, 12).astype(np.float32) / np.float32(65535)
    if np.any(np.diff(table) < 0) or table[0] == table[-1]:
        raise OtherProfile("a curve falls")
    return Curve(table)


def _parametric(kind: int, given: dict[str, float]) -> Curve:
    """A parametric curve in the form of the last kind, to which the others are special cases."""
    g, a, b, c = given.get("g", 0.0), given.get("a", 1.0), given.get("b", 0.0), given.get("c", 0.0)
    if not (0 < g <= _STEEPEST and 0 < a <= _STEEPEST):
        raise OtherProfile("a curve does not rise, or too fast")
    if kind == 0:
        return Curve(g=g)
    if kind in (1, 2):
        # Below -b / a it is flat: at 0, or at c.
        return Curve(g=g, a=a, b=b, d=max(-b / a, 0), e=c, f=c)
    return Curve(g=g, a=a, b=b, c=c, d=given["d"], e=given.get("e", 0.0), f=given.get("f", 0.0))
