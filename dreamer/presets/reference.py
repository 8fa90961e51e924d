"""What a preset can hold, in words for people: explanations, the reference page, a starter.

All of it is read off the data model, so none of it can say anything else than what validation does.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

from dreamer.errors import PresetError, nearest
from dreamer.presets.dump import inline_toml, to_toml
from dreamer.presets.model.fields import Table
from dreamer.presets.model.introspection import SchemaKey, all_keys
from dreamer.presets.model.paths import EACH
from dreamer.presets.model.renamed import RENAMED, SYNONYMS
from dreamer.presets.source.load import ResolvedPreset
from dreamer.presets.source.lookup import preset_files
from dreamer.presets.timeline.checks import FIXED, SIZES, may_change
from dreamer.presets.timeline.easings import EASINGS
from dreamer.presets.timeline.expressions import FUNCTIONS
from dreamer.presets.timeline.hearing import SIGNALS
from dreamer.presets.timeline.scenes import Film


def documented_keys() -> dict[str, SchemaKey]:
    """Every key that a preset file can hold by its dotted path, those of scenes too."""
    every = {**all_keys(), **all_keys(Film)}
    return {path: key for path, key in every.items() if not key.is_end_of_schedule}


def keys_at(text: str) -> list[SchemaKey]:
    """The key with that path and, for a table, all in it. "targets.layer" and "targets.0.layer" mean the same, and old
    names and synonyms lead to the present ones.

    Raises PresetError for an unknown key, with the nearest ones.
    """
    wanted = _present(_without_numbers(text))
    every = {**all_keys(), **all_keys(Film)}
    named = [key for key in every.values() if _without_numbers(key.path) == wanted]
    if not named:
        near = nearest(wanted, (_without_numbers(path) for path in documented_keys()))
        top = ", ".join(key.path for key in documented_keys().values() if not key.table)
        remedy = f"Did you mean {' or '.join(map(repr, near))}?" if near else f"There are {top}."
        raise PresetError([f"no preset has a key {text!r}"], remedy=remedy)
    inside = [key for key in documented_keys().values() if _without_numbers(key.path).startswith(f"{wanted}.")]
    return [*named, *inside]


def explained(key: SchemaKey) -> str:
    """A key in a few lines: its path, description, type with bounds and unit, default, and whether it may change."""
    lines = [key.path, f"  {key.description}", f"  type: {key.type}", f"  default: {default_text(key)}"]
    return "\n".join([*lines, "  may be keyframed"] if may_change(key) else lines)


def default_text(key: SchemaKey) -> str:
    """The default as TOML; in words for what has none or is a table."""
    if key.required:
        return "none; must be given"
    if key.default is None:
        return "omitted"
    return "a table of defaults" if isinstance(key.default, Table) else _default(key)


def reference_markdown() -> str:
    """The reference page of all keys, a table for each table of a preset."""
    lines = [
        "# Presets: every key",
        "",
        "Written by `dreamer presets explain --markdown`. `N` stands for the number of a target, counted from 0.",
        '`extends = "NAME"` at the top of a file takes all that the file does not say from another preset.',
        "Numbers that may be `{ from, to }` change evenly over the steps of each octave, with",
        '`{ from, to, over = "run" }` once over all of them. A list gives each octave its own, the smallest first.',
        *_ON_KEYFRAMES,
    ]
    keys = documented_keys()
    for table in dict.fromkeys(key.table for key in keys.values()):
        heading = keys.get(table.removesuffix(f".{EACH}"))
        lines += ["", f"## {_title(table)}", ""]
        lines += [f"{_sentence(heading.description)}", ""] if heading else []
        lines += ["| key | type | default | meaning |", "|---|---|---|---|"]
        lines += [_row(key) for key in keys.values() if key.table == table]
    return "\n".join(lines) + "\n"


def starter(title: str, base: ResolvedPreset | None = None, *, folder: Path = Path("presets")) -> str:
    """A commented preset to begin with, for a file in `folder`: on its own, or an extension of `base`."""
    return "\n".join(_extending(title, base, folder) if base else _from_nothing(title)) + "\n"


def _without_numbers(path: str) -> str:
    return ".".join(part for part in path.split(".") if part != EACH and not part.isdecimal())


_OLD_TO_PRESENT = {
    _without_numbers(old): _without_numbers(f"{old.rpartition('.')[0]}.{name}")
    for old, name in {**RENAMED, **SYNONYMS}.items()
}


def _present(path: str) -> str:
    """A path without numbers by present names."""
    for old, present in _OLD_TO_PRESENT.items():
        if path == old or path.startswith(f"{old}."):
            return f"{present}{path[len(old) :]}"
    return path


def _default(key: SchemaKey) -> str:
    value = key.default
    return inline_toml(list(value) if isinstance(value, tuple) else value)


def _title(table: str) -> str:
    if not table:
        return "At the top"
    if table.endswith(f".{EACH}"):
        return f"`[[{table.removesuffix(f'.{EACH}')}]]`"
    return f"`{table}`" if EACH in table.split(".") else f"`[{table}]`"


def _row(key: SchemaKey) -> str:
    cells = [f"`{key.name}`", key.type, default_text(key), key.description]
    return f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in cells)} |"


def _sentence(text: str) -> str:
    return f"{text[0].upper()}{text[1:]}."


_ON_KEYFRAMES = (
    "",
    "## Values that change over a film",
    "",
    "In place of almost any value the preset of a film may hold keyframes or, for a number, an expression:",
    "",
    "```toml",
    "[animation]",
    'zoom = { "0s" = 1.0, "2s" = 1.6, "75%" = 1.2, ease = "smooth" }',
    'rotate = "= 10 * sin(2 * pi * t / 8)"',
    'center = [{ "0s" = 0.5, "4b" = [0.3, "out"] }, 0.5]',
    "```",
    "",
    "Times are in seconds (`2s`), frames (`60f`), beats (`8b`, by the song or `animation.bpm`), bars (`4 bars`),",
    "sections of a song (`2 sections`; without one, of 8 bars each) or percent of the film. Before the",
    "first key its value holds, after the last one its value. `ease` is "
    + ", ".join(f"`{name}`" for name in EASINGS)
    + ";",
    '`"2s" = [1.6, "out"]` sets the one that leads into a key. Whole numbers are rounded. Texts, lists, classes and',
    "kernels switch at their keys.",
    "",
    "Expressions know `t` (seconds), `f` (frame), `p` (0 to 1 through the film), `b` (beats), `pi`, `e`, `tau`,",
    "`+ - * / % **`, comparisons, `a if c else b`, and the functions "
    + ", ".join(f"`{name}`" for name in FUNCTIONS)
    + ".",
    "`clamp(x, low, high)` stays between both, `mix(a, b, x)` goes from a to b while x goes from 0 to 1,",
    "`smoothstep(x)` from 0 to 1 with soft ends, and `wave(period)` from 0 to 1 and back every `period` seconds.",
    "",
    "Where the film has a song (`animation.song`), they know its signals, too: "
    + ", ".join(f"`{name}`" for name in SIGNALS)
    + ".",
    "The first nine are smoothed over seconds by `bass(0.2)`; `beat(2)` is every second beat. Without a song nothing",
    "that follows one is rendered.",
    "",
    "`[[scenes]]` chain presets; they become keyframes.",
    "",
    "These hold for the whole film: " + ", ".join(f"`{name}`" for name in (*FIXED, *SIZES)) + ".",
    "Everything is checked before the first frame. `dreamer presets plot NAME` draws the curves.",
)


def _from_nothing(title: str) -> Iterator[str]:
    yield "# A dreamer preset. A line such as `# jitter = 32` shows a key's default; take the # away to change it."
    yield "# `dreamer presets explain KEY` says more of every key, also of those without a default."
    yield f"title = {inline_toml(title)}"
    yield 'description = ""'
    yield 'network = "pocket"  # `dreamer networks` lists them'
    yield from _commented_keys("", skip={"title", "description"})
    for table in (
        key
        for key in documented_keys().values()
        if not key.table and isinstance(key.default, Table) and key.path != "network"
    ):
        if table.path == "octaves":
            yield from ["", "# What to amplify; more [[targets]] may follow, each with its own weight.", "[[targets]]"]
            yield 'layer = "inception4c"  # `dreamer networks layers pocket` lists them'
            yield from _commented_keys(f"targets.{EACH}")
        yield from ["", f"# {_sentence(table.description)}", f"[{table.path}]"]
        yield from _commented_keys(table.path)


def _commented_keys(table: str, skip: frozenset[str] | set[str] = frozenset()) -> Iterator[str]:
    for key in documented_keys().values():
        if key.table == table and key.name not in skip and key.default is not None and not key.is_table:
            yield f"# {key.name} = {_default(key)}  # {key.description}{f' ({key.unit})' if key.unit else ''}"


def _extending(title: str, base: ResolvedPreset, folder: Path) -> Iterator[str]:
    named = preset_files().get(base.name)
    by_name = named is not None and named.resolve() == base.file.resolve()
    extends = base.name if by_name else Path(os.path.relpath(base.file, folder)).as_posix()
    yield f"title = {inline_toml(title)}"
    yield f"extends = {inline_toml(extends)}  # all that is not said here"
    yield ""
    yield f"# What {base.name} says; take a # away to change it."
    for line in to_toml(base.preset).splitlines():
        if not line.startswith("title ="):
            yield f"# {line}" if line else ""
