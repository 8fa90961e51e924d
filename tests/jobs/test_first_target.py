from __future__ import annotations

from pathlib import Path

import pytest

from dreamer.errors import PresetError, UsageError
from dreamer.jobs.first_target import target_fields
from dreamer.jobs.orders import Order, read_jobs_file
from dreamer.jobs.plan import find_variants, resolved_presets
from dreamer.presets import Preset
from dreamer.presets.model.schema import Target


def order(preset: str, **keys: object) -> Order:
    return Order.model_validate({"presets": [preset], **keys})


def first_target(preset: str, **keys: object) -> Target:
    return find_variants(order(preset, **keys))[0].preset.targets[0]


def test_layer_kernel_and_class_are_short_for_the_first_target() -> None:
    study = first_target("kernel-study", layer="conv3", kernel=["3-5", 12])
    assert study.layer == ("conv3",) and study.kernels == (3, 4, 5, 12) and study.measure == "mean"
    assert first_target("kernel-study", kernel=7).layer == ("maxpool3",)
    assert first_target("kernel-study", layer="conv3", set=["targets.0.weight=2"]).weight == 2


def test_a_layer_becomes_a_class_and_a_class_a_layer() -> None:
    portrait = first_target("kernel-study", **{"class": "goldfinch"})
    assert portrait.class_ == "goldfinch" and portrait.layer is None and portrait.kernels is None
    layer = first_target("class-portrait", layer="conv3")
    assert layer.layer == ("conv3",) and layer.class_ is None and layer.measure is None


def test_they_have_an_origin_and_a_part_in_the_name_of_the_variant() -> None:
    asked = order("kernel-study", layer="conv3", kernel=[4, 3], sweep=["seed=1,2"])
    (resolved, name), (_, other) = resolved_presets(asked)
    assert resolved.origins["targets.0.layer"] == "--layer" and resolved.origins["targets.0.kernels"] == "--kernel"
    assert name == "layer=conv3, kernel=3-4, seed=1" and other.endswith("seed=2")


@pytest.mark.parametrize(
    ("preset", "keys", "error", "told"),
    [
        ("deep-dream", {"class": "panda", "layer": "conv3"}, UsageError, "--class: excludes"),
        ("class-portrait", {"kernel": 3}, UsageError, "Name a layer, too"),
        ("guided", {"kernel": 3}, PresetError, "--kernel: .*cannot be chosen for guide"),
        ("journey", {"layer": "conv3"}, PresetError, "--layer .*takes its targets from its scenes"),
    ],
)
def test_what_cannot_be_is_told(preset: str, keys: dict[str, object], error: type[Exception], told: str) -> None:
    with pytest.raises(error, match=told):
        find_variants(order(preset, **keys))


def test_a_jobs_file_says_them_too(tmp_path: Path) -> None:
    file = tmp_path / "jobs.toml"
    job = '[[jobs]]\ninputs = ["noise"]\npresets = ["kernel-study"]\n'
    file.write_text(f'{job}layer = "conv3"\nkernel = [3, 7]\n{job}class = "panda"\n')
    first, second = (find_variants(each)[0] for each in read_jobs_file(file).jobs)
    assert first.name == "kernel-study layer=conv3, kernel=3,7" and second.preset.targets[0].class_ == "panda"
    file.write_text(f"{job}clas = 3\n")
    with pytest.raises(PresetError, match=r"jobs\.toml:4.*'class'"):
        read_jobs_file(file)


@pytest.mark.parametrize(
    ("target", "fields"),
    [
        ({"layer": ["conv1", "conv3"]}, ("conv1+conv3", "all", "none")),
        ({"layer": "conv3", "kernels": [7, 1, 2, 3]}, ("conv3", "1-3,7", "none")),
        ({"layer": "conv3", "kernels": "strongest 5"}, ("conv3", "strongest 5", "none")),
        ({"class": "cat/dog"}, ("none", "none", "cat-dog")),
    ],
)
def test_outputs_are_named_by_the_first_target(target: dict[str, object], fields: tuple[str, ...]) -> None:
    preset = Preset.model_validate({"targets": [target]})
    assert tuple(target_fields(preset).values()) == fields
