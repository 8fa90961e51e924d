from __future__ import annotations

from dreamer.presets import Preset
from dreamer.presets.differences import differences


def preset(**keys: object) -> Preset:
    return Preset.model_validate({"targets": [{"layer": "conv1"}, {"layer": "conv3"}], **keys})


def test_differences_are_named_as_for_set() -> None:
    assert differences(preset(title="a"), preset(title="b")) == []
    assert differences(preset(), preset(seed=3, octaves={"steps": 7})) == ["seed", "octaves.steps"]
    weighted = preset(targets=[{"layer": "conv1"}, {"layer": "conv3", "weight": 2}])
    assert differences(preset(), weighted) == ["targets.1.weight"]
    assert differences(preset(), preset(targets=[{"layer": "conv1"}])) == ["targets"]
    assert differences(preset(), preset(animation={})) == ["animation"]
