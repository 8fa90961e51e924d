"""Films in and out through ffmpeg. No torch: frames are (H, W, 3) uint8 arrays, sRGB."""

from __future__ import annotations

from dreamer.film.decoding import read_frames
from dreamer.film.encoding import FilmWriter
from dreamer.film.formats import CODECS, FILM_SUFFIXES, film_codec, is_film
from dreamer.film.probing import FilmFacts, film_recipe, probe
from dreamer.film.tools import find_ffmpeg

__all__ = [
    "CODECS",
    "FILM_SUFFIXES",
    "FilmFacts",
    "FilmWriter",
    "film_codec",
    "film_recipe",
    "find_ffmpeg",
    "is_film",
    "probe",
    "read_frames",
]
