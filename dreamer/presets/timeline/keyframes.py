"""Keyframed presets: tracks and expressions split from the tree, and the preset at each frame put together again."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import replace
from functools import lru_cache
from typing import Any

from pydantic import ValidationError

from dreamer.errors import Diagnostic, PresetError
from dreamer.presets.model.animation import Animation
from dreamer.presets.model.diagnostics import UNKNOWN_KEY, diagnostics_in
from dreamer.presets.model.introspection import find_key
from dreamer.presets.model.paths import KeyPath, dotted
from dreamer.presets.model.schema import Preset, strict_preset
from dreamer.presets.timeline.expressions import Expression, is_expression, parse_expression
from dreamer.presets.timeline.hearing import Song
from dreamer.presets.timeline.listening import rough_animation
from dreamer.presets.timeline.tracks import Clock, Track, film_clock, is_number, is_track, make_track

KEYFRAMES = "keyframes"
# Tracks and expressions, as they are written, by dotted key path.
Keyframes = dict[str, Any]
# Their texts may begin with an equals sign.
_PLAIN_TEXTS = ("title", "description")
# What is a number only by name: between kernel 12 and kernel 77 there is nothing to glide through.
_SWITCHING = ("class", "kernels")
# The most points of a curve.
_DRAWN = 2000


def split_keyframes(tree: dict[str, Any], song: Song | None = None) -> tuple[dict[str, Any], Keyframes]:
    """The tree of a preset with values at time 0 in the places of its tracks and expressions; and these by dotted path.

    They are those that stand in place and those under `keyframes`, where all of them are put. In the place of one
    that cannot be read is None.
    """
    in_place = dict(_keyframes_in(tree, ()))
    by_path = tree.get(KEYFRAMES)
    if not in_place and not isinstance(by_path, dict):
        return tree, {}
    clock = rough_clock(tree, song)
    plain = {key: value for key, value in tree.items() if key != KEYFRAMES}
    for path, source in in_place.items():
        plain = replaced(plain, path, _first_value(source, path, clock))
    if by_path is not None and not isinstance(by_path, dict):
        return {**plain, KEYFRAMES: by_path}, {}
    for text, source in (by_path or {}).items():
        path = path_in(plain, text)
        if _reaches(plain, path):
            plain = replaced(plain, path, _first_value(source, path, clock))
    keyframes = {**(by_path or {}), **{dotted(path): source for path, source in in_place.items()}}
    return {**plain, KEYFRAMES: keyframes}, keyframes


class Timeline:
    """A preset over the frames of its film, which may follow a song. Raises PresetError for tracks that cannot be read.

    Without a song every signal is silent.
    """

    def __init__(self, preset: Preset, song: Song | None = None) -> None:
        self.preset = preset
        self.clock = film_clock(preset.animation or Animation(), song)
        self._tree: dict[str, Any] = preset.model_dump(mode="json", by_alias=True, exclude={KEYFRAMES})
        self._paths = {text: path_in(self._tree, text) for text in preset.keyframes}
        self._preset_of = lru_cache(maxsize=64)(self._built)
        mistakes: list[Diagnostic] = []
        self.tracks: dict[str, Track | Expression] = {}
        for text, source in preset.keyframes.items():
            try:
                value_in(self._tree, self._paths[text])
                self.tracks[text] = parse_keyframes(source, self._paths[text], self.clock)
            except LookupError:
                message = "there is no such key to change over time"
                mistakes.append(Diagnostic(message, UNKNOWN_KEY, self._paths[text]))
            except ValueError as error:
                mistakes.append(Diagnostic(str(error), "keyframes", self._paths[text]))
        if mistakes:
            raise PresetError(mistakes)

    def at(self, frame: int) -> Preset:
        """The preset whose values hold at a frame, counted from 0; the same object where they are the same.

        Raises PresetError where they do not fit.
        """
        if not self.tracks:
            return self.preset
        try:
            return self._preset_of(json.dumps(self.values(frame)))
        except ValidationError as error:
            raise PresetError([self.timed(item, frame) for item in diagnostics_in(error, self._tree)]) from error

    def presets(self) -> Iterator[Preset]:
        """The preset of every frame, in order; just one where nothing changes over time."""
        return map(self.at, range(self.clock.frames if self.tracks else 1))

    def timed(self, diagnostic: Diagnostic, frame: int) -> Diagnostic:
        """A diagnostic that also says when it is so."""
        when = f"at {self.clock.seconds(frame):.4g} s (frame {frame})"
        return replace(diagnostic, message=f"{diagnostic.message}, {when}")

    def mistakes_at(self, frame: int) -> list[Diagnostic]:
        """What does not fit at a frame. Raises PresetError where an expression has no value."""
        try:
            self._preset_of(json.dumps(self.values(frame)))
        except ValidationError as error:
            return diagnostics_in(error, self._tree)
        return []

    def values(self, frame: int) -> dict[str, Any]:
        """The values of all tracks at a frame, by key path. Raises PresetError where an expression has none."""
        values = {}
        for text in self.tracks:
            try:
                values[text] = self.value(text, frame)
            except ValueError as error:
                raise PresetError([Diagnostic(str(error), "keyframes", self._paths[text])]) from error
        return values

    def value(self, text: str, frame: int) -> Any:
        """The value of one track at a frame. Raises ValueError where an expression has none."""
        return value_of(self.tracks[text], self._paths[text], self.clock, frame)

    def curves(self) -> dict[str, list[float]]:
        """Every track over the film as numbers, evenly spread, by its key path.

        What switches between texts is numbered, and the texts with their numbers stand behind the path. Raises
        ValueError where an expression has no value.
        """
        count = min(self.clock.frames, _DRAWN)
        frames = [round(number * (self.clock.frames - 1) / max(count - 1, 1)) for number in range(count)]
        return dict(_curve(text, [self.value(text, frame) for frame in frames]) for text in self.tracks)

    def _built(self, values: str) -> Preset:
        tree = self._tree
        for text, value in json.loads(values).items():
            tree = replaced(tree, self._paths[text], value)
        return strict_preset(tree)


def _curve(text: str, values: list[Any]) -> tuple[str, list[float]]:
    if all(is_number(value) for value in values):
        return text, values
    spelled = [value if isinstance(value, str) else json.dumps(value) for value in values]
    names = list(dict.fromkeys(spelled))
    legend = ", ".join(f"{number} {name}" for number, name in enumerate(names))
    return f"{text}: {legend}", [names.index(name) for name in spelled]


def preset_at(preset: Preset, frame: int) -> Preset:
    """The preset whose values hold at one frame of its film, counted from 0; itself where it has no keyframes.

    Raises PresetError where its keyframes cannot be read or do not fit.
    """
    return _timeline(_Same(preset)).at(frame) if preset.keyframes else preset


class _Same:
    """A preset as the key of a cache: the very object, because one with tables in it has no hash."""

    def __init__(self, preset: Preset) -> None:
        self.preset = preset

    def __hash__(self) -> int:
        return id(self.preset)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Same) and other.preset is self.preset


@lru_cache(maxsize=8)
def _timeline(same: _Same) -> Timeline:
    return Timeline(same.preset)


def parse_keyframes(source: Any, path: KeyPath, clock: Clock) -> Track | Expression:
    """The track or expression that is written at a key path. Raises ValueError for the first mistake in it."""
    if is_expression(source):
        return parse_expression(source)
    if is_track(source):
        return make_track(source, clock, switching=is_switching(path))
    raise ValueError('is neither keyframes such as { "0s" = 1, "2s" = 3 } nor an expression such as "= 1 + t"')


def is_switching(path: KeyPath) -> bool:
    """Whether the numbers at a key path are names, which never glide."""
    return path[-1] in _SWITCHING


def value_of(track: Track | Expression, path: KeyPath, clock: Clock, frame: int) -> Any:
    """The value at a frame, rounded where its key takes whole numbers. Raises ValueError where there is none."""
    value = track.value_at(clock.seconds(frame)) if isinstance(track, Track) else track.at(clock.moment(frame))
    key = find_key(path)
    return round(value) if isinstance(value, float) and key is not None and key.is_whole else value


def _first_value(source: Any, path: KeyPath, clock: Clock) -> Any:
    try:
        return value_of(parse_keyframes(source, path, clock), path, clock, 0)
    except ValueError:
        return None


def _keyframes_in(node: Any, path: KeyPath) -> Iterator[tuple[KeyPath, Any]]:
    if len(path) == 1 and path[0] in (KEYFRAMES, *_PLAIN_TEXTS):
        return
    # A whole preset is nothing's keyframes, though a time may stand where a key should.
    if path and (is_track(node) or is_expression(node)):
        yield path, node
    elif isinstance(node, dict):
        for key, value in node.items():
            yield from _keyframes_in(value, (*path, key))
    elif isinstance(node, list):
        for number, value in enumerate(node):
            yield from _keyframes_in(value, (*path, number))


def rough_clock(tree: Mapping[str, Any], song: Song | None = None) -> Clock:
    """The clock of a tree that is not validated yet; mistakes in its times are reported with the others."""
    return film_clock(rough_animation(tree), song)


def path_in(tree: Any, text: str) -> KeyPath:
    """A dotted path as a key path of that tree: with numbers for the items of its lists."""
    path: KeyPath = ()
    node: Any = tree
    for part in text.split("."):
        key = int(part) if part.isdecimal() and not isinstance(node, dict) else part
        path = (*path, key)
        try:
            node = node[key]
        except (LookupError, TypeError):
            node = None
    return path


def value_in(tree: Any, path: KeyPath) -> Any:
    """The value at a key path. Raises LookupError where there is none."""
    for part in path:
        try:
            tree = tree[part]
        except TypeError as error:
            raise KeyError(part) from error
    return tree


def _reaches(tree: Any, path: KeyPath) -> bool:
    """Whether there is a table or list at the end of a path for its last part."""
    try:
        holder = value_in(tree, path[:-1])
    except LookupError:
        return False
    return isinstance(holder, dict) or (isinstance(holder, list) and path[-1] in range(len(holder)))


def replaced(node: Any, path: KeyPath, value: Any) -> Any:
    """A copy of nested tables and lists in which the value at `path` is another; what is not on the path is shared."""
    if not path:
        return value
    first, rest = path[0], path[1:]
    if isinstance(node, dict):
        return {**node, first: replaced(node.get(first), rest, value)}
    return [replaced(item, rest, value) if number == first else item for number, item in enumerate(node)]
