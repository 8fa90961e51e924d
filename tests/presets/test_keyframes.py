from __future__ import annotations

import math
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

from dreamer.errors import PresetError
from dreamer.presets import Preset, load_preset
from dreamer.presets.dumping import from_json, to_json, to_toml
from dreamer.presets.expressions import parse_expression
from dreamer.presets.keyframes import Timeline, preset_at
from dreamer.presets.times import frames_in, seconds_at
from dreamer.presets.tracks import EASINGS, Clock, make_track

BASE = """
title = "= not an expression"
[[targets]]
layer = "inception4c"
weight = {weight}
[octaves]
count = {count}
[animation]
length = "4s"
fps = 10
bpm = 60
zoom = {zoom}
center = ["= 0.5 + 0.1 * sin(t)", 0.5]
"""
CLOCK = Clock(rate=Fraction(10), bpm=60.0, frames=40)


def written(folder: Path, **values: str) -> Path:
    path = folder / "a.toml"
    text = BASE.format(**{"weight": "1.0", "count": "3", "zoom": "1.5", **values})
    path.write_text(text, encoding="utf-8")
    return path


def test_values_glide_between_keys_and_hold_outside(tmp_path: Path) -> None:
    preset = load_preset(written(tmp_path, zoom='{ "1s" = 1.0, "20f" = 2.0, "75%" = 1.5, "4b" = 3.0 }'))
    zooms = [preset_at(preset, frame).animation.zoom for frame in (0, 10, 15, 20, 25, 30, 35, 39, 40)]  # type: ignore[union-attr]
    assert zooms == pytest.approx([1.0, 1.0, 1.5, 2.0, 1.75, 1.5, 2.25, 2.85, 3.0])
    assert preset.title == "= not an expression"


QUARTERS = {"hold": 0, "linear": 0.25, "smooth": 0.15625, "in": 0.0625, "out": 0.4375}


@pytest.mark.parametrize(("ease", "quarter"), QUARTERS.items())
def test_easings_begin_and_end_where_they_say(ease: str, quarter: float) -> None:
    track = make_track({"0s": 0.0, "4s": 1.0, "ease": ease}, CLOCK)
    assert track.value_at(1.0) == pytest.approx(quarter)
    assert (track.value_at(0.0), track.value_at(4.0)) == (0.0, 1.0)
    own = make_track({"0s": 0.0, "4s": [1.0, ease]}, CLOCK)
    assert own.value_at(1.0) == pytest.approx(quarter)
    assert set(EASINGS) == set(QUARTERS)


def test_whole_numbers_are_rounded_and_texts_switch(tmp_path: Path) -> None:
    path = written(tmp_path, count='{ "0s" = 2, "2s" = 5 }')
    path.write_text(path.read_text().replace('layer = "inception4c"', 'layer = { "0s" = "conv1", "2s" = "conv2" }'))
    timeline = Timeline(load_preset(path))
    assert [timeline.at(frame).octaves.count for frame in (0, 6, 7, 20)] == [2, 3, 3, 5]
    assert [timeline.at(frame).targets[0].layer for frame in (0, 19, 20)] == [("conv1",), ("conv1",), ("conv2",)]


def test_expressions_know_the_time(tmp_path: Path) -> None:
    preset = load_preset(written(tmp_path, weight='"= f if t < 1 else 2 * p + b"'))
    weights = [preset_at(preset, frame).targets[0].weight for frame in (5, 39)]
    assert weights == pytest.approx([5.0, 2.0 + 3.9])
    assert preset_at(preset, 20).animation.center[0] == pytest.approx(0.5 + 0.1 * math.sin(2))  # type: ignore[union-attr]


def test_keyframes_survive_recipes_and_toml(tmp_path: Path) -> None:
    preset = load_preset(written(tmp_path, zoom='{ "0s" = 1.0, "50%" = [2.0, "out"] }', weight='"= 1 + t"'))
    assert from_json(to_json(preset)) == preset
    (tmp_path / "b.toml").write_text(to_toml(preset), encoding="utf-8")
    assert load_preset(tmp_path / "b.toml") == preset
    assert "[keyframes]" not in to_toml(preset)


def test_set_puts_keyframes_in_and_takes_them_out(tmp_path: Path) -> None:
    path = written(tmp_path, zoom='{ "0s" = 1.0, "2s" = 2.0 }')
    assert "animation.zoom" not in load_preset(path, ["animation.zoom=1.2"]).keyframes
    preset = load_preset(path, ['ascent.step_size={ "0s" = 0.01, "4s" = 0.02 }'])
    assert preset_at(preset, 20).ascent.step_size == pytest.approx(0.015)


def test_keyframes_of_a_base_are_replaced_not_mixed(tmp_path: Path) -> None:
    written(tmp_path, zoom='{ "0s" = 1.0, "2s" = 2.0 }')
    path = tmp_path / "b.toml"
    path.write_text('extends = "./a.toml"\n[animation]\nzoom = { "1s" = 1.1, "3s" = 1.2 }\n', encoding="utf-8")
    assert load_preset(path).keyframes["animation.zoom"] == {"1s": 1.1, "3s": 1.2}


@pytest.mark.parametrize(
    ("values", "told"),
    [
        (
            {"zoom": '{ "0s" = 1.0, "2s" = 200.0 }'},
            r"a\.toml:12: animation\.zoom: .* is not a number from 0\.01 to 100",
        ),
        ({"zoom": '{ "0s" = 1.0, "2s" = 2.0, ease = "smoth" }'}, r"a\.toml:12: .*did you mean 'smooth'"),
        ({"zoom": '{ "0s" = 1.0, "0f" = 2.0 }'}, r"a\.toml:12: .*same time"),
        ({"zoom": '"= 1 + sen(t)"'}, r"a\.toml:12: animation\.zoom: column 7: unknown sen\(\); did you mean sin\(\)\?"),
        ({"zoom": '"= 1 / (t - t)"'}, r"a\.toml:12: .*division by zero"),
        ({"weight": '"= 1 + (2"'}, r"a\.toml:5: targets\.0\.weight: column"),
        ({"weight": "\"= __import__('os')\""}, r"a\.toml:5: targets\.0\.weight: column"),
        ({"weight": '"= t.real"'}, r"a\.toml:5: targets\.0\.weight: column 3: only numbers"),
        ({"weight": '"= 9 ** 9 ** 9 ** 9"'}, r"a\.toml:5: .*has no value"),
        ({"weight": '"= clamp(t, 0)"'}, r"clamp\(\) takes 3 values, and 2 are given"),
    ],
)
def test_mistakes_name_place_and_remedy(values: dict[str, str], told: str, tmp_path: Path) -> None:
    with pytest.raises(PresetError, match=told):
        load_preset(written(tmp_path, **values))


@pytest.mark.parametrize("line", ["seed = { '0s' = 1, '1s' = 2 }", "animation = { fps = { '0s' = 1, '1s' = 2 } }"])
def test_some_things_cannot_change(line: str, tmp_path: Path) -> None:
    path = tmp_path / "a.toml"
    path.write_text(f'{line}\n[[targets]]\nlayer = "conv1"\n', encoding="utf-8")
    with pytest.raises(PresetError, match="cannot change while a film runs"):
        load_preset(path)


def test_keyframes_need_a_film(tmp_path: Path) -> None:
    path = tmp_path / "a.toml"
    path.write_text('[[targets]]\nlayer = "conv1"\nweight = { "0s" = 1, "1s" = 2 }\n', encoding="utf-8")
    with pytest.raises(PresetError, match=r"a\.toml:3: .*needs an \[animation\] table"):
        load_preset(path)


def test_without_keyframes_the_preset_is_itself() -> None:
    preset = Preset.model_validate({"targets": [{"layer": "conv1"}]})
    assert preset_at(preset, 7) is preset


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("= 2 + 3 * 4", 14),
        ("= -2 ** 2", -4),
        ("=wave(4)", 0.5),
        ("= mix(1, 3, 0.25) + smoothstep(0.5) + min(1, 2, 3)", 3.0),
        ("= 7 % 4 + (1 < 2) + floor(1.9)", 5),
        ("= tau / pi + e - e", 2),
    ],
)
def test_expressions_compute(text: str, value: float) -> None:
    assert parse_expression(text).at(t=1, f=10, p=0.1, b=2) == pytest.approx(value)


def test_times_in_every_unit() -> None:
    rate = CLOCK.rate
    found: list[Any] = [seconds_at(text, rate, 120, 8.0) for text in ("2.5s", "25f", "5b", "50%", ".5s")]
    assert found == [2.5, 2.5, 2.5, 4.0, 0.5]
    assert frames_in("0.01s", rate, 120) == 1
    with pytest.raises(ValueError, match="cannot be in percent"):
        frames_in("50%", rate, 120)
