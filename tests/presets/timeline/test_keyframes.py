from __future__ import annotations

import math
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

from dreamer.errors import PresetError
from dreamer.presets import Preset, Target, load_preset, portable_paths, preset_from_tree, resolve_preset
from dreamer.presets.adjust import previewed
from dreamer.presets.dump import from_json, to_json, to_toml
from dreamer.presets.model.beats import Beats
from dreamer.presets.model.times import frames_in, seconds_at
from dreamer.presets.source.named_files import missing_files, named_pictures
from dreamer.presets.timeline.easings import EASINGS
from dreamer.presets.timeline.expressions import Moment, parse_expression
from dreamer.presets.timeline.keyframes import Timeline, preset_at
from dreamer.presets.timeline.tracks import Clock, make_track

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
CLOCK = Clock(rate=Fraction(10), beats=Beats(60.0), frames=40)


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
            r'a\.toml:12: animation\.zoom at "2s": 200\.0 is not a number from 0\.01 to 100',
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
    assert parse_expression(text).at(Moment(1, 10, 0.1, 2)) == pytest.approx(value)


def test_times_in_every_unit() -> None:
    rate = CLOCK.rate
    found: list[Any] = [seconds_at(text, rate, Beats(120), 8.0) for text in ("2.5s", "25f", "5b", "50%", ".5s")]
    assert found == [2.5, 2.5, 2.5, 4.0, 0.5]
    assert frames_in("0.01s", rate, Beats(120)) == 1
    with pytest.raises(ValueError, match="cannot be in percent"):
        frames_in("50%", rate, Beats(120))


def film(text: str, folder: Path, *, animation: str = 'length = "4s"\nfps = 10') -> Preset:
    path = folder / "film.toml"
    path.write_text(f"{text}\n[animation]\n{animation}\n", encoding="utf-8")
    return load_preset(path)


def mistakes(text: str, folder: Path, **more: str) -> list[str]:
    with pytest.raises(PresetError) as caught:
        film(text, folder, **more)
    return [line.replace(str(folder / "film.toml"), "film.toml") for line in caught.value.mistakes]


TARGET = '[[targets]]\nlayer = "conv1"\n'


def test_any_number_may_be_keyframed_wherever_it_stands(tmp_path: Path) -> None:
    preset = film(
        'fidelity = { "0s" = 0, "4s" = 1 }\n'
        '[canvas]\nmask = { shape = "ellipse", center = [{ "0s" = 0.2, "4s" = 0.6 }, 0.5] }\n'
        '[[targets]]\nlayer = "conv1"\ndirection = { 3 = "= p", 5 = 1.0 }\n'
        '[[targets]]\nlayer = ["conv1", { "0s" = "conv2", "2s" = "conv3" }]\n'
        'caricature = { "0s" = false, "2s" = true }\n'
        "[octaves]\nsteps = [5, 5, 5, { '0s' = 10, '4s' = 20 }]\n"
        "[ascent]\nblur = { from = '= 2 - p', to = { '0s' = 0, '4s' = 1 } }\n"
        "[tiles]\nsize = { '0s' = 'auto', '2s' = 128 }",
        tmp_path,
    )
    middle = preset_at(preset, 20)
    assert middle.fidelity == 0.5
    assert middle.canvas.mask is not None
    assert middle.canvas.mask.center == (pytest.approx(0.4), 0.5)
    assert middle.targets[0].direction == {"3": pytest.approx(20 / 39), "5": 1.0}
    assert middle.targets[1].layer == ("conv1", "conv3")
    assert (preset.targets[1].caricature, middle.targets[1].caricature) == (False, True)
    assert middle.octaves.steps == (5, 5, 5, 15)
    assert (middle.ascent.blur.start, middle.ascent.blur.end) == (pytest.approx(2 - 20 / 39), 0.5)  # type: ignore[union-attr]
    assert (preset.tiles.size, middle.tiles.size) == ("auto", 128)
    assert middle.keyframes == {}


def test_the_preset_itself_has_the_values_of_the_first_frame(tmp_path: Path) -> None:
    preset = film(f'fidelity = {{ "1s" = 0.5, "2s" = 1 }}\n{TARGET}weight = "= 7 + p"', tmp_path)
    assert preset.fidelity == 0.5
    assert preset_at(preset, 0) == preset.model_copy(update={"keyframes": {}})


def test_classes_and_kernels_by_number_switch(tmp_path: Path) -> None:
    preset = film(
        '[[targets]]\nclass = { "0s" = 3, "2s" = 99 }\n'
        '[[targets]]\nlayer = "conv1"\nkernels = { "0s" = 12, "1s" = [12, "64-65"], "2s" = "strongest 2" }',
        tmp_path,
    )
    found = [preset_at(preset, frame).targets for frame in (0, 15, 39)]
    assert [first.class_ for first, _ in found] == [3, 3, 99]
    assert [second.kernels for _, second in found] == [(12,), (12, 64, 65), "strongest 2"]


def test_equal_values_are_the_same_preset(tmp_path: Path) -> None:
    preset = film(f'fidelity = {{ "1s" = 0.5, "2s" = 1 }}\n{TARGET}', tmp_path)
    assert preset_at(preset, 0) is preset_at(preset, 10)
    assert preset_at(preset, 25) is preset_at(preset, 39)
    assert preset_at(preset, 15) is not preset_at(preset, 16)


def test_a_changed_copy_has_its_own_frames(tmp_path: Path) -> None:
    preset = film(f'fidelity = {{ "0%" = 0, "100%" = 1 }}\n{TARGET}', tmp_path)
    assert preset.animation is not None
    longer = preset.model_copy(update={"animation": preset.animation.model_copy(update={"frames": 80})})
    assert (preset_at(preset, 20).fidelity, preset_at(longer, 20).fidelity) == (0.5, 0.25)


def test_pictures_in_keyframes_are_found_from_the_presets_folder(tmp_path: Path) -> None:
    folder = tmp_path / "sub"
    folder.mkdir()
    preset = film(f'{TARGET}guide = {{ "0s" = "a.jpg", "2s" = "b.jpg" }}', folder)
    assert named_pictures(preset) == [f"{folder}/a.jpg", f"{folder}/b.jpg"]
    assert len(missing_files(preset)) == 2
    (folder / "b.jpg").touch()
    assert missing_files(preset) == [f"there is no file {folder}/a.jpg"]
    assert portable_paths(preset).keyframes == {"targets.0.guide": {"0s": "a.jpg", "2s": "b.jpg"}}


def test_a_preview_keeps_the_tracks_of_the_targets_that_are_left(tmp_path: Path) -> None:
    preset = film(
        f'[[targets]]\nclass = 3\noctaves = [4, 4]\nweight = "= 1 + p"\n{TARGET}weight = {{ "0s" = 1, "4s" = 3 }}',
        tmp_path,
    )
    small = previewed(preset)
    assert small.keyframes == {"targets.0.weight": {"0s": 1, "4s": 3}}
    assert preset_at(small, 20).targets == (Target(layer=("conv1",), weight=2.0),)


def test_a_preview_leaves_octaves_that_change(tmp_path: Path) -> None:
    preset = film(f'{TARGET}[octaves]\ncount = {{ "0s" = 2, "2s" = 4 }}', tmp_path)
    small = previewed(preset)
    assert preset_at(small, 20).octaves.count == 4
    assert small.octaves.output_scale == 0.5


@pytest.mark.parametrize(
    ("text", "found"),
    [
        (
            f'fidelity = {{ "0s" = 0, "2s" = 3 }}\n{TARGET}',
            ['film.toml:1: fidelity at "2s": 3 is not a number from 0 to 1'],
        ),
        (
            f'{TARGET}[targets.weight]\n"0s" = 5000\n"2s" = [-5000, "in"]',
            [
                'film.toml:4: targets.0.weight at "0s": 5000 is not a number from -1000 to 1000',
                'film.toml:5: targets.0.weight at "2s": -5000 is not a number from -1000 to 1000',
            ],
        ),
        (
            f'{TARGET}[octaves]\ncount = {{ "0s" = 4, "2s" = 4.5 }}',
            ['film.toml:4: octaves.count at "2s": 4.5 is not a whole number from 1 to 20'],
        ),
        (
            f'{TARGET}[canvas]\nstart = {{ "0s" = "noise", "2s" = "foto" }}',
            [
                'film.toml:4: canvas.start at "2s": "foto" is not "photo", "noise" or a color, by its name in CSS or '
                'as "#rrggbb"; did you mean "photo"?'
            ],
        ),
        (
            f'{TARGET}[ascent]\nstep_size = "= 0.1 * (1 - t)"',
            [
                "film.toml:4: ascent.step_size: at 3.9 s -0.29 is not a number above 0 and at most 10, { from, to }, "
                "or a list of these"
            ],
        ),
        (
            f'{TARGET}[ascent]\nblur = {{ from = {{ "0s" = 1, "1s" = 200 }}, to = 0 }}',
            ['film.toml:4: ascent.blur.from at "1s": 200 is not a number from 0 to 100'],
        ),
        (
            f'{TARGET}caricature = "= t > 1"',
            ["film.toml:3: targets.0.caricature: at 0 s 0.0 is not true or false"],
        ),
        (
            f'{TARGET}[ascent]\njitter = {{ "0s" = 1, "2 secs" = 3 }}',
            [
                'film.toml:4: ascent.jitter at "2 secs": is neither a time such as "2s", "75f", "8b", "4 bars" '
                'or "50%" nor ease'
            ],
        ),
        (
            f'fidelty = {{ "0s" = 1, "2s" = 3 }}\n{TARGET}',
            ["film.toml:1: fidelty: unknown key; did you mean 'fidelity'?"],
        ),
        (
            f'{TARGET}ascent = {{ "0s" = {{ jitter = 3 }} }}',
            ["film.toml:3: targets.0.ascent: unknown key; did you mean 'ascent'?"],
        ),
        (
            f'ascent = {{ "0s" = {{ jitter = 3 }} }}\n{TARGET}',
            ["film.toml:1: ascent: is a table; keyframe the values in it, each by itself"],
        ),
        (
            f'{TARGET}kernels = [3, {{ "0s" = 4, "1s" = 5 }}]',
            ["film.toml:3: targets.0.kernels.1: cannot change by itself; keyframe the list of kernels as a whole"],
        ),
        (
            f'{TARGET}[canvas]\nsize = {{ "0s" = 100, "1s" = 200 }}',
            ["film.toml:4: canvas.size: cannot change while a film runs, because all its frames have one size"],
        ),
        (
            f'title = 3\nseed = "= t"\nfidelity = "= 2"\n{TARGET}weight = {{ "0s" = "x" }}',
            [
                "film.toml:1: title: 3 is not text",
                "film.toml:2: seed: cannot change while a film runs",
                "film.toml:3: fidelity: at 0 s 2.0 is not a number from 0 to 1",
                'film.toml:6: targets.0.weight at "0s": "x" is not a number from -1000 to 1000',
            ],
        ),
        (
            f'{TARGET}[octaves]\nsteps = [9, 9]\ncount = {{ "0s" = 2, "2s" = 4 }}',
            ["film.toml:4: octaves.steps: lists 2 values for octaves.count = 3, at 0.6 s (frame 6)"],
        ),
        (
            '[[targets]]\nclass = 3\n[penalties]\nphoto_features = { "1s" = 0, "2s" = 1 }',
            [
                "film.toml:4: penalties.photo_features: needs penalties.features_layer, because no target names a "
                "layer, at 2 s (frame 20)"
            ],
        ),
    ],
)
def test_every_mistake_has_its_line_key_and_time(text: str, found: list[str], tmp_path: Path) -> None:
    told = mistakes(text, tmp_path)
    assert len(told) == len(found)
    assert all(line.startswith(start) for line, start in zip(told, found, strict=True)), told


def test_a_track_may_be_a_table_of_its_own(tmp_path: Path) -> None:
    path = tmp_path / "a.toml"
    path.write_text(f'{TARGET}[animation.zoom]\n"0s" = 1.0\n"2.5s" = 2.0\nease = "smooth"\n', encoding="utf-8")
    assert load_preset(path).keyframes == {"animation.zoom": {"0s": 1.0, "2.5s": 2.0, "ease": "smooth"}}
    path.write_text(f'{TARGET}[animation.zoom]\n"0s" = 1.0\n"2.5s" = 200\n', encoding="utf-8")
    with pytest.raises(PresetError, match=r'a\.toml:5: animation\.zoom at "2\.5s": 200 is not'):
        load_preset(path)


def test_origins_of_tracks_are_those_of_their_keys(tmp_path: Path) -> None:
    resolved = resolve_preset(written(tmp_path, zoom='{ "0s" = 1.0, "2s" = 2.0 }'), ["fidelity== p / 2"])
    assert resolved.origins["animation.zoom"].endswith("a.toml:12")
    assert resolved.origins["fidelity"] == "--set"
    assert preset_at(resolved.preset, 39).fidelity == 0.5
    lines = to_toml(resolved.preset, comments=resolved.origins).splitlines()
    assert 'fidelity = "= p / 2" # --set' in lines
    assert not any("keyframes" in line for line in lines)


def test_toml_has_tracks_in_place_even_inside_tables_and_lists_at_their_defaults(tmp_path: Path) -> None:
    preset = film(
        f'fidelity = {{ "0s" = 0.0, "2.5s" = [0.5, "out"], ease = "in" }}\n{TARGET}',
        tmp_path,
        animation='center = [0.5, { "0s" = 0.5, "75%" = 0.2 }]\nstabilize.levels.contrast = "= 0.2 + 0.1 * p"',
    )
    text = to_toml(preset)
    assert 'fidelity = {0s = 0.0, "2.5s" = [0.5, "out"], ease = "in"}\n' in text
    (tmp_path / "again.toml").write_text(text, encoding="utf-8")
    assert load_preset(tmp_path / "again.toml") == preset
    assert from_json(to_json(preset)) == preset


def test_keyframes_by_path_are_checked_like_those_in_place() -> None:
    tree = {"targets": [{"layer": "conv1"}], "animation": {}}
    preset = preset_from_tree({**tree, "keyframes": {"fidelity": {"0s": 0.25, "10s": 1}}}, where="text")
    assert (preset.fidelity, preset_at(preset, 150).fidelity) == (0.25, 0.625)
    wrong = {"seed": "= t", "fidelty": "= t", "fidelity": "= 9", "ascent.blur": {"ease": "in"}, "octaves.count": "= x"}
    with pytest.raises(PresetError) as caught:
        preset_from_tree({**tree, "keyframes": wrong}, where="text")
    assert [line.removeprefix("text: ").split(": ")[0] for line in caught.value.mistakes] == sorted(wrong)
    with pytest.raises(PresetError, match=r"^text: targets\.3\.weight: there is no such value to change"):
        preset_from_tree({**tree, "keyframes": {"targets.3.weight": "= t"}}, where="text")


def test_a_time_where_a_key_of_the_preset_belongs_is_told() -> None:
    for misplaced in ({"0s": {}}, {"0s": 1, "1s": 2}, {"keyframes": {"0s": {"0s": 1}}}):
        tree = {"targets": [{"layer": "conv1"}], "animation": {}, **misplaced}
        with pytest.raises(PresetError, match=r"text: 0s: unknown key; there are title, "):
            preset_from_tree(tree, where="text")


def test_a_timeline_that_cannot_be_read_is_told() -> None:
    preset = Preset(targets=(Target(layer=("conv1",)),), keyframes={"fidelity": "= x", "fidelty": "= 1"})
    with pytest.raises(PresetError) as caught:
        Timeline(preset)
    assert caught.value.mistakes[0].startswith("fidelity: column 3: unknown x")
    assert caught.value.mistakes[1] == "fidelty: there is no such key to change over time"
    with pytest.raises(PresetError, match=r"fidelity: 3\.0 is not a number from 0 to 1, at 0 s \(frame 0\)"):
        preset_at(preset.model_copy(update={"keyframes": {"fidelity": "= 3"}}), 0)


def test_curves_are_numbers_even_for_texts(tmp_path: Path) -> None:
    preset = film('fidelity = { "0s" = 0, "4s" = 1 }\n[[targets]]\nclass = { "0s" = "dog", "2s" = "cat" }', tmp_path)
    curves = Timeline(preset).curves()
    assert list(curves) == ["fidelity", "targets.0.class: 0 dog, 1 cat"]
    assert curves["fidelity"] == pytest.approx([frame / 40 for frame in range(40)])
    assert curves["targets.0.class: 0 dog, 1 cat"] == [0] * 20 + [1] * 20
    long = film(f'fidelity = "= p"\n{TARGET}', tmp_path, animation='length = "1000s"')
    values = Timeline(long).curves()["fidelity"]
    assert (len(values), values[0], values[-1]) == (2000, 0.0, 1.0)


def test_a_long_film_is_checked_at_its_keys_and_its_end(tmp_path: Path) -> None:
    long = 'length = "1000s"'
    assert mistakes(f'fidelity = "= 2 * (f == 29999)"\n{TARGET}', tmp_path, animation=long)
    told = mistakes(
        f'{TARGET}[octaves]\nsteps = [9, 9]\ncount = {{ "0s" = 2, "29f" = [3, "hold"], "30f" = 2 }}',
        tmp_path,
        animation=long,
    )
    assert told == ["film.toml:4: octaves.steps: lists 2 values for octaves.count = 3, at 0.9667 s (frame 29)"]
