"""What is wrong with the keyframes of a preset, told before its film begins: spelling, bounds, and what contradicts."""

from __future__ import annotations

import itertools
import json
import math
from collections.abc import Iterator, Mapping
from typing import Any

from pydantic import ValidationError

from dreamer.presets.model.introspection import Key, find_key
from dreamer.presets.model.paths import EACH, KeyPath, pattern
from dreamer.presets.model.schema import Preset, strict_preset
from dreamer.presets.source.diagnostics import Mistake, messages_in, unknown_key
from dreamer.presets.timeline.expressions import is_expression, parse_expression
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
    "animation.loop",
    "animation.feedback",
    "animation.dream_every",
    "animation.lead_in",
)
SIZES = ("canvas.size", "octaves.output_scale")
# Frames of a long film are checked at so many places, evenly spread.
_CHECKED = 4000


def check_keyframes(preset: Preset) -> list[Mistake]:
    """All mistakes in the keyframes of a preset that is valid without them.

    The values of tracks are checked at their keys, those of expressions at every frame; then all of them together.
    """
    if not preset.keyframes:
        return []
    tree = preset.model_dump(mode="json", by_alias=True, exclude={KEYFRAMES})
    return list(wrong_keyframes(tree, preset.keyframes, whole=True)) or list(_contradictions(Timeline(preset)))


def wrong_keyframes(tree: Mapping[str, Any], sources: Mapping[str, Any], *, whole: bool = False) -> Iterator[Mistake]:
    """The mistakes in tracks and expressions, each by itself. `tree` has plain values in their places.

    `whole`: the tree has all values, those at their defaults too. Other mistakes of the tree are not told.
    """
    clock = rough_clock(tree)
    for text, source in sources.items():
        path = path_in(tree, text)
        if unknown := _unknown_part(path):
            yield Mistake(unknown, unknown_key(unknown))
        elif reason := refusal(path):
            yield Mistake(path, reason)
        elif not isinstance(tree.get("animation"), dict):
            yield Mistake(path, 'changes over time, which needs an [animation] table; add one with length = "10s"')
        elif whole and not _is_in(tree, path):
            yield Mistake(path, "there is no such value to change")
        elif is_track(source):
            yield from _wrong_keys(tree, path, source, clock)
        elif is_expression(source):
            yield from _wrong_expression(tree, path, source, clock)
        else:
            yield Mistake(path, 'is neither keyframes such as { "0s" = 1, "2s" = 3 } nor text such as "= 1 + t"')


def may_change(key: Key) -> bool:
    """Whether a key's value may be keyframed."""
    return refusal(tuple(0 if part == EACH else part for part in key.path.split("."))) is None and key.name != KEYFRAMES


def refusal(path: KeyPath) -> str | None:
    """Why what stands at a key path cannot change over a film; None where it can."""
    name = pattern(path)
    if any(f"{name}.".startswith(f"{fixed}.") for fixed in FIXED):
        return "cannot change while a film runs"
    if any(f"{name}.".startswith(f"{size}.") for size in SIZES):
        return "cannot change while a film runs, for all its frames have one size"
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


def _wrong_keys(tree: Mapping[str, Any], path: KeyPath, table: Mapping[str, Any], clock: Clock) -> Iterator[Mistake]:
    switching = is_switching(path)
    for at, what in track_mistakes(table, clock, switching=switching):
        yield Mistake(path, what, at)
    for key, value, _ in track_keys(table, switching=switching):
        if misfit := _misfit(tree, path, value):
            yield Mistake(path, misfit, key)


def _wrong_expression(tree: Mapping[str, Any], path: KeyPath, text: str, clock: Clock) -> Iterator[Mistake]:
    try:
        expression = parse_expression(text)
        values = [(value_of(expression, path, clock, frame), frame) for frame in _frames(clock)]
    except ValueError as error:
        yield Mistake(path, str(error))
        return
    # Bounds are intervals: where the least and the greatest value fit, all do.
    for frame, value in sorted((frame, value) for value, frame in (min(values), max(values))):
        if what := _misfit(tree, path, value):
            yield Mistake(path, f"at {clock.seconds(frame):.4g} s {what}")
            return


def _misfit(tree: Mapping[str, Any], path: KeyPath, value: Any) -> str | None:
    """What is wrong with a value at a key path, whatever else is wrong around it."""
    if not _is_in(tree, path):
        return None
    changed = replaced(tree, path, value)
    try:
        strict_preset(changed)
    except ValidationError as error:
        found = messages_in(error, changed)
        # The ends of a schedule are checked together.
        ends = (each.what for each in found if each.path == path[:-1] and each.what.startswith(f"{path[-1]} = "))
        return next((each.what for each in found if each.path[: len(path)] == path), next(ends, None))
    return None


def _frames(clock: Clock) -> list[int]:
    step = math.ceil(clock.frames / _CHECKED)
    return sorted({*range(0, clock.frames, step), clock.frames - 1})


def _contradictions(timeline: Timeline) -> Iterator[Mistake]:
    """Values that fit each by itself, but not together, with the first time at which they do not."""
    told: set[KeyPath] = set()
    for frame in _telling_frames(timeline):
        for mistake in timeline.mistakes_at(frame):
            if mistake.path not in told:
                told.add(mistake.path)
                when = f"at {timeline.clock.seconds(frame):.4g} s (frame {frame})"
                yield mistake._replace(what=f"{mistake.what}, {when}")


def _telling_frames(timeline: Timeline) -> Iterator[int]:
    """The frames at which something switches or turns; between them only numbers glide."""
    clock = timeline.clock
    times = itertools.chain(*(track.times for track in timeline.tracks.values() if isinstance(track, Track)))
    keys = {frame for time in times if (frame := math.ceil(time * clock.rate - 1e-6)) < clock.frames}
    values = {frame: timeline.values(frame) for frame in sorted({*_frames(clock), *keys})}
    curves = {text: [each[text] for each in values.values()] for text in timeline.tracks}
    gliding = {text for text, curve in curves.items() if all(map(is_number, curve)) and float in map(type, curve)}
    frames = list(values)
    turning = {frames[curves[text].index(extreme(curves[text]))] for text in gliding for extreme in (min, max)}
    seen: set[str] = set()
    for frame in frames:
        state = json.dumps({text: value for text, value in values[frame].items() if text not in gliding})
        if state not in seen or frame in keys or frame in turning:
            yield frame
        seen.add(state)
