"""Numbers over the steps, and the schedules that deepdraw was released with, step by step."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from dreamer.dreaming.ascent import Pace
from dreamer.dreaming.octaves import octave_sizes, output_size
from dreamer.presets import Preset, Progress, Schedule, load_preset, value_at
from dreamer.presets.dump import from_json, to_json, to_toml


@dataclass(frozen=True)
class Released:
    """One octave of a notebook of deepdraw: its steps, its canvas, and what each number goes from and to."""

    steps: int
    side: int
    sigma: tuple[float, float]
    step_size: tuple[float, float]

    def values(self) -> Iterator[tuple[int, float, float]]:
        """Side, sigma and step size (of 255) at each step, by the notebook's formula: a step short of the end."""
        for step in range(self.steps):
            sigma, size = (low + (high - low) * step / self.steps for low, high in (self.sigma, self.step_size))
            yield self.side, sigma, size / 255


# The notebooks zoom the picture by 1.2 or 1.05 from 224 px, each time to the nearest whole number.
RELEASED = {
    "deepdraw": [
        Released(190, 224, (2.5, 0.78), (11, 11)),
        Released(150, 269, (0.78 * 1.2, 0.78), (6, 6)),
        Released(150, 323, (0.78 * 1.2, 0.44), (6, 3)),
        Released(10, 323, (0.44, 0.304), (3, 3)),
    ],
    "deepdraw-kernel": [
        Released(200, 224, (2.5, 1.1), (12, 10)),
        Released(100, 224, (1.1, 0.78 * 1.1), (10, 8)),
        Released(100, 235, (0.78 * 1.1, 0.78), (8, 6)),
        Released(50, 247, (0.78 * 1.1, 0.4), (6, 1.5)),
        Released(25, 259, (0.4, 0.3), (1.5, 0.5)),
    ],
}


def dreamt(preset: Preset) -> Iterator[tuple[int, float, float]]:
    """Side, sigma and step size at each step of a preset, as the engine asks for them."""
    counts = [preset.octaves.steps_at(octave) for octave in range(preset.octaves.count)]
    for octave, (height, width) in enumerate(octave_sizes(output_size(preset, None), preset.octaves, 32)):
        assert height == width
        pace = Pace(octave, sum(counts[:octave]), sum(counts))
        for step in range(counts[octave]):
            progress = pace.at(step, counts[octave])
            yield height, value_at(preset.ascent.blur, progress), value_at(preset.ascent.step_size, progress)


@pytest.mark.parametrize("name", RELEASED)
def test_the_released_schedule_at_each_step(name: str) -> None:
    released = [values for octave in RELEASED[name] for values in octave.values()]
    own = list(dreamt(load_preset(name)))
    assert len(own) == len(released)
    for (side, sigma, size), (known_side, known_sigma, known_size) in zip(own, released, strict=True):
        assert side == known_side
        assert sigma == pytest.approx(known_sigma, abs=2e-4)
        assert size == pytest.approx(known_size, abs=1e-5)


def test_a_schedule_over_the_run_goes_on_where_the_octave_before_it_ended() -> None:
    over_run = Schedule[float].model_validate({"from": 3.0, "to": 0.0, "over": "run"})
    paces = [(Pace(0, 0, 7), 2), (Pace(1, 2, 7), 5)]
    values = [value_at(over_run, pace.at(step, count)) for pace, count in paces for step in range(count)]
    assert values == pytest.approx([3.0, 2.5, 2.0, 1.5, 1.0, 0.5, 0.0])


def test_a_list_has_a_number_or_a_schedule_for_each_octave() -> None:
    preset = load_preset(
        "deep-dream", ["octaves.count=2", "ascent.blur=[{ from = 2, to = 1 }, 0.25]", "ascent.jitter=[0, 9]"]
    )
    blur = preset.ascent.blur
    assert [value_at(blur, Progress(octave, share, 0)) for octave, share in ((0, 0), (0, 0.5), (1, 0.5))] == [
        2,
        1.5,
        0.25,
    ]
    assert from_json(to_json(preset)) == preset
    assert "blur = [{from = 2.0, to = 1.0}, 0.25]" in to_toml(preset)
