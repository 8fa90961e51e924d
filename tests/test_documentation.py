"""What the documentation says is so: its commands parse, its links lead somewhere, its names exist."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

import dreamer
from dreamer.cli import main

ROOT = Path(__file__).parents[1]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]


def command_lines() -> Iterator[tuple[str, str]]:
    """(page, line) of every `dreamer ...` line in a shell block."""
    for page in PAGES:
        for block in re.findall(r"```sh\n(.*?)```", page.read_text(encoding="utf-8"), re.DOTALL):
            for line in block.splitlines():
                if line.startswith("dreamer "):
                    yield page.name, line


@pytest.mark.parametrize(("page", "line"), list(command_lines()))
def test_a_documented_command_exists_with_its_options(page: str, line: str) -> None:
    words = shlex.split(line, comments=True)[1:]
    command: click.Command = main
    context = click.Context(main)
    while isinstance(command, click.Group) and words and not words[0].startswith("-"):
        found = command.get_command(context, words[0])
        assert found is not None, f"{page}: {line}"
        command, context, words = found, click.Context(found, parent=context), words[1:]
    parser = command.make_parser(context)
    parser.parse_args(words)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_lead_to_files(page: Path) -> None:
    for target in re.findall(r"\]\(([^)#]+?)\)", page.read_text(encoding="utf-8")):
        assert target.startswith("http") or (page.parent / target).exists(), target


def test_every_command_is_in_the_readme() -> None:
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    assert isinstance(main, click.Group)
    for name in main.list_commands(click.Context(main)):
        assert f"`dreamer {name}" in text, name


def test_every_public_name_is_in_the_library_page() -> None:
    text = (ROOT / "docs" / "library.md").read_text(encoding="utf-8")
    missing = [name for name in dreamer.__all__ if not re.search(rf"\b{re.escape(name)}\b", text)]
    assert missing == []


def test_every_shipped_preset_is_in_the_readme() -> None:
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    assert [file.stem for file in sorted((ROOT / "presets").glob("*.toml")) if f"`{file.stem}`" not in text] == []


def test_python_blocks_compile() -> None:
    for page in PAGES:
        for block in re.findall(r"```python\n(.*?)```", page.read_text(encoding="utf-8"), re.DOTALL):
            compile(block, page.name, "exec")
