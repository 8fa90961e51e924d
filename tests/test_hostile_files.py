"""Whatever bytes a file holds, reading it ends with a value or with an error on purpose, and a short one."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tomlkit
import torch
from hypothesis import example, given
from hypothesis import strategies as st
from PIL import Image
from safetensors.torch import save

from dreamer.dreaming.statistics import PictureStatistics
from dreamer.errors import DreamerError, PictureError, PresetError, TrainingError, WeightsError
from dreamer.film.frame_facts import FrameFacts
from dreamer.film.store import FrameStore
from dreamer.jobs.journal import FOLDER, Journal
from dreamer.jobs.orders import read_jobs_file
from dreamer.networks.descriptions import read_description
from dreamer.networks.pocket import Architecture, PocketNetwork
from dreamer.networks.state_files import read_state
from dreamer.networks.training import run_state
from dreamer.networks.weights import load_pocket_file
from dreamer.pictures import read_picture
from dreamer.pictures.open import picture_size
from dreamer.pictures.recipes import read_recipe
from dreamer.presets import load_preset
from dreamer.presets.model.schema import Preset
from dreamer.recipes import Recipe, parse_recipe

from .properties import examples

LONGEST_LINE = 2000
PRESET = {"targets": [{"layer": "conv1"}], "octaves": {"count": 2}, "ascent": {"step_size": 0.5}}
NUMBERS = st.integers(-(2**70), 2**70) | st.floats() | st.sampled_from([0, 1, -1, 1e9, 1e308, 2**53])
PLAIN = st.none() | st.booleans() | NUMBERS | st.text(max_size=300)
VALUES = st.recursive(
    PLAIN, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=9), inner, max_size=4)
)
FINITE = NUMBERS.filter(lambda number: isinstance(number, float) or abs(number) < 2**63)
WORDS = st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=40)
TOML = st.recursive(
    st.booleans() | FINITE | WORDS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(WORDS, inner, max_size=3),
    max_leaves=6,
)


def keys(schema: dict[str, Any]) -> list[str]:
    """Every key of a preset's schema, wherever it belongs."""
    tables = [schema, *schema.get("$defs", {}).values()]
    return sorted({key for table in tables for key in table.get("properties", {})})


KEYS = st.sampled_from(keys(Preset.model_json_schema()))
TREES = st.dictionaries(KEYS | WORDS, TOML | st.dictionaries(KEYS, TOML, max_size=3), max_size=4)


def told(error: DreamerError) -> None:
    assert str(error).strip() and all(len(line) <= LONGEST_LINE for line in str(error).splitlines())


def mutated(whole: bytes) -> st.SearchStrategy[bytes]:
    """The bytes of a file: cut short, or with some of them replaced."""

    def changed(cut: int, changes: list[tuple[int, int]]) -> bytes:
        data = bytearray(whole)
        for place, value in changes:
            data[place] = value
        return bytes(data[:cut])

    places = st.integers(0, len(whole) - 1)
    ends = st.just(len(whole)) | places
    return st.builds(changed, ends, st.lists(st.tuples(places, st.integers(0, 255)), max_size=6))


def samples(*suffixes: str) -> list[tuple[str, bytes]]:
    import io

    pixels = np.random.default_rng(0).integers(0, 256, (6, 8, 3), dtype=np.uint8)
    found = []
    for suffix in suffixes:
        file = io.BytesIO()
        Image.fromarray(pixels).save(file, suffix)
        found.append((suffix, file.getvalue()))
    return found


SAMPLES = samples("png", "jpeg", "webp", "tiff", "gif", "bmp", "ppm")
PICTURES = st.one_of(*(mutated(data) for _, data in SAMPLES), st.binary(max_size=200))


@examples(200)
@given(tree=TREES)
@example(tree={"animation": {}, "0s": {}})
@example(tree={"animation": {}, "ascent": ["="]})
@example(tree={"animation": {}, "targets": [[{"a": "= ("}]]})
def test_any_tree_is_a_preset_or_a_short_mistake(tree: dict[str, Any], tmp_path: Path) -> None:
    path = tmp_path / "x.toml"
    path.write_text(tomlkit.dumps({**PRESET, **tree}), encoding="utf-8")
    for read in (load_preset, read_jobs_file):
        try:
            read(path)
        except PresetError as error:
            told(error)


@examples(100)
@given(data=st.binary(max_size=200) | mutated(tomlkit.dumps(PRESET).encode()))
def test_any_bytes_are_a_preset_or_a_short_mistake(data: bytes, tmp_path: Path) -> None:
    path = tmp_path / "x.toml"
    path.write_bytes(data)
    for read in (load_preset, read_jobs_file):
        try:
            read(path)
        except PresetError as error:
            told(error)


@examples(200)
@given(data=PICTURES)
@pytest.mark.filterwarnings("ignore")
def test_any_bytes_are_a_picture_or_a_short_mistake(data: bytes, tmp_path: Path) -> None:
    path = tmp_path / "x.png"
    path.write_bytes(data)
    for read in (picture_size, read_recipe, read_picture):
        try:
            read(path)
        except PictureError as error:
            told(error)


RECIPE = json.loads(Recipe("k", Preset.model_validate(PRESET), "x", "photo.png", "0" * 64, "1").to_json())


@examples(200)
@given(key=st.sampled_from([*RECIPE, "facts"]), value=VALUES, inner=st.booleans())
def test_any_value_in_a_recipe_is_taken_or_told(key: str, value: Any, inner: bool) -> None:
    tree = {**RECIPE, key: {"name": value, "sha256": value, "device": value} if inner else value}
    try:
        parse_recipe(json.dumps(tree), where="x.png")
    except (PictureError, PresetError) as error:
        told(error)


@examples(100)
@given(text=st.text(max_size=200) | mutated(json.dumps(RECIPE).encode()).map(lambda data: data.decode("latin1")))
@example("[" * 100_000)
def test_any_text_is_a_recipe_or_a_short_mistake(text: str) -> None:
    try:
        parse_recipe(text, where="x.png")
    except (PictureError, PresetError) as error:
        told(error)


LINE = json.dumps({"key": "k", "output": "a.png", "state": "done", "seconds": 1.5}).encode()


@examples(100)
@given(lines=st.lists(st.binary(max_size=60) | mutated(LINE) | VALUES.map(lambda v: json.dumps({"key": v}).encode())))
def test_lines_of_a_journal_that_are_damaged_are_skipped(lines: list[bytes], tmp_path: Path) -> None:
    path = tmp_path / FOLDER / "journal.jsonl"
    path.parent.mkdir(exist_ok=True)
    whole = json.dumps({"key": "last", "output": "b.png", "state": "done"}).encode()
    path.write_bytes(b"\n".join([*lines, whole, b""]))
    entry = Journal(tmp_path).entry(Path("b.png"))
    assert entry is not None and entry.key == "last"


SMALL = PocketNetwork(2, Architecture(0.05))
TENSORS = {k: v for k, v in SMALL.state_dict().items() if not k.endswith("num_batches_tracked")}
FACTS = {"architecture": "pocket", "classes": ["a", "b"], "width": 0.05, "mean": [0, 0, 0], "std": [1, 1, 1]}


@examples(40)
@given(key=st.sampled_from([*FACTS, "antialiased", "activation"]), value=VALUES)
@example(key="width", value=float("nan"))
@example(key="width", value=1e9)
@example(key="width", value=8)
@example(key="width", value=10**400)
@example(key="mean", value="text")
@example(key="mean", value=[0, 0])
@example(key="mean", value=[1e300] * 3)
@example(key="std", value=[0, 0, 0])
@example(key="std", value=[1, float("inf"), 1])
@example(key="classes", value=[])
@example(key="classes", value="ab")
@example(key="classes", value=["a"] * 99_999)
def test_any_metadata_is_a_networks_or_a_short_mistake(key: str, value: Any, tmp_path: Path) -> None:
    path = tmp_path / "x.safetensors"
    path.write_bytes(save(TENSORS, {"dreamer": json.dumps({**FACTS, key: value})}))
    try:
        loaded = load_pocket_file(path)
    except WeightsError as error:
        told(error)
    else:
        assert len(loaded.classes) == 2 and len(loaded.mean) == len(loaded.std) == 3 and min(loaded.std) > 0


@pytest.mark.parametrize("text", ["[" * 100_000, '{"a":' * 1000 + "1" + "}" * 1000], ids=["arrays", "tables"])
def test_metadata_that_is_nested_is_refused(text: str, tmp_path: Path) -> None:
    (tmp_path / "x.safetensors").write_bytes(save({"a": torch.zeros(1)}, {"dreamer": text}))
    with pytest.raises(WeightsError, match="is not a pocket network"):
        load_pocket_file(tmp_path / "x.safetensors")


def torch_file(value: object) -> bytes:
    import io

    file = io.BytesIO()
    torch.save(value, file)
    return file.getvalue()


RUN = {"key": "k", "epoch": 1, "epochs": 2, "learner": {"network": {"w": torch.zeros(2)}}}


@examples(100)
@given(
    data=st.binary(max_size=200) | mutated(torch_file(RUN)) | mutated(save({"a": torch.zeros(3)}, {"dreamer": "{}"}))
)
def test_any_bytes_are_weights_or_a_short_mistake(data: bytes, tmp_path: Path) -> None:
    for name in ("x.pth", "x.safetensors"):
        (tmp_path / name).write_bytes(data)
        try:
            read_state(tmp_path / name)
        except WeightsError as error:
            told(error)
    with pytest.raises(WeightsError):
        load_pocket_file(tmp_path / "x.safetensors")
    try:
        run_state.read_state(tmp_path / "x.pth")
    except TrainingError as error:
        told(error)


@examples(60)
@given(key=st.sampled_from([*RUN]), value=VALUES)
def test_any_value_in_an_unfinished_run_is_taken_or_told(key: str, value: Any, tmp_path: Path) -> None:
    class Learner:
        def restore(self, state: dict[str, Any]) -> None:
            SMALL.load_state_dict(state["network"])

    path = tmp_path / "x.training"
    torch.save({**RUN, key: value}, path)
    try:
        assert 0 <= run_state.restore(path, "other", Learner()) <= 10_000  # type: ignore[arg-type]
        run_state.restore(path, "k", Learner())  # type: ignore[arg-type]
    except TrainingError as error:
        told(error)


COLUMNS = {"mean": [0.5], "std": [1.0], "classes": [[0]], "lifts": [[2.0]], "color": ["red"], "grain": ["fine"]}
DESCRIPTION = {"weights": "w", "classes": ["a"], "layers": {"conv1": COLUMNS}}


@examples(100)
@given(key=st.sampled_from([*DESCRIPTION, *COLUMNS]), value=VALUES)
@example(key="classes", value=[[7]])
def test_any_value_in_a_description_is_taken_or_told(key: str, value: Any, tmp_path: Path) -> None:
    tree = {**DESCRIPTION, key: value}
    if key in COLUMNS:
        tree = {**DESCRIPTION, "layers": {"conv1": {**COLUMNS, key: value}}}
    path = tmp_path / "x.kernels.json"
    path.write_text(json.dumps(tree))
    read_description.cache_clear()
    try:
        read_description(path).kernels_about("red")
    except WeightsError as error:
        told(error)


STATISTICS = {**PictureStatistics(0.5, 0.1, 0.1, 0.1).__dict__, "scales": [0.1]}
POINT = {"key": "k", "number": 0, "reference": STATISTICS}


@examples(60)
@given(key=st.sampled_from([*POINT, *STATISTICS]), value=VALUES, shape=st.sampled_from([(1, 3, 2, 2), (3, 2), ()]))
def test_a_stored_state_that_was_changed_is_no_point_to_go_on_from(
    key: str, value: Any, shape: tuple[int, ...], tmp_path: Path
) -> None:
    store = FrameStore(tmp_path, FrameFacts(key="k"))
    tree = {**POINT, key: value} if key in POINT else {**POINT, "reference": {**STATISTICS, key: value}}
    (tmp_path / "000000.png").write_bytes(b"")
    (tmp_path / "state.safetensors").write_bytes(save({"picture": torch.zeros(shape)}, {"film": json.dumps(tree)}))
    point = store.checkpoint(torch.device("cpu"))
    assert point is None or (shape == (1, 3, 2, 2) and isinstance(point.reference.brightness, float))
