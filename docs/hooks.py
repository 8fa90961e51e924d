"""Pages of the documentation that are made when it is built: from presets, commands and the files at the top."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from pathlib import Path

import click
from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files

from dreamer.cli import main as dreamer

ROOT = Path(__file__).resolve().parents[1]
PICTURES = "pictures/presets"


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add the pages that no file of this folder holds."""
    pages = {"gallery.md": gallery(), "commands.md": "\n".join(commands())}
    for name in ("ARCHITECTURE.md", "CONTRIBUTING.md", "CHANGELOG.md"):
        pages[name.lower()] = for_the_site((ROOT / name).read_text(encoding="utf-8"))
    for name, text in pages.items():
        files.append(File.generated(config, name, content=text))
    return files


def for_the_site(text: str) -> str:
    """A page from the top of the project, with its links as seen from `docs/`."""
    text = text.replace("](docs/", "](")
    for name in ("ARCHITECTURE.md", "CONTRIBUTING.md", "CHANGELOG.md"):
        text = text.replace(f"]({name}", f"]({name.lower()}")
    return text


def gallery() -> str:
    """Every preset that ships, with a picture, its command and its text."""
    parts = [
        "# Presets",
        "Each of these ships with dreamer and is called by its name. `dreamer presets` lists them with your own,",
        "`dreamer presets new mine --from NAME` begins one that changes a few values of another.",
        "`python docs/make_pictures.py presets` renders the pictures over the two inputs of the project.",
    ]
    for file in sorted((ROOT / "presets").glob("*.toml")):
        text = file.read_text(encoding="utf-8")
        preset = tomllib.loads(text)
        command = "animate" if "animation" in preset else "render"
        source = "clip.mp4" if file.stem == "soft-film" else "photo.jpg"
        if preset.get("canvas", {}).get("start") in ("noise", "gray"):
            source = "noise"
        toml = "".join(f"    {line}\n" for line in text.splitlines())
        picture = f"{PICTURES}/{file.stem}.jpg"
        shown = f"![{preset['title']}]({picture})\n\n" if (ROOT / "docs" / picture).is_file() else ""
        parts.append(
            f"\n## {file.stem}\n\n**{preset['title']}.** {preset['description']}\n\n{shown}"
            f"```sh\ndreamer {command} {source} -p {file.stem}\n```\n\n"
            f'??? note "{file.name}"\n\n    ```toml\n{toml}    ```\n'
        )
    return "\n".join(parts)


def commands() -> Iterator[str]:
    """The lines of a page of every command with its arguments and options."""
    yield "# Every command\n"
    yield "Options before the command's name (`-q`, `-v`) count together with those behind it.\n"
    yield from of_command(dreamer, click.Context(dreamer, info_name="dreamer"), level=2)


def of_command(command: click.Command, context: click.Context, *, level: int) -> Iterator[str]:
    """A command's heading, usage, help and options, and those of the commands below it."""
    yield f"{'#' * level} {context.command_path}\n"
    usage = " ".join(command.collect_usage_pieces(context))
    yield f"```text\n{context.command_path} {usage}\n```\n"
    yield f"{help_text(command)}\n"
    records = [record for param in command.get_params(context) if (record := param.get_help_record(context))]
    if records:
        yield "| option | meaning |\n|---|---|"
        yield from (f"| `{cell(option)}` | {cell(meaning)} |" for option, meaning in records)
        yield ""
    if isinstance(command, click.Group):
        for name in command.list_commands(context):
            below = command.get_command(context, name)
            if below is not None:
                yield from of_command(below, click.Context(below, context, name), level=min(level + 1, 3))


def help_text(command: click.Command) -> str:
    """The help as Markdown: paragraphs that click is told not to wrap (a line of backspace) are code."""
    paragraphs = (command.help or "").split("\n\n")
    return "\n\n".join(
        "```text\n" + text.removeprefix("\b\n") + "\n```" if text.startswith("\b") else text for text in paragraphs
    )


def cell(text: str) -> str:
    """A text inside a table."""
    return " ".join(text.split()).replace("|", "\\|")
