"""Scenes: presets chained in one film. They are written out as keyframes, so that all else knows only one preset."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from pydantic import Field, ValidationError, model_validator

from dreamer.presets.model.animation import Animation
from dreamer.presets.model.fields import Table, described
from dreamer.presets.model.paths import KeyPath
from dreamer.presets.model.times import seconds_at

SCENES = "scenes"
DEFAULT_CROSS = "1s"

Targets = list[dict[str, Any]]


class Scene(Table):
    """One scene of a film: its targets, for a time, with a cross-over into the next."""

    length: str = Field(description='how long the scene is, half of each cross-over included: "4s", "120f", "8b"')
    cross: str = described(DEFAULT_CROSS, "how long this scene takes to become the next")
    preset: str | None = described(None, "name or path of a preset whose targets it has")
    targets: tuple[dict[str, Any], ...] = described((), "its targets, in place of a preset's")
    set: dict[str, float] = described({}, 'numbers that it has by key path, such as { "animation.zoom" = 1.5 }')

    @model_validator(mode="after")
    def _one_source(self) -> Scene:
        if (self.preset is None) == (not self.targets):
            raise ValueError("give either preset or targets")
        return self


def write_out_scenes(
    tree: dict[str, Any], targets_of: Callable[[str], Targets]
) -> tuple[dict[str, Any], list[tuple[KeyPath, str]]]:
    """The tree with its scenes as targets whose weights cross over and as keyframes; and the mistakes in them.

    `targets_of` returns the targets of the preset of that name. Each target counts by its weight alone
    (`normalize_targets`), so that neither scene drowns the other while they cross.
    """
    given = tree.get(SCENES)
    if given is None:
        return tree, []
    plain = {key: value for key, value in tree.items() if key != SCENES}
    if not isinstance(given, list) or not given:
        return plain, [((SCENES,), "is a list of tables: [[scenes]]")]
    mistakes: list[tuple[KeyPath, str]] = []
    scenes = [_scene(each, number, mistakes) for number, each in enumerate(given)]
    if mistakes:
        return plain, mistakes
    try:
        clock = Animation.model_validate({k: v for k, v in plain.get("animation", {}).items() if k in ("fps", "bpm")})
        spans = _spans([each for each in scenes if each is not None], clock)
    except (ValueError, AttributeError) as error:
        return plain, [((SCENES,), str(error))]
    targets: Targets = []
    for scene, span in zip(scenes, spans, strict=True):
        if scene is not None:
            own = list(scene.targets) if scene.preset is None else targets_of(scene.preset)
            targets += [{**target, "weight": _weight(target.get("weight", 1.0), span, spans)} for target in own]
    animation = {**plain.get("animation", {}), "length": f"{spans[-1][3]:g}s"}
    tracks = _numbers([each for each in scenes if each is not None], spans)
    return {
        **plain,
        "targets": targets,
        "normalize_targets": True,
        "animation": animation,
        "keyframes": {**plain.get("keyframes", {}), **tracks},
    }, []


# When a scene begins to come, is fully there, begins to go, and is gone, in seconds.
Span = tuple[float, float, float, float]


def _scene(given: Any, number: int, mistakes: list[tuple[KeyPath, str]]) -> Scene | None:
    try:
        return Scene.model_validate(given)
    except ValidationError as error:
        for detail in error.errors(include_url=False):
            mistakes.append(((SCENES, number, *detail["loc"]), detail["msg"].removeprefix("Value error, ")))
        return None


def _spans(scenes: list[Scene], clock: Animation) -> list[Span]:
    def seconds(text: str) -> float:
        return seconds_at(text, clock.rate, clock.bpm)

    spans, start, coming = [], 0.0, 0.0
    for number, scene in enumerate(scenes):
        end = start + seconds(scene.length)
        going = seconds(scene.cross) if number + 1 < len(scenes) else 0.0
        if coming / 2 + going / 2 > end - start + 1e-9:
            raise ValueError(f"scene {number + 1} is shorter than its cross-overs; raise its length or lower cross")
        spans.append((start - coming / 2, start + coming / 2, end - going / 2, end + going / 2))
        start, coming = end, going
    return spans


def _weight(weight: Any, span: Span, spans: list[Span]) -> Any:
    if not isinstance(weight, (int, float)):
        return weight  # keyframes of its own, or a mistake that is told with the others
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
