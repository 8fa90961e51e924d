"""Whether a preset needs a song, and which, found in its tree before it is validated."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from pydantic import ValidationError

from dreamer.presets.model.animation import AS_SOUND, Animation
from dreamer.presets.model.schema import Preset
from dreamer.presets.model.times import MUSICAL, frames_in, unit_of
from dreamer.presets.timeline.expressions import is_expression, parse_expression
from dreamer.presets.timeline.hearing import SIGNALS, Song, beats_in

_CLOCK_KEYS = ("length", "frames", "fps", "bpm", "beats", "meter", "song", "sound", "sound_start")
_NAME = re.compile(r"[a-z_]+")
# Names in an expression for which a song must be listened to.
_MUSICAL_NAMES = {*SIGNALS, "b"}


def rough_animation(tree: Mapping[str, Any]) -> Animation:
    """What a tree that is not validated yet says of time and sound; defaults in the place of what is wrong."""
    animation = tree.get("animation")
    given = animation if isinstance(animation, dict) else {}
    known = {key: given[key] for key in _CLOCK_KEYS if key in given}
    try:
        return Animation.model_validate(known)
    except ValidationError:
        return Animation()


def listens(tree: Any) -> bool:
    """Whether anything in a tree of a preset goes by the beats or signals of a song."""
    return any(map(_is_musical, _texts(tree)))


def with_length_of(song: Song, tree: dict[str, Any]) -> dict[str, Any]:
    """The tree with its film's length in frames, where a song decides it."""
    animation = rough_animation(tree)
    if animation.frames is not None or not isinstance(tree.get("animation"), dict):
        return tree
    if animation.length == AS_SOUND:
        frames = max(1, round((song.seconds - animation.start_seconds) * animation.rate))
    elif unit_of(animation.length) in MUSICAL:
        frames = frames_in(animation.length, animation.rate, beats_in(animation, song))
    else:
        return tree
    return {**tree, "animation": {**tree["animation"], "frames": frames}}


def followed_signals(preset: Preset) -> list[str]:
    """The signals that the expressions of a valid preset follow, in the order of `SIGNALS`."""
    texts = [source for source in preset.keyframes.values() if isinstance(source, str)]
    followed = {name for text in texts for name in parse_expression(text).signals}
    return [name for name in SIGNALS if name in followed]


def _texts(node: Any) -> Iterator[str]:
    if isinstance(node, str):
        yield node
    elif isinstance(node, dict):
        for key, value in node.items():
            yield str(key)
            yield from _texts(value)
    elif isinstance(node, (list, tuple)):
        for value in node:
            yield from _texts(value)


def _is_musical(text: str) -> bool:
    if is_expression(text):
        return not _MUSICAL_NAMES.isdisjoint(_NAME.findall(text))
    return unit_of(text) in MUSICAL
