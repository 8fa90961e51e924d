"""Keyframed presets: tracks and expressions taken out of the tree, and the preset at each frame put together again."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from fractions import Fraction
from functools import cached_property
from typing import Any

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from dreamer.errors import PresetError
from dreamer.presets.animation import Animation
from dreamer.presets.expressions import Expression, is_expression, parse_expression
from dreamer.presets.keys import dotted, find_key
from dreamer.presets.places import KeyPath
from dreamer.presets.schema import Preset
from dreamer.presets.tracks import Clock, Track, is_number, is_track, make_track

KEYFRAMES = "keyframes"
# What stays as it is while a film runs; texts that may begin with an equals sign are among them.
_FIXED_TABLES = ("title", "description", "network", "seed", "keyframes", "tiles")
FIXED = ("seed", "length", "frames", "fps", "bpm", "loop", "feedback", "dream_every", "lead_in", "negative_slope")
# An expression is checked at so many frames, evenly spread.
_CHECKED = 2000


def take_out(tree: dict[str, Any]) -> tuple[dict[str, Any], list[tuple[KeyPath, str]]]:
    """The tree of a preset with its tracks under `keyframes`, by dotted path, and values at time 0 in their places.

    Also the mistakes in them, with their paths.
    """
    found = dict(_tracks_in(tree, ()))
    mistakes: list[tuple[KeyPath, str]] = []
    for path in found:
        if reason := _fixed(path):
            mistakes.append((path, reason))
        elif not isinstance(tree.get("animation"), dict):
            mistakes.append((path, "changes over time, which needs an [animation] table; add one with length = '10s'"))
    plain: dict[str, Any] = _without_tracks(tree, (), _rough_clock(tree), mistakes)
    kept = tree.get(KEYFRAMES)
    if found or isinstance(kept, dict):
        named = {dotted(path): value for path, value in found.items()}
        plain[KEYFRAMES] = {**(kept if isinstance(kept, dict) else {}), **named}
    return plain, mistakes


class Timeline:
    """A preset over the frames of its film. Raises PresetError for tracks that cannot be read."""

    def __init__(self, preset: Preset) -> None:
        self.preset = preset
        animation = preset.animation or Animation()
        self.clock = Clock(animation.rate, animation.bpm, animation.frame_count)
        self._bpm = animation.bpm
        mistakes: list[str] = []
        self.tracks: dict[str, Track | Expression] = {}
        for path, source in preset.keyframes.items():
            try:
                track = _readable(source, self.clock)
                if isinstance(track, Track) and (_names(path) or not is_number(self._static(path))):
                    track = replace(track, easings=("hold",) * len(track.easings))
                self.tracks[path] = track
            except ValueError as error:
                mistakes.append(f"{path}: {error}")
        if mistakes:
            raise PresetError(mistakes)

    def at(self, frame: int) -> Preset:
        """The preset whose values hold at a frame, counted from 0. Raises PresetError where they do not fit."""
        if not self.tracks:
            return self.preset
        tree = self._tree_at(frame)
        try:
            return Preset.model_validate(tree)
        except ValidationError as error:
            when = f"at {self.clock.seconds(frame):.4g} s (frame {frame})"
            lines = [f"{_misfit(detail)}, {when}" for detail in error.errors(include_url=False)]
            raise PresetError(list(dict.fromkeys(lines))) from error

    def value(self, path: str, frame: int) -> Any:
        """The value of one track at a frame. Raises ValueError where an expression has none."""
        track, seconds = self.tracks[path], self.clock.seconds(frame)
        if isinstance(track, Track):
            return track.value_at(seconds)
        share = frame / max(self.clock.frames - 1, 1)
        return track.at(t=seconds, f=frame, p=share, b=seconds * self._bpm / 60)

    def frames_to_check(self) -> list[int]:
        """Frames at which all values fit where they fit at these: each key's, and many where there are expressions."""
        frames = {0}
        for track in self.tracks.values():
            if isinstance(track, Track):
                frames |= {round(time * float(self.clock.rate)) for time in track.times}
            else:
                frames |= set(range(0, self.clock.frames, max(1, self.clock.frames // _CHECKED)))
        return sorted(frames)

    @cached_property
    def _tree(self) -> dict[str, Any]:
        return self.preset.model_dump(mode="python", by_alias=True, exclude={KEYFRAMES})

    def _static(self, path: str) -> Any:
        """What the preset without keyframes has at a path; ValueError where there is nothing such."""
        node: Any = self._tree
        for part in path.split("."):
            try:
                node = node[int(part)] if isinstance(node, (list, tuple)) else node[part]
            except (KeyError, IndexError, ValueError, TypeError):
                raise ValueError("there is no such key to change over time") from None
        return node

    def _tree_at(self, frame: int) -> dict[str, Any]:
        tree = self._tree
        for path in self.tracks:
            try:
                value = self.value(path, frame)
            except ValueError as error:
                raise PresetError([f"{path}: {error}"]) from error
            if isinstance(self._static(path), int) and is_number(value):
                value = round(value)
            tree = _replaced(tree, path.split("."), value)
        return tree


def preset_at(preset: Preset, frame: int) -> Preset:
    """The preset at one frame of its film; for many frames keep a `Timeline`."""
    return Timeline(preset).at(frame)


def check_keyframes(preset: Preset) -> list[str]:
    """A line for each mistake in the keyframes: unreadable tracks, values that do not fit at their time."""
    if not preset.keyframes:
        return []
    if preset.animation is None:
        return [f"{path}: changes over time, which needs an [animation] table" for path in preset.keyframes]
    try:
        timeline = Timeline(preset)
    except PresetError as error:
        return error.mistakes
    mistakes: dict[str, str] = {}
    for frame in timeline.frames_to_check():
        try:
            timeline.at(frame)
        except PresetError as error:
            # A value that does not fit at one frame does not fit at its neighbors; one line a key is enough.
            mistakes |= {
                line.partition(":")[0]: line for line in error.mistakes if line.partition(":")[0] not in mistakes
            }
    return list(mistakes.values())


def _names(path: str) -> bool:
    """Whether a value names something, by number perhaps: between two names there is nothing."""
    return path.rpartition(".")[2] in ("class", "kernels")


def _misfit(detail: ErrorDetails) -> str:
    """ "octaves.count: 60 is not a whole number from 1 to 20"."""
    key, value = find_key(detail["loc"]), detail["input"]
    # Behind the key pydantic names the alternative of a union that it tried.
    path = dotted(detail["loc"][: key.path.count(".") + 1] if key else detail["loc"])
    if key is None or detail["type"] == "value_error":
        return f"{path}: {detail['msg'].removeprefix('Value error, ')}"
    return (
        f"{key.path if '.N' not in key.path else path}: {value if is_number(value) else repr(value)} is not {key.type}"
    )


def _readable(source: Any, clock: Clock) -> Track | Expression:
    if is_expression(source):
        return parse_expression(source)
    if is_track(source):
        return make_track(source, clock)
    raise ValueError('is neither keyframes such as { "0s" = 1, "2s" = 3 } nor an expression such as "= 1 + t"')


def _tracks_in(node: Any, path: KeyPath) -> Iterator[tuple[KeyPath, Any]]:
    if path == (KEYFRAMES,) or (len(path) == 1 and path[0] in ("title", "description")):
        return
    if is_track(node) or is_expression(node):
        yield path, node
    elif isinstance(node, dict):
        for key, value in node.items():
            yield from _tracks_in(value, (*path, key))
    elif isinstance(node, list):
        for number, value in enumerate(node):
            yield from _tracks_in(value, (*path, number))


def _fixed(path: KeyPath) -> str | None:
    fixed = path[0] in _FIXED_TABLES or (path[0] == "animation" and path[-1] in FIXED)
    return "cannot change while a film runs" if fixed else None


def _without_tracks(node: Any, path: KeyPath, clock: Clock, mistakes: list[tuple[KeyPath, str]]) -> Any:
    if path and path[0] == KEYFRAMES:
        return node
    if is_track(node) or (is_expression(node) and path[0] not in ("title", "description")):
        try:
            return _fitted(_first_value(node, clock), path)
        except ValueError as error:
            mistakes.append((path, str(error)))
            return 1
    if isinstance(node, dict):
        return {key: _without_tracks(value, (*path, key), clock, mistakes) for key, value in node.items()}
    if isinstance(node, list):
        return [_without_tracks(value, (*path, number), clock, mistakes) for number, value in enumerate(node)]
    return node


def _first_value(source: Any, clock: Clock) -> Any:
    track = _readable(source, clock)
    return track.value_at(0.0) if isinstance(track, Track) else track.at(t=0.0, f=0.0, p=0.0, b=0.0)


def _fitted(value: Any, path: KeyPath) -> Any:
    key = find_key(path)
    whole = key is not None and "whole number" in key.type
    return round(value) if whole and isinstance(value, float) else value


def _rough_clock(tree: dict[str, Any]) -> Clock:
    """The clock of a tree that is not validated yet; where its times are wrong that is told later."""
    animation = tree.get("animation")
    given = animation if isinstance(animation, dict) else {}
    known = {key: given[key] for key in ("length", "frames", "fps", "bpm") if key in given}
    try:
        film = Animation.model_validate(known)
    except ValidationError:
        return Clock(Fraction(30), 120.0, 300)
    return Clock(film.rate, film.bpm, film.frame_count)


def _replaced(node: Any, path: list[str], value: Any) -> Any:
    """A copy of nested tables and lists in which the value at `path` is another."""
    if not path:
        return value
    if isinstance(node, Mapping):
        return {**node, path[0]: _replaced(node[path[0]], path[1:], value)}
    items = list(node)
    items[int(path[0])] = _replaced(items[int(path[0])], path[1:], value)
    return tuple(items)
