from __future__ import annotations

import pytest

from dreamer.errors import PresetError, UsageError
from dreamer.jobs.studies import LayerSetting, resolve_studies
from dreamer.presets.model.schema import NetworkChoice


def settings(*texts: str) -> list[LayerSetting]:
    return [LayerSetting.parsed(text, ["maxpool1", "maxpool3"]) for text in texts]


def test_what_a_sheet_asks_for_is_put_in_and_told() -> None:
    studies = resolve_studies("kernel-study", ["octaves.steps=2"])
    preset = studies.common
    assert (preset.canvas.size, preset.octaves.output_scale, preset.network.negative_slope) == ((128, 128), 1, 0.02)
    assert len(studies.changed) == 2
    assert "octaves.output_scale = 1.0 in place of 4.0" in studies.changed[0]
    assert "--set network.negative_slope=0.0 keeps the preset's" in studies.changed[1]


def test_what_options_say_stays() -> None:
    said = ["canvas.size=200", "octaves.output_scale=2", "network.negative_slope=0"]
    studies = resolve_studies("kernel-study", said)
    preset = studies.common
    assert (preset.canvas.size, preset.octaves.output_scale, preset.network.negative_slope) == (200, 2, 0)
    assert not studies.changed
    assert resolve_studies("kernel-study", said, size=64).common.canvas.size == (64, 64)


def test_a_presets_own_slope_stays() -> None:
    studies = resolve_studies("unit-portrait", [])
    assert studies.common.network.negative_slope == 0.1 and not studies.changed


def test_a_layer_has_values_of_its_own() -> None:
    own = settings("maxpool3:penalties.edges=2", "maxpool3:canvas.size=96", "maxpool1:octaves.steps=3")
    studies = resolve_studies("kernel-study", ["penalties.edges=0.1"], own, seed=5)
    assert [studies.of(layer).penalties.edges for layer in ("maxpool1", "maxpool2", "maxpool3", None)] == [
        0.1, 0.1, 2, 0.1,
    ]  # fmt: skip
    assert (studies.of("maxpool3").canvas.size, studies.of("maxpool1").octaves.steps) == (96, 3)
    assert {studies.of(layer).seed for layer in ("maxpool1", "maxpool3", None)} == {5}
    other = studies.through(NetworkChoice(name="googlenet"))
    assert {other.of(layer).network.name for layer in ("maxpool3", None)} == {"googlenet"}
    assert other.of("maxpool3").network.negative_slope == 0.02


@pytest.mark.parametrize("text, said", [
    ("maxpol3:penalties.edges=1", "Did you mean 'maxpool3'"),
    ("penalties.edges=1", "LAYER:KEY=VALUE"),
    ("maxpool3:penalties.edges", "LAYER:KEY=VALUE"),
    ("maxpool3:network.negative_slope=0.1", "one network"),
])  # fmt: skip
def test_mistakes(text: str, said: str) -> None:
    with pytest.raises(UsageError) as caught:
        settings(text)
    assert said in str(caught.value) and text in str(caught.value)


def test_an_unknown_key_of_a_layer_is_told_with_its_option() -> None:
    with pytest.raises(PresetError, match=r"--layer-set maxpool3: penalties\.edgs: unknown key; did you mean 'edges'"):
        resolve_studies("kernel-study", [], settings("maxpool3:penalties.edgs=1"))
