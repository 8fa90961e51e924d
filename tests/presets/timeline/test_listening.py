from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from dreamer.errors import PresetError
from dreamer.presets import load_preset
from dreamer.presets.source.load import resolve_preset
from dreamer.presets.timeline.hearing import Song
from dreamer.presets.timeline.keyframes import Timeline
from dreamer.presets.timeline.listening import followed_signals, listens, with_length_of
from tests.presets.timeline.test_hearing import SONG

TARGET = '[[targets]]\nlayer = "conv1"\n'


@pytest.mark.parametrize(
    ("tree", "expected"),
    [
        ({"zoom": "= 1 + bass(0.2)"}, True),
        ({"zoom": "= 1 + b"}, True),
        ({"zoom": {"0s": 1, "8b": 2}}, True),
        ({"scenes": [{"length": "4 bars"}]}, True),
        ({"length": "2 sections"}, True),
        ({"zoom": "= 1 + t", "title": "bass and beat"}, False),
        ({"zoom": {"0s": 1, "50%": 2}, "length": "300f"}, False),
    ],
)
def test_what_goes_by_a_song_is_found(tree: dict[str, Any], expected: bool) -> None:
    assert listens(tree) is expected


@pytest.mark.parametrize(
    ("length", "frames"), [("sound", 100), ("4b", 35), ("2 bars", 65), ("1 section", 40), ("9 sections", 100)]
)
def test_a_song_decides_lengths(length: str, frames: int) -> None:
    tree = with_length_of(SONG, {"animation": {"length": length, "fps": 10}})
    assert tree["animation"]["frames"] == frames


def test_other_lengths_stay() -> None:
    for animation in ({"length": "3s"}, {"frames": 5, "length": "sound"}):
        assert with_length_of(SONG, {"animation": animation}) == {"animation": animation}


def preset_file(folder: Path, text: str) -> str:
    file = folder / "film.toml"
    file.write_text(f'{text}\n[animation]\nsong = "song.ogg"\nfps = 10\nlength = "sound"\n', encoding="utf-8")
    return str(file)


def test_scenes_end_on_bar_lines(tmp_path: Path) -> None:
    scene = '[[scenes]]\nlength = "{}"\ncross = "0.2s"\ntargets = [{{ layer = "conv1" }}]\n'
    file = preset_file(tmp_path, scene.format("1 bar") + scene.format("1 section"))
    asked: list[tuple[Path, bool]] = []

    def hear(path: Path, closely: bool) -> Song:
        asked.append((path, closely))
        return SONG

    preset = resolve_preset(file, (), hear).preset
    assert asked == [(tmp_path / "song.ogg", True)]
    # Bar 1 begins at 3.5 s; the section that has begun by then ends at 4 s.
    assert preset.keyframes["targets.0.weight"] == {"3.4s": 1.0, "3.6s": [0.0, "smooth"]}
    assert preset.animation is not None
    assert preset.animation.frame_count == 40


def test_expressions_and_keys_follow_the_song(tmp_path: Path) -> None:
    text = f'fidelity = "= beat"\n{TARGET}weight = {{ "0b" = 0, "4b" = 1 }}\n'
    preset = resolve_preset(preset_file(tmp_path, text), (), lambda path, closely: SONG).preset
    assert followed_signals(preset) == ["beat"]
    timeline = Timeline(preset, SONG)
    assert timeline.clock.frames == 100
    assert timeline.at(5).fidelity == pytest.approx(1, abs=1e-4)
    assert timeline.at(20).fidelity == pytest.approx(0.5, abs=1e-4)
    assert [timeline.at(frame).targets[0].weight for frame in (5, 20, 35)] == pytest.approx([0, 0.5, 1])
    assert Timeline(preset).at(20).fidelity == 0


def test_without_a_song_signals_are_checked_in_silence_and_at_their_highest(tmp_path: Path) -> None:
    file = tmp_path / "film.toml"
    file.write_text(f'fidelity = "= 2 * bass"\n{TARGET}[animation]\n', encoding="utf-8")
    with pytest.raises(PresetError, match=r"fidelity: at .* s 2\.0 is not a number from 0 to 1"):
        load_preset(str(file))
    file.write_text(f'fidelity = "= 0.9 * bass"\n{TARGET}[animation]\n', encoding="utf-8")
    assert load_preset(str(file)).fidelity == 0


def test_a_signal_that_is_misspelled_or_misused_is_told(tmp_path: Path) -> None:
    file = tmp_path / "film.toml"
    for text, message in (
        ("= bas", "unknown bas; did you mean bass?"),
        ("= bass(1, 2)", "bass() takes 1 value, and 2 are given"),
        ("= section(1)", "section() takes no value, and 1 are given"),
    ):
        file.write_text(f'fidelity = "{text}"\n{TARGET}[animation]\n', encoding="utf-8")
        with pytest.raises(PresetError) as caught:
            load_preset(str(file))
        assert message in str(caught.value)
