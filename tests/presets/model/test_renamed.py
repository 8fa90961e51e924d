from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from dreamer.errors import PresetError
from dreamer.presets import from_json, load_preset, preset_from_tree, resolve_preset
from dreamer.presets.model.introspection import all_keys
from dreamer.presets.model.renamed import RENAMED, SYNONYMS, with_present_names

Write = Callable[[str, str], Path]
TARGET = '[[targets]]\nlayer = "conv2"\n'


def test_every_old_name_is_gone_and_every_present_name_is_there() -> None:
    for path, name in (RENAMED | SYNONYMS).items():
        assert path not in all_keys()
        assert f"{path.rpartition('.')[0]}.{name}" in all_keys()


def test_old_names_in_a_file_are_read_with_a_warning_of_their_line(
    write: Write, caplog: pytest.LogCaptureFixture
) -> None:
    write("x.toml", f"{TARGET}[penalties]\nvariation = 2\n[ascent]\nclip_norm = 0.1\n[animation.hold]\ngrain = 0.5\n")
    resolved = resolve_preset("x.toml")
    preset = resolved.preset
    assert (preset.penalties.total_variation, preset.ascent.clip_small_norm) == (2, 0.1)
    assert preset.animation is not None
    assert preset.animation.stabilize.grain == 0.5
    assert caplog.messages == [
        "x.toml:4: penalties.variation is deprecated; write penalties.total_variation",
        "x.toml:6: ascent.clip_norm is deprecated; write ascent.clip_small_norm",
        "x.toml:7: animation.hold is deprecated; write animation.stabilize",
    ]
    assert resolved.origins["animation.stabilize.grain"] == "x.toml:8"


def test_a_mistake_under_an_old_name_has_its_line(write: Write) -> None:
    write("x.toml", f"{TARGET}[animation]\nhold = {{ grain = 3 }}\n")
    with pytest.raises(PresetError, match=r"^x\.toml:4: animation\.stabilize\.grain: 3 is not a number from 0 to 1"):
        load_preset("x.toml")


def test_old_and_present_names_of_a_preset_and_its_base_merge(write: Write) -> None:
    write("base.toml", f"{TARGET}[animation.hold]\ngrain = 0.5\ndetail = 0.5\n")
    write("x.toml", 'extends = "./base.toml"\n[animation.stabilize]\ngrain = 0.1\n')
    animation = load_preset("x.toml").animation
    assert animation is not None
    assert (animation.stabilize.grain, animation.stabilize.detail) == (0.1, 0.5)


def test_both_names_of_a_key_at_once_are_refused(write: Write) -> None:
    write("x.toml", f"{TARGET}[penalties]\nvariation = 2\ntotal_variation = 3\n")
    with pytest.raises(PresetError, match=r"x\.toml:4: penalties\.variation: means the same as 'total_variation'"):
        load_preset("x.toml")


@pytest.mark.parametrize(
    "override", ["animation.hold.grain=0.5", "animation.hold={ grain = 0.5 }", "animation={ hold.grain = 0.5 }"]
)
def test_old_names_in_overrides_are_read_with_a_warning(
    write: Write, caplog: pytest.LogCaptureFixture, override: str
) -> None:
    write("x.toml", f"{TARGET}[animation.stabilize]\ngrain = 0.1\n")
    animation = load_preset("x.toml", [override]).animation
    assert animation is not None
    assert animation.stabilize.grain == 0.5
    assert caplog.messages == ["--set: animation.hold is deprecated; write animation.stabilize"]


def test_old_names_in_keyframe_paths_and_scenes_are_read() -> None:
    tree, renames = with_present_names(
        {
            "keyframes": {"penalties.variation": {"0s": 1}, "targets.0.channels": {"0s": 3}, "fidelity": "= p"},
            "scenes": [
                {"length": "1s", "targets": [{"layer": "a", "channels": 3}], "set": {"animation.hold.grain": 1}}
            ],
        }
    )
    assert list(tree["keyframes"]) == ["penalties.total_variation", "targets.0.kernels", "fidelity"]
    assert tree["scenes"][0]["targets"] == [{"layer": "a", "kernels": 3}]
    assert tree["scenes"][0]["set"] == {"animation.stabilize.grain": 1}
    assert renames["keyframes", "penalties.variation"] == ("keyframes", "penalties.total_variation")


def test_recipes_with_old_names_are_read_with_a_warning(caplog: pytest.LogCaptureFixture) -> None:
    text = '{"targets":[{"layer":["a"]}],"animation":{},"keyframes":{"penalties.variation":"= p"}}'
    assert from_json(text, where="photo.png").keyframes == {"penalties.total_variation": "= p"}
    assert caplog.messages == [
        "photo.png: keyframes.penalties.variation is deprecated; write keyframes.penalties.total_variation"
    ]


def test_channels_are_kernels_without_a_warning(write: Write, caplog: pytest.LogCaptureFixture) -> None:
    write("x.toml", f"{TARGET}channels = [3, 4]\n")
    assert load_preset("x.toml").targets[0].kernels == (3, 4)
    assert load_preset("x.toml", ["targets.0.channels=7"]).targets[0].kernels == (7,)
    assert caplog.messages == []


def test_a_preset_of_this_format_may_say_so(write: Write) -> None:
    write("x.toml", f"format = 1\n{TARGET}")
    write("y.toml", TARGET)
    assert load_preset("x.toml") == load_preset("y.toml")


def test_a_preset_of_a_later_format_is_one_clear_mistake(write: Write) -> None:
    write("x.toml", f'format = 2\ntitle = 3\nlayers = "new"\n{TARGET}')
    write("y.toml", 'extends = "./x.toml"\n')
    for name in ("x.toml", "y.toml"):
        with pytest.raises(PresetError) as caught:
            load_preset(name)
        message = "x.toml:1: this preset is of format 2; this dreamer reads format 1\n  Update dreamer."
        assert str(caught.value) == message
    with pytest.raises(PresetError, match=r"^photo\.png: this preset is of format 7"):
        preset_from_tree({"format": 7}, where="photo.png")
    with pytest.raises(PresetError, match=r"^--set: this preset is of format 3"):
        load_preset("deep-dream", ["format=3"])


def test_a_wrong_format_is_a_mistake_like_any(write: Write) -> None:
    write("x.toml", f"format = 0\n{TARGET}")
    with pytest.raises(PresetError, match=r"^x\.toml:1: format: 0 is not 1$"):
        load_preset("x.toml")
