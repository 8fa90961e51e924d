from __future__ import annotations

from dreamer.presets.source.toml_lines import key_lines

TEXT = '''\
title = "a # b = [c]"  # comment with [brackets]
"quoted.key" = 'x'

# [not.a.table]
[canvas]
mask.shape = "ellipse"
size = [
  100,  # wide, with a ] here
  200,
]

[[targets]]
layer = """
[fake]
key = 1
"""
mask = { picture = "m.png", center = [0.5,
  0.5] }

[[targets]]
class = "dog"
[targets.direction]
3 = 1.0

[ascent . transform]
scale = 1e-2
'''


def test_every_key_has_its_line() -> None:
    lines = key_lines(TEXT)
    assert lines["title",] == 1
    assert lines["quoted.key",] == 2
    assert lines["canvas",] == 5
    assert lines["canvas", "mask", "shape"] == 6
    assert lines["canvas", "size"] == 7
    assert lines["canvas", "size", 0] == 8
    assert lines["canvas", "size", 1] == 9
    assert lines["targets", 0] == 12
    assert lines["targets", 0, "layer"] == 13
    assert lines["targets", 0, "mask", "picture"] == 17
    assert lines["targets", 0, "mask", "center", 1] == 18
    assert lines["targets", 1] == 20
    assert lines["targets", 1, "direction", "3"] == 23
    assert lines["ascent", "transform", "scale"] == 26
    assert lines["ascent",] == 25
    assert ("fake",) not in lines
    assert ("not",) not in lines


def test_escapes_in_quoted_keys_are_read() -> None:
    assert key_lines('"a\\tb\\u00e9" = 1') == {("a\tbé",): 1}


def test_windows_line_ends_count_once() -> None:
    assert key_lines("a = 1\r\n\r\nb = 2\r\n") == {("a",): 1, ("b",): 3}
