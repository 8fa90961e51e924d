from __future__ import annotations

import json
import pickle
import tomllib
from pathlib import Path

import pytest

from dreamer.errors import PresetError
from dreamer.presets import (
    Ascent,
    Canvas,
    Mask,
    NetworkChoice,
    Octaves,
    Penalties,
    Preset,
    Schedule,
    Target,
    Tiles,
    Transform,
    from_json,
    load_preset,
    portable_paths,
    preset_from_tree,
    resolve_preset,
    to_json,
    to_toml,
)
from dreamer.presets.source.lookup import shipped_folder

FULL = Preset(
    title='Quotes " and \\ and é \U0001f600',
    description='Two lines,\nthe second with """ and a tab\t.\n',
    network=NetworkChoice(name="vgg16", weights="places.pth", labels="l.txt", negative_slope=0.1),
    seed=2**63 - 1,
    canvas=Canvas(start="noise", size=(640, 480), space="fourier", mask=Mask(picture="m.png", invert=True)),
    targets=(
        Target(layer=("a", "b"), kernels=(1, 2, 3), weight=-2, octaves=(1, 2)),
        Target(layer=("a",), kernels="strongest 5", mask=Mask(shape="ellipse", center=(0.2, 0.3))),
        Target(class_=12, measure="probability"),
        Target(class_="12"),
        Target(layer=("a",), direction={"3": 1.0, "5": -0.5}),
        Target(layer=("a",), direction=(0.0, 1.0)),
        Target(layer=("a",), unit="center"),
        Target(layer=("a",), unit=((0, 0), (1, 1))),
        Target(layer=("a",), unit=(0.25, 1.0), kernels=(4,)),
        Target(layer=("a",), style="dreamer:s.jpg"),
    ),
    normalize_targets=True,
    octaves=Octaves(count=3, scale=1.25, steps=(10, 20, 0), output_scale=4.0),
    ascent=Ascent(
        step_size=Schedule(start=0.1, end=1e-5), blur=3, optimizer="adam", transform=Transform(scale=0.1, rotate=5.0)
    ),
    penalties=Penalties(edges=5.0, features_layer="b"),
    fidelity=1 / 3,
    tiles=Tiles(size=512),
)
SMALL = Preset(targets=(Target(layer=("a",)),))
SHIPPED = [load_preset(file) for file in sorted(shipped_folder().glob("*.toml"))]


@pytest.mark.parametrize("only_changed", [True, False])
@pytest.mark.parametrize("preset", [FULL, SMALL, *SHIPPED], ids=lambda preset: preset.title[:20])
def test_toml_loads_back_to_an_equal_preset(
    preset: Preset, only_changed: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    text = to_toml(preset, only_changed=only_changed)
    assert preset_from_tree(tomllib.loads(text), where="text") == preset


@pytest.mark.parametrize("preset", [FULL, SMALL, *SHIPPED], ids=lambda preset: preset.title[:20])
def test_json_loads_back_to_an_equal_preset(preset: Preset) -> None:
    assert from_json(to_json(preset)) == preset


@pytest.mark.parametrize("preset", [FULL, SMALL], ids=["full", "small"])
def test_a_preset_goes_to_another_process(preset: Preset) -> None:
    assert pickle.loads(pickle.dumps(preset)) == preset


def test_json_is_the_same_for_equal_presets_and_leaves_out_defaults() -> None:
    assert to_json(SMALL) == '{"targets":[{"layer":["a"]}]}'
    assert to_json(Preset(seed=0, targets=[{"layer": "a", "weight": 1}])) == to_json(SMALL)  # type: ignore[arg-type]


def test_toml_is_made_for_reading() -> None:
    preset = Preset(
        title="T", seed=3, canvas=Canvas(size=64), fidelity=0.5, targets=SMALL.targets, network=NetworkChoice()
    )
    assert to_toml(preset) == (
        'title = "T"\nseed = 3\nfidelity = 0.5\n\n[canvas]\nsize = 64\n\n[[targets]]\nlayer = "a"\n'
    )


def test_comments_stand_behind_the_values(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "x.toml").write_text('[[targets]]\nlayer = "a"\n')
    resolved = resolve_preset("x.toml", ["ascent.blur.from=2", "ascent.blur.to=1"])
    lines = to_toml(resolved.preset, only_changed=False, comments=resolved.origins).splitlines()
    assert 'layer = "a" # x.toml:2' in lines
    assert 'blur = {from = 2.0, to = 1.0, over = "octave"} # --set, default' in lines
    assert "seed = 0 # default" in lines


@pytest.mark.parametrize("text", ["{", "[]", '{"targets":[]}', '{"targets":[{"layer":"a"}],"sed":1}'])
def test_json_that_is_no_preset_is_refused(text: str) -> None:
    with pytest.raises(PresetError, match=r"^photo\.png: "):
        from_json(text, where="photo.png")


def test_no_absolute_path_goes_into_a_recipe(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    preset = Preset(
        network=NetworkChoice(weights="/home/someone/w.pth"),
        targets=(
            Target(layer=("a",), guide=str(tmp_path / "sub" / "g.jpg")),
            Target(layer=("a",), style="dreamer:s.jpg", mask=Mask(picture="sub/m.png")),
        ),
    )
    tree = json.loads(to_json(portable_paths(preset)))
    assert tree["network"] == {"weights": "w.pth"}
    assert tree["targets"][0]["guide"] == "sub/g.jpg"
    assert tree["targets"][1]["style"] == "dreamer:s.jpg"
    assert tree["targets"][1]["mask"] == {"picture": "sub/m.png"}
