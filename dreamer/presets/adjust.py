"""What a command line asks of a preset: another size or seed, or a preview."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from dreamer.errors import UsageError
from dreamer.presets.model.animation import Animation
from dreamer.presets.model.fields import Table
from dreamer.presets.model.schema import Preset
from dreamer.presets.model.times import frames_in


def previewed(preset: Preset) -> Preset:
    """The preset at no more than half the side, a quarter of the area, with the same look.

    Its largest octaves are left out, so that what is drawn is what the full render shows before its finest detail.
    Where there are too few octaves for that, or where they change over a film, the canvas itself is made smaller.
    """
    octaves = preset.octaves
    changing = any("octaves" in path.split(".") for path in preset.keyframes)
    halves = sum(share <= 0.5 + 1e-9 for share in octaves.shares)
    count = octaves.count if changing else max(halves, 1)
    factor = min(octaves.shares[count - 1], 0.5 if count == octaves.count else 0.55)
    # Sizes that stand for themselves end with the canvas' own; those that are left would end with a smaller one.
    canvas = {"size": octaves.sizes[-1]} if octaves.sizes is not None and preset.canvas.size is None else {}
    small = with_first_octaves(preset, count)
    update = {"output_scale": octaves.output_scale * factor}
    return small.model_copy(
        update={
            "canvas": preset.canvas.model_copy(update=canvas),
            "octaves": small.octaves.model_copy(update=update),
        }
    )


def with_first_octaves(preset: Preset, count: int) -> Preset:
    """The preset without its largest octaves: the first `count`, and the targets that count there."""
    octaves = preset.octaves
    kept = [n for n, target in enumerate(preset.targets) if target.octaves is None or target.octaves[0] <= count] or [0]
    return preset.model_copy(
        update={
            "octaves": octaves.model_copy(update={**_cut_lists(octaves, count), "count": count}),
            "ascent": preset.ascent.model_copy(update=_cut_lists(preset.ascent, count)),
            "targets": tuple(preset.targets[number] for number in kept),
            "keyframes": dict(_keyframes_of(preset, kept)),
        }
    )


def _cut_lists(table: Table, count: int) -> dict[str, Any]:
    """The values of a table that are lists, one item for each octave, for the first `count` octaves."""
    return {key: value[:count] for key, value in table if isinstance(value, tuple)}


def _keyframes_of(preset: Preset, kept: list[int]) -> Iterator[tuple[str, Any]]:
    """The keyframes where only the targets of the numbers `kept` are left."""
    for path, source in preset.keyframes.items():
        table, _, rest = path.partition(".")
        number, _, rest = rest.partition(".")
        if table != "targets":
            yield path, source
        elif int(number) in kept:
            yield f"targets.{kept.index(int(number))}.{rest}", source


def with_options(
    preset: Preset, *, size: int | tuple[int, int] | None = None, seed: int | None = None, preview: bool = False
) -> Preset:
    """The preset with the size, seed and preview that a command line asks for."""
    if size is not None:
        preset = preset.model_copy(update={"canvas": preset.canvas.model_copy(update={"size": size})})
    if seed is not None:
        preset = preset.model_copy(update={"seed": seed})
    return previewed(preset) if preview else preset


PREVIEW_SECONDS = 3


def with_motion(preset: Preset, *, preview: bool = False) -> Preset:
    """The preset as a film: with an `[animation]` table even where it has none, a slow zoom; a preview is small and
    three seconds long."""
    animation = preset.animation or Animation(zoom=1.2)
    if preview:
        frames = min(animation.frame_count, round(PREVIEW_SECONDS * animation.rate))
        animation, preset = animation.model_copy(update={"frames": frames}), previewed(preset)
    return preset.model_copy(update={"animation": animation})


def lengthened(preset: Preset, time: str) -> Preset:
    """The film that goes on for `time` ("10s", "300f", "16b") after its end. Raises UsageError."""
    animation = preset.animation or Animation()
    try:
        frames = animation.frame_count + frames_in(time, animation.rate, animation.own_beats)
    except ValueError as error:
        raise UsageError(str(error), where=f"--extend {time}") from error
    return preset.model_copy(update={"animation": animation.model_copy(update={"frames": frames})})
