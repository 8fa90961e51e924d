"""Targets whose gradient is zero at every step: told, because the canvas then stays as it started."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from torch import Tensor

from dreamer.dreaming.events import DreamWarning, Warned
from dreamer.presets.dump import inline_toml
from dreamer.presets.model.schema import Preset, Target


def joined(alive: Mapping[int, Tensor], moved: Mapping[int, Tensor]) -> dict[int, Tensor]:
    """What is true in either, (B,) for each number."""
    return {**alive, **{number: alive[number] | each if number in alive else each for number, each in moved.items()}}


class DeadTargets:
    """Keeps which targets have moved each picture of a batch, over all octaves at which they count.

    Everything stays on the device until `warnings` is asked for, so that no step waits.
    """

    def __init__(self) -> None:
        self._alive: dict[int, Tensor] = {}

    @property
    def alive(self) -> dict[int, Tensor]:
        """What was added, joined."""
        return dict(self._alive)

    def add(self, alive: Mapping[int, Tensor]) -> None:
        """`alive`: for the number of each target of an octave, (B,) whether any of its gradients was not zero."""
        self._alive = joined(self._alive, alive)

    def warnings(self, preset: Preset, targets: Sequence[Sequence[Target]]) -> Iterator[Warned]:
        """A warning for each target that never had a gradient. `targets`: those of each picture of the batch."""
        for number, moved in self._alive.items():
            for picture, alive in enumerate(moved.tolist()):
                if not alive:
                    yield Warned(DreamWarning("dead_target", _message(preset, targets[picture][number])), (picture,))


def _message(preset: Preset, target: Target) -> str:
    other = "another canvas.start" if preset.canvas.start != "noise" else "another seed or more canvas.contrast"
    slope = "" if preset.network.negative_slope else "set network.negative_slope to 0.02, or "
    return f"no gradient at any step from {_named(target)}: it never fires on this canvas; {slope}start from {other}"


def _named(target: Target) -> str:
    """The target as a preset's keys: layer = "conv2", kernels = [3]."""
    keys = target.model_dump(mode="json", by_alias=True, exclude_defaults=True, exclude_none=True)
    shown = [key for key in ("class", "layer", "kernels", "unit") if key in keys]
    return ", ".join(f"{key} = {inline_toml(_single(keys[key]))}" for key in shown)


def _single(value: object) -> object:
    return value[0] if isinstance(value, list) and len(value) == 1 else value
