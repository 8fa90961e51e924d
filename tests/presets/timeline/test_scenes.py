from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from dreamer.errors import PresetError
from dreamer.presets import load_preset, preset_at

Write = Callable[[str, str], Path]
SCENE = '[[scenes]]\nlength = "4s"\ncross = "2s"\ntargets = [{ layer = "conv1" }]\n'
OTHER = '[[scenes]]\nlength = "4s"\ntargets = [{ class = "dog", weight = 2 }]\n'


def test_scenes_cross_over(write: Write) -> None:
    write("x.toml", f"{SCENE}{OTHER}[animation]\nfps = 10\n")
    preset = load_preset("x.toml")
    assert preset.animation is not None
    assert (preset.animation.frame_count, preset.normalize_targets) == (80, True)
    weights = [[target.weight for target in preset_at(preset, frame).targets] for frame in (0, 30, 40, 50, 79)]
    assert weights == [[1, 0], [1, 0], [0.5, 1], [0, 2], [0, 2]]


def test_a_scene_may_have_the_targets_of_a_preset_and_numbers_of_its_own(write: Write) -> None:
    write("base.toml", '[[targets]]\nlayer = "conv2"\n')
    write("x.toml", f'{SCENE}set = {{ fidelity = 0.5 }}\n[[scenes]]\nlength = "4s"\npreset = "./base.toml"\n')
    preset = load_preset("x.toml", ["animation.fps=10"])
    assert [target.layer for target in preset.targets] == [("conv1",), ("conv2",)]
    assert preset_at(preset, 10).fidelity == 0.5


@pytest.mark.parametrize(
    ("text", "mistakes"),
    [
        ("scenes = 3\n", ["x.toml:1: scenes: is not a list of tables: [[scenes]]"]),
        (
            f'[[scenes]]\nlenght = "4s"\ntargets = [{{ class = 3 }}]\n{SCENE}cros = "1s"\n',
            [
                "x.toml:1: scenes.0.length: missing; how long the scene is, half of each cross-over included",
                "x.toml:2: scenes.0.lenght: unknown key; did you mean 'length'?",
                "x.toml:8: scenes.1.cros: unknown key; did you mean 'cross'?",
            ],
        ),
        (f'{SCENE}preset = "x"\n', ["x.toml:1: scenes.0: give either preset or targets"]),
        (f'{OTHER}cross = "4 sec"\n{SCENE}', ["x.toml:4: scenes.0.cross: '4 sec' is not a time; write '2.5s'"]),
        (
            f"{SCENE}{OTHER.replace('4s', '0.5s')}",
            ["x.toml:6: scenes.1.length: is shorter than the scene's cross-overs; raise it or lower cross"],
        ),
        (f"animation = 3\n{SCENE}", ["x.toml:1: animation: 3 is not a table"]),
        (f"{SCENE}[animation]\nfps = 0\n", ["x.toml:6: animation.fps: 0 is not a frame rate from 1 to 240"]),
    ],
)
def test_mistakes_in_scenes_have_their_lines(write: Write, text: str, mistakes: list[str]) -> None:
    write("x.toml", text)
    with pytest.raises(PresetError) as caught:
        load_preset("x.toml")
    lines = caught.value.mistakes
    assert len(lines) == len(mistakes), lines
    assert all(line.startswith(start) for line, start in zip(lines, mistakes, strict=True)), lines
