"""`dreamer presets`: list, show, explain, check, begin and plot presets."""

from __future__ import annotations

import os
from pathlib import Path

import click
from click.shell_completion import CompletionItem

from dreamer.atomic import atomic_write
from dreamer.cli.listening import hear_shown
from dreamer.cli.options import complete_presets, json_option, set_option, verbosity_options
from dreamer.cli.running import USAGE, Commands
from dreamer.cli.tables import print_rows
from dreamer.errors import NetworkError, OutputError, PresetError, UsageError
from dreamer.networks.names import require_known_network
from dreamer.presets.dump import to_toml
from dreamer.presets.json_schema import schema_json
from dreamer.presets.reference import documented_keys, explained, keys_at, reference_markdown, starter
from dreamer.presets.source.load import ResolvedPreset, resolve_preset
from dreamer.presets.source.lookup import preset_files
from dreamer.presets.source.named_files import missing_files
from dreamer.presets.timeline.keyframes import Timeline

_NEW_FOLDER = Path("presets")
_COLUMNS = ("name", "title", "network", "start")


@click.group(cls=Commands, invoke_without_command=True)
@json_option
@verbosity_options
@click.pass_context
def presets(ctx: click.Context, as_json: bool) -> None:
    """List the presets that can be called by name; or show, explain, check, begin or plot one."""
    if ctx.invoked_subcommand is None:
        _print_list(as_json)
    elif as_json:
        raise UsageError("--json belongs to the list alone", remedy="Write `dreamer presets --json`.")


group = presets


@presets.command()
@click.argument("name", shell_complete=complete_presets)
@set_option
@click.option("--all", "everything", is_flag=True, help="Print values at their defaults too.")
@click.option("--origins", is_flag=True, help="Print behind each value where it comes from; implies --all.")
@verbosity_options
def show(name: str, overrides: tuple[str, ...], everything: bool, origins: bool) -> None:
    """Print a preset as TOML, with all that it extends and --set put in."""
    resolved = resolve_preset(name, overrides)
    comments = resolved.origins if origins else None
    click.echo(to_toml(resolved.preset, only_changed=not (everything or origins), comments=comments), nl=False)


def _complete_explained(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
    return [CompletionItem(path) for path in documented_keys() if path.startswith(incomplete)]


@presets.command()
@click.argument("key", required=False, shell_complete=_complete_explained)
@click.option("--markdown", is_flag=True, help="Print all keys as the reference page.")
@verbosity_options
def explain(key: str | None, markdown: bool) -> None:
    """Explain a key such as ascent.blur: meaning, type, bounds and default; without KEY, all of them."""
    if markdown and key:
        raise UsageError("--markdown is the page of all keys", remedy="Leave out the key.")
    if markdown:
        click.echo(reference_markdown(), nl=False)
        return
    keys = keys_at(key) if key else list(documented_keys().values())
    click.echo("\n\n".join(explained(item) for item in keys))


@presets.command()
@click.argument("presets", nargs=-1, required=True, metavar="FILE...", shell_complete=complete_presets)
@verbosity_options
@click.pass_context
def check(ctx: click.Context, presets: tuple[str, ...]) -> None:
    """Check presets, by name or path, and print all their mistakes."""
    bad = 0
    for name in presets:
        mistakes = _mistakes(name)
        bad += bool(mistakes)
        for line in mistakes:
            click.echo(line, err=True)
        if not mistakes:
            click.echo(f"{name}: ok")
    ctx.exit(USAGE if bad else 0)


@presets.command()
@click.argument("name", shell_complete=complete_presets)
@set_option
@click.option(
    "-o",
    "--output",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="FILE",
    help="Picture to write.  [default: outputs/NAME-curves.png]",
)
@verbosity_options
def plot(name: str, overrides: tuple[str, ...], output: Path | None) -> None:
    """Draw what changes over a film: the curves of a preset's keyframes, by the song of --set animation.song=SONG."""
    from dreamer.drawing.charts import draw_curves
    from dreamer.drawing.save import save_drawing

    resolved = resolve_preset(name, overrides, hear_shown)
    animation = resolved.preset.animation
    song = hear_shown(Path(animation.song)) if animation is not None and animation.song is not None else None
    timeline = Timeline(resolved.preset, song)
    curves = timeline.curves()
    if not curves:
        raise UsageError(f"nothing of {name!r} changes over time", remedy="`dreamer presets explain` says how.")
    file = output or Path("outputs") / f"{resolved.name}-curves.png"
    save_drawing(draw_curves(curves, seconds=timeline.clock.length), file)
    click.echo(f"{file}")


@presets.command()
@click.argument("name")
@click.option("--from", "base", metavar="PRESET", shell_complete=complete_presets, help="Preset to change.")
@verbosity_options
def new(name: str, base: str | None) -> None:
    """Begin a preset in presets/NAME.toml, with comments that say what there is to change."""
    stem = name.removesuffix(".toml")
    if not stem or stem != Path(stem).name or "\\" in stem or stem.startswith("."):
        raise UsageError(
            f"{name!r} is not a name for a preset", remedy="It becomes presets/NAME.toml; leave out folders."
        )
    text = starter(stem, resolve_preset(base) if base else None, folder=_NEW_FOLDER)
    file = _NEW_FOLDER / f"{stem}.toml"
    if os.path.lexists(file):
        remedy = "Choose another name, or delete it first."
        raise OutputError("is there already, and is left as it is", where=str(file), remedy=remedy)
    with atomic_write(file, "w") as stream:
        stream.write(text)
    click.echo(f"{file}")


@presets.command()
@click.option(
    "-o", "--output", type=click.Path(dir_okay=False, path_type=Path), help="File to write in place of stdout."
)
@verbosity_options
def schema(output: Path | None) -> None:
    """Print the JSON schema of presets, for editors: put `#:schema ./schema.json` on a preset's first line."""
    if output is None:
        click.echo(schema_json(), nl=False)
    else:
        with atomic_write(output, "w") as file:
            file.write(schema_json())


def _print_list(as_json: bool) -> None:
    rows: list[dict[str, str]] = []
    for name, file in preset_files().items():
        try:
            resolved = resolve_preset(str(file.absolute()))
        except PresetError as error:
            click.echo(f"warning: {name} is left out: {error}", err=True)
            continue
        rows.append(_facts(name, resolved))
    print_rows(rows if as_json else [{key: row[key] for key in _COLUMNS} for row in rows], as_json)


def _facts(name: str, resolved: ResolvedPreset) -> dict[str, str]:
    preset = resolved.preset
    about = {"name": name, "title": preset.title, "description": preset.description, "network": preset.network.name}
    return {**about, "start": preset.canvas.start, "file": str(resolved.file)}


def _mistakes(name: str) -> list[str]:
    try:
        resolved = resolve_preset(name)
        require_known_network(resolved.preset.network.name, where=resolved.origins["network.name"])
    except (PresetError, NetworkError) as error:
        return [str(error)]
    return [f"{name}: {message}" for message in missing_files(resolved.preset)]
