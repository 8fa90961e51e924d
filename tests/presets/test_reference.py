from __future__ import annotations

import json
import re
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import jsonschema
import pytest

import dreamer.presets
from dreamer.errors import PresetError
from dreamer.presets import Preset, load_preset, preset_from_tree, resolve_preset
from dreamer.presets.json_schema import schema_json
from dreamer.presets.model.introspection import all_keys, find_key
from dreamer.presets.reference import explained, keys_at, reference_markdown, starter
from dreamer.presets.source.lookup import shipped_folder

ROOT = Path(__file__).resolve().parents[2]
SCHEMA: dict[str, Any] = json.loads(schema_json())


def valid(text: str) -> bool:
    return bool(jsonschema.Draft202012Validator(SCHEMA).is_valid(tomllib.loads(text)))


def test_the_schema_file_is_in_step() -> None:
    """Mend it with `dreamer presets schema -o presets/schema.json`."""
    assert json.loads((ROOT / "presets" / "schema.json").read_text(encoding="utf-8")) == SCHEMA


def test_the_reference_page_is_in_step() -> None:
    """Mend it with `dreamer presets explain --markdown > docs/presets.md`."""
    assert (ROOT / "docs" / "presets.md").read_text(encoding="utf-8") == reference_markdown()


def test_the_schema_is_one_and_uses_plain_keywords_only() -> None:
    jsonschema.Draft202012Validator.check_schema(SCHEMA)
    assert "prefixItems" not in schema_json()
    assert '"unit": "' not in schema_json()


@pytest.mark.parametrize("file", sorted(shipped_folder().glob("*.toml")), ids=lambda file: file.stem)
def test_shipped_presets_fit_the_schema(file: Path) -> None:
    assert valid(file.read_text(encoding="utf-8"))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('targets = [{ layer = "a" }]', True),
        ('extends = "deep-dream"', True),
        ('title = "no targets"', False),
        ('network = "vgg16"\ntargets = [{ layer = ["a", "b"], kernels = [1, "3-4"] }]', True),
        ('network.nam = "vgg16"\ntargets = [{ class = 3 }]', False),
        ('targets = [{ class = 3, weight = "x" }]', False),
        ("targets = [{ class = 3, octaves = [1, 2, 3] }]", False),
        ("targets = [{ class = 3 }]\nascent.blur = { from = 1, to = 2 }", True),
        ("targets = [{ class = 3 }]\nascent.blur = { from = 1 }", False),
        ("targets = [{ class = 3 }]\noctaves.count = 99", False),
        ("targets = [{ class = 3 }]\nfidelty = 1", False),
        ("targets = [{ class = 3 }]\nfidelity = { '0s' = 0, '2.5s' = [1, 'out'], '75 %' = 0, ease = 'in' }", True),
        ("targets = [{ class = 3 }]\nfidelity = { '0s' = 0, '2 sec' = 1 }", False),
        ("targets = [{ class = 3 }]\nfidelity = { '0s' = 0, ease = 'smoth' }", False),
        ("targets = [{ class = 3 }]\nfidelity = '= p'", True),
        ("targets = [{ class = 3 }]\nfidelity = 'p'", False),
        ("targets = [{ class = { '0s' = 3, '1s' = 'dog' }, octaves = [1, '= 2 + p'] }]", True),
        ("targets = [{ layer = ['a', { '0s' = 'b' }], direction = { 3 = '= t' } }]", True),
        ("targets = [{ layer = 'a', kernels = { '0s' = 3 } }]", True),
        ("targets = [{ layer = 'a', kernels = [{ '0s' = 3 }] }]", False),
        ("targets = [{ class = 3 }]\nascent.blur = { from = { '0s' = 1 }, to = '= t' }", True),
        ("targets = [{ class = 3 }]\ncanvas = { start = { '0s' = 'noise' }, mask.size = [{ '0s' = 1 }, 1] }", True),
        ("targets = [{ class = 3 }]\ncanvas.size = { '0s' = 100 }", False),
        ("targets = [{ class = 3 }]\nseed = { '0s' = 1 }", False),
        ("targets = [{ class = 3 }]\nanimation.fps = { '0s' = 1 }", False),
    ],
)
def test_the_schema_agrees_with_validation(text: str, expected: bool) -> None:
    assert valid(text) is expected


def test_every_key_is_described() -> None:
    for key in all_keys().values():
        assert key.description, key.path
        assert "Annotated" not in key.words
        assert "a table" not in key.words or key.is_table or key.name in {"network", "direction"}, key.path


def test_every_default_fits_what_is_said_of_it() -> None:
    for key in all_keys().values():
        if key.choices and isinstance(key.default, str):
            assert key.default in key.choices


@pytest.mark.parametrize(
    ("path", "words"),
    [
        ("ascent.blur", "a number from 0 to 100, { from, to }, or a list of these (px)"),
        ("canvas.start", '"photo", "noise" or a color such as "gray" or "#c8c8c8"'),
        ("octaves.scale", "a number above 1 and at most 4"),
        ("ascent.momentum", "a number at least 0 and below 1"),
        ("canvas.mask.center", "a list of 2 numbers from 0 to 1 (share of the canvas)"),
        ("targets", "a list of tables, at least 1"),
        ("targets.N.layer", "a name or a list of names"),
        ("targets.N.direction", "a list of numbers, or a table of numbers"),
        ("keep_colors", "true or false"),
    ],
)
def test_types_are_told_in_words(path: str, words: str) -> None:
    assert all_keys()[path].type == words


def test_a_key_is_found_from_anything_inside_it() -> None:
    found = find_key(("targets", 3, "octaves", 1))
    assert found is not None
    assert found.path == "targets.N.octaves"
    assert find_key(("nothing",)) is None


@pytest.mark.parametrize("spelling", ["targets.layer", "targets.0.layer", "targets.N.layer"])
def test_targets_may_be_named_with_or_without_number(spelling: str) -> None:
    assert [key.path for key in keys_at(spelling)] == ["targets.N.layer"]


def test_a_table_is_explained_with_all_in_it() -> None:
    assert [key.path for key in keys_at("octaves")] == [
        "octaves",
        "octaves.count",
        "octaves.scale",
        "octaves.sizes",
        "octaves.steps",
        "octaves.sharpen",
        "octaves.output_scale",
    ]


def test_an_explanation_says_type_bounds_unit_and_default() -> None:
    assert explained(all_keys()["ascent.jitter"]).splitlines() == [
        "ascent.jitter",
        "  largest random roll before each step; a list gives each octave its own",
        "  type: a whole number from 0 to 512, or a list of these (px)",
        "  default: 32",
        "  may be keyframed",
    ]


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("animation.zoom", True),
        ("targets.N.layer", True),
        ("ascent.blur", True),
        ("seed", False),
        ("canvas.size", False),
        ("animation.fps", False),
        ("title", False),
        ("ascent", False),
        ("keyframes", False),
    ],
)
def test_an_explanation_says_what_may_be_keyframed(path: str, expected: bool) -> None:
    assert explained(all_keys()[path]).endswith("\n  may be keyframed") is expected


def test_an_unknown_key_names_the_nearest() -> None:
    with pytest.raises(PresetError, match=r"no preset has a key 'ascent\.blurr'\n.*'ascent\.blur'"):
        keys_at("ascent.blurr")
    with pytest.raises(PresetError, match="There are title, description"):
        keys_at("zzzz")


def test_a_starter_is_a_preset_and_every_line_of_it_can_be_uncommented() -> None:
    text = starter('My "first"')
    assert preset_from_tree(tomllib.loads(text), where="starter").title == 'My "first"'
    uncommented = re.sub(r"^# (?=\w+ = )", "", text, flags=re.MULTILINE)
    assert "\njitter = 32 " in uncommented
    assert preset_from_tree(tomllib.loads(uncommented), where="starter") == preset_from_tree(
        tomllib.loads(text), where="starter"
    )


def test_a_starter_from_a_preset_extends_it(tmp_path: Path) -> None:
    base = resolve_preset("deep-dream")
    file = tmp_path / "mine.toml"
    file.write_text(starter("mine", base), encoding="utf-8")
    assert load_preset(file) == base.preset.model_copy(update={"title": "mine"})
    assert '# [[targets]]\n# layer = "inception5a"\n' in file.read_text(encoding="utf-8")


def test_all_public_names_are_there() -> None:
    assert sorted(dreamer.presets.__all__) == dreamer.presets.__all__
    assert all(hasattr(dreamer.presets, name) for name in dreamer.presets.__all__)
    assert dreamer.presets.Preset is Preset


def test_presets_never_import_torch() -> None:
    code = "import sys, dreamer.presets as p, dreamer.presets.reference; sys.exit('torch' in sys.modules)"
    subprocess.run([sys.executable, "-c", code], check=True, cwd=ROOT, timeout=30)


def test_old_names_and_scenes_are_explained() -> None:
    assert keys_at("animation.hold.detail")[0].path == "animation.stabilize.detail"
    assert keys_at("targets.0.channels")[0].path == keys_at("targets.channels")[0].path == "targets.N.kernels"
    assert [key.path for key in keys_at("scenes.cross")] == ["scenes.N.cross"]
    assert {"scenes.N.length", "scenes.N.set"} <= {key.path for key in keys_at("scenes")}
