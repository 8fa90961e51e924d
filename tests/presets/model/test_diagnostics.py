from __future__ import annotations

import pickle
from collections.abc import Callable
from pathlib import Path

import pytest

from dreamer.errors import PresetError
from dreamer.presets import load_preset, preset_from_tree
from dreamer.presets.model.diagnostics import MISFIT, UNKNOWN_KEY
from dreamer.presets.model.fields import CONTRADICTION

Write = Callable[[str, str], Path]
TARGET = '[[targets]]\nlayer = "conv2"\n'


def mistakes(write: Write, text: str) -> list[str]:
    write("x.toml", text)
    with pytest.raises(PresetError) as caught:
        load_preset("x.toml")
    return caught.value.mistakes


@pytest.mark.parametrize(
    ("text", "mistake"),
    [
        ("fidelty = 1", "fidelty: unknown key; did you mean 'fidelity'?"),
        ("step_size = 1", "step_size: unknown key; did you mean 'ascent.step_size'?"),
        ("title = 3", "title: 3 is not text"),
        ("fidelity = true", "fidelity: true is not a number from 0 to 1"),
        ("fidelity = nan", "fidelity: nan is not a number from 0 to 1"),
        ('seed = "7"', 'seed: "7" is not a whole number from 0 to 9223372036854775807; leave out the quotes'),
        ("octaves.count = 4.0", "octaves.count: 4.0 is not a whole number from 1 to 20"),
        ("octaves.scale = 1", "octaves.scale: 1 is not a number above 1 and at most 4"),
        ("octaves.steps = [1, 2]", "octaves.steps: lists 2 values for octaves.count = 4"),
        ("ascent.jitter = 1000", "ascent.jitter: 1000 is not a whole number from 0 to 512, or a list of these (px)"),
        ("ascent.blur = -1", "ascent.blur: -1 is not a number from 0 to 100, { from, to }, or a list of these (px)"),
        ("ascent.blur = { from = 1 }", "ascent.blur.to: missing; value at the last step"),
        ("ascent.blur = { from = 1, to = 999 }", "ascent.blur.to: 999 is not a number from 0 to 100"),
        ("ascent.blur = { form = 1, from = 1, to = 0 }", "ascent.blur.form: unknown key; did you mean 'from'?"),
        ("ascent.step_size = { from = 0, to = 1 }", "ascent.step_size.from: 0 is not a number above 0 and at most 10"),
        (
            'canvas.start = "foto"',
            '"foto" is not "photo", "noise" or a color, by its name in CSS or as "#rrggbb"; did you mean "photo"?',
        ),
        (
            'canvas.background = "wite"',
            '"wite" is not a color, by its name in CSS or as "#rrggbb"; did you mean "white"?',
        ),
        ("ascent.blur = [1, 2]", "lists 2 values for octaves.count = 4"),
        ("ascent.jitter = [1, 600, 1, 1]", "600 does not fit"),
        ("octaves.sizes = [224, 200]", "go from the smallest to the largest; neighbors may be equal"),
        ("octaves = { count = 3, sizes = [224, 269] }", "lists 2 values for octaves.count = 3"),
        ('tiles.size = "of"', 'or a whole number from 64 to 65536 (px); did you mean "off"?'),
        ("canvas.size = [64]", "canvas.size: [64] is not a whole number from 16 to 65536, or a list of 2 whole"),
        ("canvas.size = [64, 4]", "canvas.size.1: 4 does not fit; size takes a whole number from 16 to 65536, or"),
        ("canvas.mask = {}", "canvas.mask: give one of picture, shape, subject or find"),
        ('canvas.mask = { subject = true, shape = "ellipse" }', "canvas.mask: give one of picture, shape, subject or"),
        ('canvas = { start = "noise", protect = "faces" }', 'is found in a photo, but canvas.start is "noise"'),
        ('canvas = { start = "gray", mask.find = "dog" }', 'is found in a photo, but canvas.start is "gray"'),
        ("ascent = 3", "ascent: 3 is not a table"),
        ("network = 3", "network: 3 is not a name or a table"),
    ],
)
def test_a_mistake_has_its_line_and_what_would_be_right(write: Write, text: str, mistake: str) -> None:
    (line,) = mistakes(write, f"# a comment\n{text}\n{TARGET}")
    assert line.startswith("x.toml:2: ")
    assert mistake in line


@pytest.mark.parametrize(
    ("text", "mistake"),
    [
        ("clas = 3", "targets.0.clas: unknown key; did you mean 'class'?"),
        ("weight = 3000", "targets.0.weight: 3000 is not a number from -1000 to 1000"),
        ('kernels = "strongst 3"', "targets.0.kernels: 'strongst 3' is not a kernel; use a number, a range"),
        ('kernels = "9-3"', "targets.0.kernels: '9-3' is not a kernel"),
        ("kernels = []", "targets.0.kernels: names no kernel"),
        ('direction = { 1 = "x" }', 'targets.0.direction.1: "x" does not fit; direction takes a list of numbers, or'),
        ("octaves = [0, 2]", "targets.0.octaves.0: 0 does not fit; octaves takes a list of 2 whole numbers from 1"),
    ],
)
def test_a_mistake_in_a_target_names_the_target(write: Write, text: str, mistake: str) -> None:
    (line,) = mistakes(write, f"{TARGET}{text}\n")
    assert line.startswith(f"x.toml:3: {mistake}")


@pytest.mark.parametrize(
    ("target", "mistake"),
    [
        ("", "names nothing to amplify; give layer or class"),
        ('class = "dog"\nlayer = "a"', "a class has no layer or kernels"),
        ("class = -1", "-1 is not a whole number at least 0, or text"),
        ('layer = "a"\nguide = "g.jpg"\nstyle = "s.jpg"', "guide and style exclude each other"),
        ('layer = "a"\nguide = "g.jpg"\nkernels = 1', "targets.0.kernels: cannot be chosen for guide"),
        ('layer = "a"\nmeasure = "logit"', "targets.0.measure: 'logit' does not fit layer, which takes energy or mean"),
        ('layer = "a"\noctaves = [3, 2]', "targets.0.octaves: takes [first, last], with first <= last"),
        ('layer = "a"\noctaves = [7, 8]', "targets.0.octaves: begins at 7, but octaves.count is 4"),
        ('layer = "a"\nunit = "middle"', 'is not "center", a position [y, x] of numbers from 0 to 1, or a region [['),
        ('layer = "a"\nunit = [[4, 4], [6, 2]]', "targets.0.unit: takes the corner above and on the left first"),
    ],
)
def test_a_target_that_contradicts_itself_is_a_mistake(write: Write, target: str, mistake: str) -> None:
    (line,) = mistakes(write, f"[[targets]]\n{target}\n")
    assert mistake in line
    assert line.startswith("x.toml:")


def test_all_mistakes_are_reported_at_once_in_the_order_of_the_file(write: Write) -> None:
    lines = mistakes(
        write,
        'title = 3\nfidelity = 2\n[octaves]\ncount = 99\n[[targets]]\nclas = "dog"\n[[targets]]\nlayer = 3\n'
        '[[targets]]\nlayer = "a"\nweight = "x"\n',
    )
    assert [line.split(": ")[:2] for line in lines] == [
        ["x.toml:1", "title"],
        ["x.toml:2", "fidelity"],
        ["x.toml:4", "octaves.count"],
        ["x.toml:6", "targets.0.clas"],
        ["x.toml:8", "targets.1.layer"],
        ["x.toml:11", "targets.2.weight"],
    ]


def test_the_text_of_the_error_counts_and_lists_them(write: Write) -> None:
    write("x.toml", f"title = 3\nseed = -1\n{TARGET}")
    with pytest.raises(PresetError) as caught:
        load_preset("x.toml")
    assert str(caught.value).splitlines() == [
        "x.toml: 2 mistakes",
        "  x.toml:1: title: 3 is not text",
        "  x.toml:2: seed: -1 is not a whole number from 0 to 9223372036854775807",
    ]


def test_the_mistakes_of_an_error_are_data_too(write: Write) -> None:
    write("x.toml", f"title = 3\nfidelty = 1\n{TARGET}octaves = [3, 2]\n")
    with pytest.raises(PresetError) as caught:
        load_preset("x.toml", ["octaves"])
    summary = [(item.kind, item.path, item.file, item.line) for item in caught.value.diagnostics]
    assert summary == [
        ("override", (), "--set octaves", None),
        (MISFIT, ("title",), "x.toml", 1),
        (UNKNOWN_KEY, ("fidelty",), "x.toml", 2),
        (CONTRADICTION, ("targets", 0, "octaves"), "x.toml", 5),
    ]
    assert [str(item) for item in caught.value.diagnostics] == caught.value.mistakes
    assert pickle.loads(pickle.dumps(caught.value)).diagnostics == caught.value.diagnostics


def test_lines_are_in_order_as_numbers(write: Write) -> None:
    write("x.toml", f"title = 3\n{TARGET}{chr(10) * 8}weight = 5000\nclas = 3\n")
    with pytest.raises(PresetError) as caught:
        load_preset("x.toml")
    assert [item.line for item in caught.value.diagnostics] == [1, 12, 13]


def test_an_empty_preset_says_what_it_needs(write: Write) -> None:
    assert mistakes(write, "") == [
        "x.toml: targets: missing; write at least one [[targets]] table with a layer or a class"
    ]


def test_no_targets_at_all_is_one_mistake(write: Write) -> None:
    assert mistakes(write, "targets = []") == ["x.toml:1: targets: [] is not a list of tables, at least 1"]


def test_a_mistake_in_the_base_has_the_place_in_the_base(write: Write) -> None:
    write("base.toml", f"seed = -1\n{TARGET}")
    assert mistakes(write, 'extends = "base"\nfidelity = 3\n') == [
        "base.toml:1: seed: -1 is not a whole number from 0 to 9223372036854775807",
        "x.toml:2: fidelity: 3 is not a number from 0 to 1",
    ]


def test_long_values_are_cut(write: Write) -> None:
    (line,) = mistakes(write, f"octaves.count = {list(range(200))}\n{TARGET}")
    assert len(line) < 150


def test_a_tree_from_elsewhere_names_where() -> None:
    with pytest.raises(PresetError, match=r"^picture\.png: targets: missing"):
        preset_from_tree({}, where="picture.png")
