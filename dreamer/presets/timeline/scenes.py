"""Scenes: presets chained in one film. They are written out as keyframes: every other room knows only one preset."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

from pydantic import Field, ValidationError, model_validator

from dreamer.errors import Diagnostic, PresetError
from dreamer.presets.model.animation import Animation
from dreamer.presets.model.beats import Beats
from dreamer.presets.model.diagnostics import MISFIT, diagnostics_in
from dreamer.presets.model.fields import CONTRADICTION, Table, described, mistake
from dreamer.presets.model.times import seconds_after
from dreamer.presets.timeline.hearing import Song, beats_in
from dreamer.presets.timeline.listening import rough_animation

SCENES = "scenes"
DEFAULT_CROSS = "1s"

Targets = list[dict[str, Any]]


class Scene(Table):
    """One scene of a film: its targets, for a time, with a cross-over into the next."""

    length: str = Field(
        description='how long the scene is, half of each cross-over included: "4s", "120f", "8b", "4 bars", "1 section"'
    )
    cross: str = described(DEFAULT_CROSS, "how long this scene takes to become the next")
    preset: str | None = described(None, "name or path of a preset whose targets it has")
    targets: tuple[dict[str, Any], ...] = described((), "its targets, in place of a preset's")
    set: dict[str, float] = described({}, 'numbers that it has by key path, such as { "animation.zoom" = 1.5 }')

    @model_validator(mode="after")
    def _one_source(self) -> Scene:
        if (self.preset is None) == (not self.targets):
            raise mistake(CONTRADICTION, "give either preset or targets")
        return self


class Film(Table):
    """What a preset has beside the data model's own keys, before its scenes are written out."""

    scenes: tuple[Scene, ...] = described((), "presets or targets one after the other in one film")


def write_out_scenes(
    tree: dict[str, Any], targets_of: Callable[[str], Targets], song: Song | None = None
) -> tuple[dict[str, Any], list[Diagnostic]]:
    """The tree with its scenes as targets whose weights cross over and as keyframes; and the mistakes in them.

    `targets_of` returns the targets of the preset of that name. Each target counts by its weight alone
    (`normalize_targets`), or one scene would drown the other while they cross. A scene that lasts for beats, bars or
    sections of a song ends where one of them begins.
    """
    given = tree.get(SCENES)
    if given is None:
        return tree, []
    plain = {key: value for key, value in tree.items() if key != SCENES}
    if not isinstance(given, list) or not given:
        return plain, [Diagnostic("is not a list of tables: [[scenes]]", MISFIT, (SCENES,))]
    try:
        scenes = _scenes(given)
        spans = _spans(scenes, rough_animation(plain), song)
    except PresetError as error:
        return plain, error.diagnostics
    targets: Targets = []
    for scene, span in zip(scenes, spans, strict=True):
        own = list(scene.targets) if scene.preset is None else targets_of(scene.preset)
        targets += [{**target, "weight": _weight(target.get("weight", 1.0), span, spans)} for target in own]
    return {
        **plain,
        "targets": targets,
        "normalize_targets": True,
        "animation": _lengthened(plain.get("animation", {}), spans[-1][3]),
        "keyframes": {**plain.get("keyframes", {}), **_numbers(scenes, spans)},
    }, []


# When a scene begins to come, is fully there, begins to go, and is gone, in seconds.
Span = tuple[float, float, float, float]


def _scenes(given: list[Any]) -> list[Scene]:
    scenes: list[Scene] = []
    mistakes: list[Diagnostic] = []
    for number, scene in enumerate(given):
        try:
            scenes.append(Scene.model_validate(scene))
        except ValidationError as error:
            diagnostics = diagnostics_in(error, scene, Scene)
            mistakes += [replace(item, path=(SCENES, number, *item.path)) for item in diagnostics]
    if mistakes:
        raise PresetError(mistakes)
    return scenes


def _lengthened(animation: Any, seconds: float) -> Any:
    # What is not a table stays: it is a mistake that is reported with the others.
    return {**animation, "length": f"{seconds:g}s"} if isinstance(animation, dict) else animation


def _spans(scenes: list[Scene], animation: Animation, song: Song | None) -> list[Span]:
    spans, start, coming = [], 0.0, 0.0
    rate, beats = animation.rate, beats_in(animation, song)
    steady = Beats(beats.bpm, meter=beats.meter)
    for number, scene in enumerate(scenes):
        with _placed(SCENES, number, "length"):
            end = seconds_after(start, scene.length, rate, beats)
        with _placed(SCENES, number, "cross"):
            going = seconds_after(0.0, scene.cross, rate, steady) if number + 1 < len(scenes) else 0.0
        if coming / 2 + going / 2 > end - start + 1e-9:
            message = "is shorter than the scene's cross-overs; raise it or lower cross"
            raise PresetError([Diagnostic(message, CONTRADICTION, (SCENES, number, "length"))])
        spans.append((start - coming / 2, start + coming / 2, end - going / 2, end + going / 2))
        start, coming = end, going
    return spans


@contextmanager
def _placed(*path: str | int) -> Iterator[None]:
    """Say of a time that cannot be read where it stands."""
    try:
        yield
    except ValueError as error:
        raise PresetError([Diagnostic(str(error), MISFIT, path)]) from error


def _weight(weight: Any, span: Span, spans: list[Span]) -> Any:
    if not isinstance(weight, (int, float)):
        return weight  # keyframes of its own, or a mistake that is reported with the others
    came, there, goes, gone = span
    track: dict[str, Any] = {}
    if span is not spans[0]:
        track |= {_time(came): 0.0, _time(there): [float(weight), "smooth"]}
    if span is not spans[-1]:
        track |= {_time(goes): float(weight), _time(gone): [0.0, "smooth"]}
    return track or weight


def _numbers(scenes: list[Scene], spans: list[Span]) -> dict[str, dict[str, Any]]:
    tracks: dict[str, dict[str, Any]] = {}
    for path in dict.fromkeys(key for scene in scenes for key in scene.set):
        track: dict[str, Any] = {}
        for scene, (_, there, goes, _) in zip(scenes, spans, strict=True):
            if path in scene.set:
                track[_time(there)] = [scene.set[path], "smooth"]
                track[_time(goes)] = scene.set[path]
        tracks[path] = track
    return tracks


def _time(seconds: float) -> str:
    return f"{max(seconds, 0.0):.6g}s"
