"""`dreamer recipe`: the preset inside a picture or film."""

from __future__ import annotations

from pathlib import Path

import click

from dreamer.cli.options import json_option
from dreamer.presets.dump import to_toml
from dreamer.recipes import Recipe, recipe_of


@click.command()
@click.argument("file", type=click.Path(path_type=Path))
@json_option
def command(file: Path, as_json: bool) -> None:
    """Print the recipe inside a picture or film that dreamer made, as a preset.

    FILE > presets/mine.toml makes it one.
    """
    recipe = recipe_of(file)
    click.echo(recipe.to_json() if as_json else f"{_heading(recipe)}{to_toml(recipe.preset)}", nl=as_json)


def _heading(recipe: Recipe) -> str:
    facts = {
        "preset": recipe.preset_name,
        "input": recipe.input_name,
        "input's SHA-256": recipe.input_digest,
        "dreamer": recipe.version,
        "shows": recipe.view,
        "file": ", ".join(f"{key} = {value}" for key, value in recipe.files.model_dump(exclude_defaults=True).items()),
        **recipe.facts,
    }
    return "".join(f"# {name}: {value}\n" for name, value in facts.items() if value)
