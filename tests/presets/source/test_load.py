from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from pydantic import ValidationError

from dreamer.errors import PictureError, PresetError
from dreamer.presets import Octaves, Schedule, Target, find_preset, load_preset, resolve_picture, resolve_preset
from dreamer.presets.source.lookup import preset_files, shipped_folder

Write = Callable[[str, str], Path]

TINY = '[[targets]]\nlayer = "conv2"\n'
SHIPPED = sorted(shipped_folder().glob("*.toml"))


@pytest.mark.parametrize("file", SHIPPED, ids=lambda file: file.stem)
def test_every_shipped_preset_loads_and_says_what_it_is(file: Path) -> None:
    preset = load_preset(file)
    assert preset.title != "Untitled"
    assert preset.description


def test_presets_ship() -> None:
    assert "deep-dream" in [file.stem for file in SHIPPED]


def test_a_preset_takes_its_values_and_keeps_other_defaults(write: Write) -> None:
    write("presets/mine.toml", 'network = "vgg16"\n' + TINY + "kernels = [3, '5-7']\n[octaves]\ncount = 2\n")
    preset = load_preset("mine")
    assert preset.network.name == "vgg16"
    assert preset.targets == (Target(layer=("conv2",), kernels=(3, 5, 6, 7)),)
    assert preset.octaves == Octaves(count=2)


def test_names_are_looked_up_here_then_at_home_then_among_the_shipped(write: Write, folder: Path) -> None:
    assert find_preset("deep-dream") == shipped_folder() / "deep-dream.toml"
    write("home/presets/deep-dream.toml", TINY)
    assert find_preset("deep-dream") == folder / "home/presets/deep-dream.toml"
    write("presets/deep-dream.toml", TINY)
    assert find_preset("deep-dream") == Path("presets/deep-dream.toml")
    assert preset_files()["deep-dream"] == Path("presets/deep-dream.toml")


def test_a_path_is_taken_as_a_path(write: Write) -> None:
    write("mine.toml", TINY)
    write("sub/mine.toml", 'title = "sub"\n' + TINY)
    assert load_preset("mine.toml").title == "Untitled"
    assert load_preset("sub/mine").title == "sub"
    assert load_preset(Path("sub/mine.toml")).title == "sub"


def test_an_unknown_name_tells_the_nearest_and_where_was_looked(folder: Path) -> None:
    with pytest.raises(PresetError, match="there is no preset named 'deep-drem'") as caught:
        load_preset("deep-drem")
    assert "'deep-dream'" in str(caught.value)
    assert str(folder / "home") in str(caught.value)


def test_a_missing_file_tells_the_nearest_beside_it(write: Write) -> None:
    write("sub/mine.toml", TINY)
    with pytest.raises(PresetError, match=r"no file sub/mien\.toml\n.*'mine\.toml'"):
        load_preset("sub/mien.toml")


def test_a_folder_is_no_preset(folder: Path) -> None:
    (folder / "x.toml").mkdir()
    with pytest.raises(PresetError, match="is a folder"):
        load_preset("x.toml")


def test_bytes_that_are_no_text_are_named(folder: Path) -> None:
    (folder / "x.toml").write_bytes(b"title = \xff\n")
    with pytest.raises(PresetError, match=r"^x\.toml: is not a text file in UTF-8"):
        load_preset("x.toml")


def test_a_byte_order_mark_is_no_mistake(folder: Path) -> None:
    (folder / "x.toml").write_bytes(b"\xef\xbb\xbf" + TINY.encode())
    assert load_preset("x.toml").targets[0].layer == ("conv2",)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[canvas]\nstart = noise\n", "x.toml:2:9: Invalid value\n  start = noise\n  Text needs quotes."),
        ("a = 1\na = 2\n", "x.toml:2:6: Cannot overwrite a value"),
        (
            "[canvas]\nsize = true x\n",
            "x.toml:2:13: Expected newline or end of document after a statement\n  size = true x",
        ),
        ('title = "never ends', "x.toml: Unterminated string, at the end of the file"),
    ],
)
def test_a_syntax_error_has_its_line_and_column(write: Write, text: str, message: str) -> None:
    write("x.toml", text)
    with pytest.raises(PresetError) as caught:
        load_preset("x.toml")
    assert str(caught.value).startswith(message)


def test_extends_merges_tables_and_replaces_lists(write: Write) -> None:
    write("presets/base.toml", 'title = "base"\nseed = 3\n[octaves]\ncount = 2\nscale = 1.5\n' + TINY + TINY)
    write("presets/mine.toml", 'extends = "base"\ntitle = "mine"\n[octaves]\ncount = 3\n[[targets]]\nclass = "dog"\n')
    preset = load_preset("mine")
    assert (preset.title, preset.seed) == ("mine", 3)
    assert preset.octaves == Octaves(count=3, scale=1.5)
    assert [target.class_ for target in preset.targets] == ["dog"]


def test_a_table_that_is_only_named_inside_another_merges_too(write: Write) -> None:
    write("presets/base.toml", "[ascent]\njitter = 4\n" + TINY)
    write("presets/mine.toml", 'extends = "base"\n[ascent.transform]\nrotate = 3\n')
    ascent = load_preset("mine").ascent
    assert (ascent.jitter, ascent.transform.rotate) == (4, 3)


def test_extends_by_path_starts_at_the_file(write: Write) -> None:
    write("a/base.toml", "seed = 5\n" + TINY)
    write("b/mine.toml", 'extends = "../a/base.toml"\n')
    assert load_preset("b/mine.toml").seed == 5


def test_extends_by_name_prefers_the_files_own_folder(write: Write) -> None:
    write("a/deep-dream.toml", "seed = 5\n" + TINY)
    write("a/mine.toml", 'extends = "deep-dream"\n')
    assert load_preset("a/mine.toml").seed == 5


def test_a_preset_may_extend_the_shipped_one_of_its_own_name(write: Write) -> None:
    write("presets/deep-dream.toml", 'extends = "deep-dream"\nseed = 9\n')
    preset = load_preset("deep-dream")
    assert (preset.seed, preset.title) == (9, "Deep dream")


def test_a_network_by_name_replaces_the_table_and_a_table_adds_to_the_name(write: Write) -> None:
    write("presets/named.toml", 'network = "vgg16"\n' + TINY)
    write("presets/tabled.toml", 'network = { name = "resnet50", negative_slope = 0.1 }\n' + TINY)
    write("presets/a.toml", 'extends = "named"\nnetwork.negative_slope = 0.2\n')
    write("presets/b.toml", 'extends = "tabled"\nnetwork = "vgg16"\n')
    assert (load_preset("a").network.name, load_preset("a").network.negative_slope) == ("vgg16", 0.2)
    assert (load_preset("b").network.name, load_preset("b").network.negative_slope) == ("vgg16", 0.0)


def test_a_circle_of_extends_shows_the_chain(write: Write) -> None:
    write("a.toml", 'extends = "b"\n')
    write("b.toml", 'extends = "c"\n')
    write("c.toml", 'extends = "a"\n')
    with pytest.raises(PresetError, match=r"circle: a\.toml extends b\.toml extends c\.toml extends a\.toml"):
        load_preset("a.toml")


def test_extends_of_something_unknown_has_its_line(write: Write) -> None:
    write("a.toml", 'title = "a"\nextends = "deep-drem"\n')
    with pytest.raises(PresetError, match=r"^a\.toml:2: there is no preset named 'deep-drem'\n.*'deep-dream'"):
        load_preset("a.toml")


def test_extends_takes_one_name(write: Write) -> None:
    write("a.toml", 'extends = ["b", "c"]\n')
    with pytest.raises(PresetError, match=r"^a\.toml:1: extends: \['b', 'c'\] is not the name"):
        load_preset("a.toml")


@pytest.mark.parametrize(
    ("override", "read", "expected"),
    [
        ("octaves.count=6", "octaves.count", 6),
        ("canvas.start=noise", "canvas.start", "noise"),
        ('title="a = b"', "title", "a = b"),
        ("title=two words", "title", "two words"),
        ("canvas.size=[640, 480]", "canvas.size", (640, 480)),
        ("ascent.blur={ from = 2, to = 0.5 }", "ascent.blur", Schedule(start=2.0, end=0.5)),
        ("targets.0.weight=2", "targets.0.weight", 2.0),
        ("targets.1.class=peacock", "targets.1.class_", "peacock"),
        ("network=vgg16", "network.name", "vgg16"),
        ("network.weights=random", "network.name", "pocket"),
        ("canvas.mask.shape=ellipse", "canvas.mask.shape", "ellipse"),
        ("seed=", "seed", 0),
    ],
)
def test_set_changes_one_value(write: Write, override: str, read: str, expected: object) -> None:
    write("x.toml", 'network = "pocket"\nseed = 8\n' + TINY)
    value: object = load_preset("x.toml", [override])
    for part in read.split("."):
        value = value[int(part)] if isinstance(value, tuple) else getattr(value, part)
    assert value == expected


def test_set_leaves_a_shared_base_as_it_is(write: Write) -> None:
    write("presets/base.toml", "[octaves]\ncount = 2\n" + TINY)
    write("presets/x.toml", 'extends = "base"\n')
    assert load_preset("x", ["octaves.count=5", "targets.0.weight=3"]).octaves.count == 5
    assert load_preset("x").octaves.count == 2
    assert load_preset("x").targets[0].weight == 1


def test_an_empty_value_takes_a_key_out(write: Write) -> None:
    write("x.toml", TINY)
    assert load_preset("x.toml", ["targets.0.layer=", "targets.0.class=dog"]).targets == (Target(class_="dog"),)


@pytest.mark.parametrize(
    ("override", "message"),
    [
        ("octaves", "--set octaves: write it as KEY=VALUE"),
        ("octaves..count=3", "write it as KEY=VALUE"),
        ("octavs.count=3", "--set: octavs: unknown key; did you mean 'octaves'"),
        ("octaves.cuont=3", "--set: octaves.cuont: unknown key; did you mean 'count'?"),
        ("octaves.count=many", '--set: octaves.count: "many" is not a whole number from 1 to 20'),
        ("targets.weight=3", "targets is a list; say which item, such as targets.0.weight"),
        ("targets.7.weight=3", "targets has no item 7; the next one would be 1"),
        ("canvas.start.x=3", "canvas.start is 'noise', which has nothing inside"),
        ("canvas.size=[1, 2", "[1, 2 is not a TOML value"),
        ("targets.0=", "an item of a list cannot be removed"),
    ],
)
def test_a_wrong_override_is_a_mistake(write: Write, override: str, message: str) -> None:
    write("x.toml", TINY + '[canvas]\nstart = "noise"\n')
    with pytest.raises(PresetError) as caught:
        load_preset("x.toml", [override])
    assert message in str(caught.value)


def test_wrong_overrides_and_wrong_values_are_reported_together(write: Write) -> None:
    write("x.toml", "seed = -1\n" + TINY)
    with pytest.raises(PresetError) as caught:
        load_preset("x.toml", ["nonsense", "octaves.count=99"])
    assert [line.split(": ")[0] for line in caught.value.mistakes] == ["--set nonsense", "--set", "x.toml:1"]


def test_relative_paths_start_at_the_preset_and_those_of_overrides_here(write: Write, folder: Path) -> None:
    write("sub/base.toml", '[[targets]]\nlayer = "a"\nguide = "g.jpg"\nmask.picture = "m/m.png"\n')
    write(
        "deep/mine.toml",
        'extends = "../sub/base.toml"\nnetwork = { name = "vgg16", weights = "w.pth", labels = "l.txt" }\n',
    )
    preset = load_preset("deep/mine.toml")
    assert preset.targets[0].guide == "deep/../sub/g.jpg"
    assert preset.targets[0].mask is not None
    assert preset.targets[0].mask.picture == "deep/../sub/m/m.png"
    assert (preset.network.name, preset.network.weights) == ("vgg16", "deep/w.pth")
    assert preset.network.labels == "deep/l.txt"
    assert load_preset(folder / "sub/base.toml").targets[0].guide == str(folder / "sub/g.jpg")
    assert load_preset("sub/base.toml", ["targets.0.guide=here.jpg"]).targets[0].guide == "here.jpg"


def test_pictures_that_ship_keep_their_portable_name(write: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    file = write("shipped/pictures/shells.jpg", "")
    monkeypatch.setattr("dreamer.presets.source.lookup.shipped_folder", lambda: file.parents[1])
    write("x.toml", '[[targets]]\nlayer = "a"\nstyle = "dreamer:shells.jpg"\n')
    style = load_preset("x.toml").targets[0].style
    assert style == "dreamer:shells.jpg"
    assert resolve_picture(style) == file
    assert resolve_picture("a/b.jpg") == Path("a/b.jpg")
    with pytest.raises(PictureError, match=r"no picture named 'shels\.jpg' ships.*\n.*'shells\.jpg'"):
        resolve_picture("dreamer:shels.jpg")
    with pytest.raises(PictureError, match="ships with dreamer"):
        resolve_picture("dreamer:../x.toml")


def test_origins_name_file_and_line_or_override_or_default(write: Write) -> None:
    write("presets/base.toml", 'network = "vgg16"\nseed = 3\n' + TINY + "[octaves]\ncount = 2\nscale = 1.5\n")
    write("presets/mine.toml", 'extends = "base"\n[octaves]\ncount = 3\n')
    resolved = resolve_preset("mine", ["ascent.jitter=4"])
    assert resolved.name == "mine"
    chosen = {key: place for key, place in resolved.origins.items() if place != "default"}
    assert chosen == {
        "network.name": "presets/base.toml:1",
        "seed": "presets/base.toml:2",
        "targets.0.layer": "presets/base.toml:4",
        "octaves.count": "presets/mine.toml:3",
        "octaves.scale": "presets/base.toml:7",
        "ascent.jitter": "--set",
    }
    assert resolved.origins["ascent.blur"] == "default"


def test_a_preset_is_frozen(write: Write) -> None:
    write("x.toml", TINY)
    preset = load_preset("x.toml")
    with pytest.raises(ValidationError, match="frozen"):
        preset.seed = 4  # type: ignore[misc]
