"""Codecs by name: encoder, container, pixel format, and the options that make a film look right in every player."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from dreamer.errors import OutputError, UsageError, did_you_mean

# Without a matrix an RGB source is written as untagged BT.601, whose red plays as orange. sRGB as the transfer, because
# players take bt709 to mean a dimmer curve and show the film washed out.
_COLOR_TAGS = {
    "color_primaries": "bt709",
    "color_trc": "iec61966-2-1",
    "colorspace": "bt709",
    "range": "tv",
}


@dataclass(frozen=True)
class Codec:
    """How one codec is written. `quality` is the default of `quality_option`, None where there is no such dial;
    `even_sides`: it requires an even width and height; `sound`: the encoder of the sound beside it, None where its
    container takes no sound, and then no tags either: the recipe goes into such files by `dreamer.film.recipes`."""

    name: str
    encoders: tuple[str, ...]
    suffixes: tuple[str, ...]
    container: str
    filters: Callable[[Any], Any]
    options: Mapping[str, str] = field(default_factory=dict)
    quality: int | None = None
    quality_option: str = "crf"
    even_sides: bool = False
    sound: str | None = None


def _video(pixel_format: str) -> Callable[[Any], Any]:
    """A filter chain to tagged BT.709 YUV."""

    def filters(stream: Any) -> Any:
        stream = stream.filter("scale", out_color_matrix="bt709", out_range="tv", flags="accurate_rnd+full_chroma_int")
        return stream.filter("format", pixel_format).filter("setparams", **_COLOR_TAGS)

    return filters


def _palettes(stream: Any) -> Any:
    """A palette for each frame: the best colors that GIF offers, and no frame has to wait for the last one."""
    import ffmpeg

    parts = stream.split()
    palette = parts[0].filter("palettegen", stats_mode="single")
    return ffmpeg.filter([parts[1], palette], "paletteuse", new=1, dither="sierra2_4a")


def _unchanged(stream: Any) -> Any:
    return stream


_MOV = {"movflags": "+faststart+use_metadata_tags"}
CODECS = {
    codec.name: codec
    for codec in (
        Codec(
            "h264",
            ("libx264",),
            (".mp4", ".mov"),
            "mp4",
            _video("yuv420p"),
            {**_MOV, "preset": "slow"},
            17,
            even_sides=True,
            sound="aac",
        ),
        Codec(
            "hevc",
            ("libx265",),
            (".mp4", ".mov"),
            "mp4",
            _video("yuv420p"),
            {**_MOV, "preset": "medium", "tag:v": "hvc1", "x265-params": "log-level=error"},
            19,
            even_sides=True,
            sound="aac",
        ),
        Codec(
            "av1",
            ("libsvtav1", "libaom-av1"),
            (".mp4",),
            "mp4",
            _video("yuv420p"),
            _MOV,
            24,
            even_sides=True,
            sound="aac",
        ),
        Codec(
            "prores",
            ("prores_ks",),
            (".mov",),
            "mov",
            _video("yuv422p10le"),
            {**_MOV, "profile:v": "3", "vendor": "apl0"},
            even_sides=True,
            sound="aac",
        ),
        Codec("gif", ("gif",), (".gif",), "gif", _palettes, {"loop": "0"}),
        Codec("webp", ("libwebp_anim", "libwebp"), (".webp",), "webp", _unchanged, {"loop": "0"}, 90, "quality"),
        Codec("apng", ("apng",), (".apng", ".png"), "apng", _unchanged, {"plays": "0"}),
        Codec("frames", ("png",), ("",), "image2", _unchanged),
    )
}
_BY_SUFFIX = {
    ".mp4": "h264",
    ".mov": "h264",
    ".gif": "gif",
    ".webp": "webp",
    ".apng": "apng",
    ".png": "apng",
    "": "frames",
}
FILM_SUFFIXES = tuple(suffix for suffix in _BY_SUFFIX if suffix)
# Of the films whose recipe is a tag of the container.
TAGGED_SUFFIXES = frozenset(suffix for codec in CODECS.values() if codec.sound for suffix in codec.suffixes)
_READABLE = (".mp4", ".mov", ".m4v", ".mkv", ".webm", ".avi", ".mpg", ".mpeg", ".ts", ".ogv")


def is_film(path: Path) -> bool:
    """Whether a file is by its suffix a film to dream over."""
    return path.suffix.lower() in _READABLE


def film_codec(path: Path, name: str | None = None) -> Codec:
    """The codec of that name, or the one that the suffix of `path` implies.

    Raises UsageError for an unknown codec, OutputError where the suffix does not fit.
    """
    suffix = path.suffix.lower()
    if name is None:
        if suffix not in _BY_SUFFIX:
            remedy = did_you_mean(suffix, FILM_SUFFIXES) or f"Use {', '.join(FILM_SUFFIXES)}."
            raise OutputError(f"cannot write films as {suffix!r}", where=str(path), remedy=remedy)
        return CODECS[_BY_SUFFIX[suffix]]
    if name not in CODECS:
        remedy = did_you_mean(name, CODECS) or f"There are {', '.join(CODECS)}."
        raise UsageError(f"unknown codec {name!r}", where="--codec", remedy=remedy)
    codec = CODECS[name]
    if suffix not in codec.suffixes:
        fitting = " or ".join(accepted or "a folder's name" for accepted in codec.suffixes)
        raise OutputError(
            f"{name} cannot be stored in {suffix or 'a folder'!r}", where=str(path), remedy=f"Use {fitting}."
        )
    return codec
