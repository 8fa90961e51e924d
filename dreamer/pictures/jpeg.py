"""How a JPEG was compressed, as far as its quantization tables tell."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

# The luminance table of ITU-T T.81, Annex K.1, sorted: tables come in zigzag order from some versions of Pillow.
_STANDARD = sorted((
    16, 11, 10, 16, 24, 40, 51, 61, 12, 12, 14, 19, 26, 58, 60, 55, 14, 13, 16, 24, 40, 57, 69, 56, 14, 17, 22, 29, 51,
    87, 80, 62, 18, 22, 37, 56, 68, 109, 103, 77, 24, 35, 55, 64, 81, 104, 113, 92, 49, 64, 78, 87, 103, 121, 120, 101,
    72, 92, 95, 98, 112, 100, 103, 99,
))  # fmt: skip


def jpeg_quality(tables: Mapping[int, Sequence[int]]) -> int | None:
    """The quality, 1 to 100, by which the IJG's libjpeg would make a luminance table most like the first of `tables`.

    It is exact for files of libjpeg and its kin; for those of cameras and Photoshop, whose tables are others, an
    estimate. None where there is no table.
    """
    if 0 not in tables:
        return None
    found = sorted(tables[0])
    return min(range(1, 101), key=lambda quality: (_distance(found, quality), -quality))


def _distance(found: Sequence[int], quality: int) -> float:
    scale = 5000 / quality if quality < 50 else 200 - 2 * quality
    made = (min(max(int((value * int(scale) + 50) / 100), 1), 255) for value in _STANDARD)
    return sum(abs(one - other) for one, other in zip(found, made, strict=True))
