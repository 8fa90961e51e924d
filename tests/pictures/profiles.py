"""Color profiles for tests, put together by ICC.1:2022."""

from __future__ import annotations

import struct

# XYZ of red, green and blue by D50.
DISPLAY_P3 = ((0.51512, 0.2412, -0.00105), (0.29198, 0.69225, 0.04189), (0.1571, 0.06657, 0.78407))
ADOBE_RGB = ((0.60974, 0.31111, 0.01947), (0.20528, 0.62567, 0.06087), (0.14919, 0.06322, 0.74457))
SRGB_CURVE = b"para\0\0\0\0\0\3\0\0" + struct.pack(
    ">5i", *(round(n * 65536) for n in (2.4, 1 / 1.055, 0.055 / 1.055, 1 / 12.92, 0.04045))
)
GAMMA = b"curv\0\0\0\0\0\0\0\1" + struct.pack(">H2x", round(2.19921875 * 256))


def profile(primaries: tuple[tuple[float, ...], ...], curve: bytes, name: str = "Wide", **other: bytes) -> bytes:
    """A display profile of three primaries with one curve; `other`: further tags."""
    tags = {
        b"desc": b"desc\0\0\0\0" + struct.pack(">I", len(name) + 1) + name.encode() + bytes(79),
        b"wtpt": _xyz((0.9642, 1.0, 0.8249)),
        b"cprt": b"text\0\0\0\0none\0",
        **{color + b"XYZ": _xyz(xyz) for color, xyz in zip((b"r", b"g", b"b"), primaries, strict=True)},
        **{color + b"TRC": curve for color in (b"r", b"g", b"b")},
        **{tag.encode(): data for tag, data in other.items()},
    }
    table, body, start = b"", b"", 132 + 12 * len(tags)
    for tag, data in tags.items():
        padded = data + bytes(-len(data) % 4)
        table += struct.pack(">4sII", tag, start + len(body), len(data))
        body += padded
    header = struct.pack(
        ">I4sI4s4s4s12s4s4sIIIQI3i4s44x", start + len(body), b"lcms", 0x02400000, b"mntr", b"RGB ", b"XYZ ",
        struct.pack(">6H", 2020, 1, 1, 0, 0, 0), b"acsp", b"APPL", 0, 0, 0, 0, 0, 63190, 65536, 54061, b"lcms",
    )  # fmt: skip
    return header + struct.pack(">I", len(tags)) + table + body


def _xyz(values: tuple[float, ...]) -> bytes:
    return b"XYZ \0\0\0\0" + struct.pack(">3i", *(round(value * 65536) for value in values))
