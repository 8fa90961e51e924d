"""Films that stand where a preset names a picture: a frame of them for each frame of a film."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
from torch import Tensor

from dreamer.film.codecs import is_film
from dreamer.film.read import is_moving, read_frames
from dreamer.film.store import as_tensor
from dreamer.presets.source.lookup import resolve_picture


class FilmedPictures:
    """The frames of those of `texts`, as a preset names pictures, that are films or animated pictures.

    Frames are read in order and kept one at a time; asking for an earlier one begins anew.
    """

    def __init__(self, texts: Sequence[str]) -> None:
        self._films = {text: _Film(text) for text in texts if is_moving(resolve_picture(text))}

    @property
    def texts(self) -> list[str]:
        """Those that are films."""
        return list(self._films)

    def at(self, number: int) -> dict[str, Tensor]:
        """(1, 3, h, w) in [0, 1] by text: frame `number`, or the last one of a film that has ended before.

        Raises FilmError, PictureError or ToolError for what cannot be read.
        """
        return {text: as_tensor(film.at(number)) for text, film in self._films.items()}


def first_frames(texts: Sequence[str]) -> dict[str, Tensor]:
    """The first frame, (1, 3, h, w) in [0, 1], of those of `texts` that are films. Raises as `FilmedPictures.at`."""
    films = [text for text in texts if is_film(resolve_picture(text))]
    return FilmedPictures(films).at(0) if films else {}


class _Film:
    def __init__(self, text: str) -> None:
        self._path = resolve_picture(text)
        self._begin()

    def _begin(self) -> None:
        self._frames: Iterator[np.ndarray] = read_frames(self._path)
        self._number, self._last = 0, next(self._frames)

    def at(self, number: int) -> np.ndarray:
        if number < self._number:
            self._begin()
        while self._number < number:
            following = next(self._frames, None)
            if following is None:
                break
            self._number, self._last = self._number + 1, following
        return self._last
