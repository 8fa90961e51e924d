"""What is wrong with a preset's keyframes, found before its film begins: spelling, bounds, contradictions."""

from __future__ import annotations

import itertools
import json
import math
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from pydantic import ValidationError

from dreamer.errors import Diagnostic
from dreamer.presets.model.diagnostics import diagnostics_in, unknown_key
from dreamer.presets.model.fields import CONTRADICTION
from dreamer.presets.model.introspection import SchemaKey, find_key
from dreamer.presets.model.paths import EACH, KeyPath, pattern
from dreamer.presets.model.schema import Preset, strict_preset
from dreamer.presets.timeline.expressions import is_expression, parse_expression
from dreamer.presets.timeline.hearing import LOUDEST, SILENCE, Song
from dreamer.presets.timeline.keyframes import (
    KEYFRAMES,
    Timeline,
    is_switching,
    path_in,
    replaced,
    rough_clock,
    value_in,
    value_of,
)
from dreamer.presets.timeline.tracks import Clock, Track, is_number, is_track, track_keys, track_mistakes

FIXED = (
    "format",
    "title",
    "description",
    "network",
    "seed",
    "animation.length",
    "animation.frames",
    "animation.fps",
    "animation.bpm",
    "animation.beats",
    "animation.meter",
    "animation.song",
    "animation.sound",
    "animation.sound_start",
    "animation.loop",
    "animation.feedback",
    "animation.dream_every",
    "animation.lead_in",
)
SIZES = ("canvas.size", "octaves.output_scale")
# The most frames that are checked of a long film, evenly spread.
_CHECKED = 4000


def check_keyframes(preset: Preset, song: Song | None = None) -> list[Diagnostic]:
    """All mistakes in the keyframes of a preset that is valid without them.

    The values of tracks are checked at their keys, those of expressions at every frame, with the song's signals, or
    without a song in silence and at their highest; then all of them together.
    """
    if not preset.keyframes:
        return []
    tree = preset.model_dump(mode="json", by_alias=True, exclude={KEYFRAMES})
    wrong = list(wrong_keyframes(tree, preset.keyframes, song, whole=True))
    return wrong or list(_contradictions(Timeline(preset, song)))


def wrong_keyframes(
    tree: Mapping[str, Any], keyframes: Mapping[str, Any], song: Song | None = None, *, whole: bool = False
) -> Iterator[Diagnostic]:
    """The mistakes in tracks and expressions, each by itself. `tree` has plain values in their places.

    `whole`: the tree has all values, those at their defaults too. Other mistakes of the tree are left out.
    """
    clock = rough_clock(tree, song)
    for text, source in keyframes.items():
        path = path_in(tree, text)
        if unknown := _unknown_part(path):
            yield unknown_key(unknown)
        elif reason := refusal(path):
            yield Diagnostic(reason, KEYFRAMES, path)
        elif not isinstance(tree.get("animation"), dict):
            message = 'changes over time, which needs an [animation] table; add one with length = "10s"'
            yield Diagnostic(message, KEYFRAMES, path)
        elif whole and not _is_in(tree, path):
            yield Diagnostic("there is no such value to change", KEYFRAMES, path)
        elif is_track(source):
            yield from _wrong_keys(tree, path, source, clock)
        elif is_expression(source):
            yield from _wrong_expression(tree, path, source, clock)
        else:
            message = 'is neither keyframes such as { "0s" = 1, "2s" = 3 } nor text such as "= 1 + t"'
            yield Diagnostic(message, KEYFRAMES, path)


def may_change(key: SchemaKey) -> bool:
    """Whether a key's value may be keyframed."""
    return refusal(tuple(0 if part == EACH else part for part in key.path.split("."))) is None and key.name != KEYFRAMES


def refusal(path: KeyPath) -> str | None:
    """Why what stands at a key path cannot change over a film; None where it can."""
    name = pattern(path)
    if any(f"{name}.".startswith(f"{fixed}.") for fixed in FIXED):
        return "cannot change while a film runs"
    if any(f"{name}.".startswith(f"{size}.") for size in SIZES):
        return "cannot change while a film runs, because all its frames have one size"
    if name.startswith(f"targets.{EACH}.kernels."):
        return "cannot change by itself; keyframe the list of kernels as a whole"
    key = find_key(path)
    if key is not None and key.is_table and key.path == name:
        return "is a table; keyframe the values in it, each by itself"
    return None


def _unknown_part(path: KeyPath) -> KeyPath | None:
    """The first part of a path that no preset has; None where there is all of it."""
    for length, part in enumerate(path, 1):
        key = find_key(path[:length])
        if key is None or (isinstance(part, str) and key.is_table and key.path != pattern(path[:length])):
            return path[:length]
    return None


def _is_in(tree: Mapping[str, Any], path: KeyPath) -> bool:
    try:
        value_in(tree, path)
    except LookupError:
        return False
    return True


def _wrong_keys(tree: Mapping[str, Any], path: KeyPath, table: Mapping[str, Any], clock: Clock) -> Iterator[Diagnostic]:
    switching = is_switching(path)
    for time, message in track_mistakes(table, clock, switching=switching):
        yield Diagnostic(message, KEYFRAMES, path, time)
    for time, value, _ in track_keys(table, switching=switching):
        if misfit := _misfit(tree, path, value):
            yield replace(misfit, path=path, time=time)


def _wrong_expression(tree: Mapping[str, Any], path: KeyPath, text: str, clock: Clock) -> Iterator[Diagnostic]:
    try:
        expression = parse_expression(text)
        clocks = [clock, replace(clock, heard=LOUDEST)] if clock.heard is SILENCE and expression.signals else [clock]
        values = [(value_of(expression, path, each, frame), frame) for each in clocks for frame in _frames(clock)]
    except ValueError as error:
        yield Diagnostic(str(error), KEYFRAMES, path)
        return
    # Bounds are intervals: where the least and the greatest value fit, all do.
    for frame, value in sorted((frame, value) for value, frame in (min(values), max(values))):
        if misfit := _misfit(tree, path, value):
            yield replace(misfit, path=path, message=f"at {clock.seconds(frame):.4g} s {misfit.message}")
            return


def _misfit(tree: Mapping[str, Any], path: KeyPath, value: Any) -> Diagnostic | None:
    """What is wrong with a value at a key path, whatever else is wrong around it."""
    if not _is_in(tree, path):
        return None
    changed = replaced(tree, path, value)
    try:
        strict_preset(changed)
    except ValidationError as error:
        for diagnostic in diagnostics_in(error, changed):
            if diagnostic.path[: len(path)] == path and diagnostic.kind != CONTRADICTION:
                return diagnostic
    return None


def _frames(clock: Clock) -> list[int]:
    step = math.ceil(clock.frames / _CHECKED)
    return sorted({*range(0, clock.frames, step), clock.frames - 1})


def _contradictions(timeline: Timeline) -> Iterator[Diagnostic]:
    """Values that fit each by itself, but not together, with the first time at which they do not."""
    reported: set[KeyPath] = set()
    for frame in _turning_frames(timeline):
        for diagnostic in timeline.mistakes_at(frame):
            if diagnostic.path not in reported:
                reported.add(diagnostic.path)
                yield timeline.timed(diagnostic, frame)


def _turning_frames(timeline: Timeline) -> Iterator[int]:
    """The frames at which something switches or turns; between them only numbers glide."""
    clock = timeline.clock
    times = itertools.chain(*(track.times for track in timeline.tracks.values() if isinstance(track, Track)))
    keys = {frame for time in times if (frame := math.ceil(time * clock.rate - 1e-6)) < clock.frames}
    values = {frame: timeline.values(frame) for frame in sorted({*_frames(clock), *keys})}
    curves = {text: [at_frame[text] for at_frame in values.values()] for text in timeline.tracks}
    gliding = {text for text, curve in curves.items() if all(map(is_number, curve)) and float in map(type, curve)}
    frames = list(values)
    turning = {frames[curves[text].index(extreme(curves[text]))] for text in gliding for extreme in (min, max)}
    states: set[str] = set()
    for frame in frames:
        state = json.dumps({text: value for text, value in values[frame].items() if text not in gliding})
        if state not in states or frame in keys or frame in turning:
            yield frame
        states.add(state)
