"""`dreamer animate`: films by presets with an `[animation]` table, or with one given on the command line."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import click

from dreamer.cli.options import (
    device_option,
    json_option,
    precision_option,
    presets_option,
    progress_option,
    set_option,
    verbosity_options,
)
from dreamer.cli.render import PictureSize, inputs_or_none, plan_line, refuse_missing_files, run
from dreamer.errors import UsageError
from dreamer.film.codecs import film_codec
from dreamer.jobs.planning import FILM_TEMPLATE, FilmSettings, plan_jobs
from dreamer.presets.dump import to_toml
from dreamer.presets.options import lengthened, with_motion, with_options
from dreamer.presets.source.load import resolve_preset

_SPAN = re.compile(r"^(\d*):(\d*)$")


class Span(click.ParamType):  # type: ignore[type-arg]  # click is generic only since 8.4
    """A range of frames such as 100:200, :50 or 100: (the last one is not included)."""

    name = "first:last"

    def convert(
        self, value: object, param: click.Parameter | None, ctx: click.Context | None
    ) -> tuple[int | None, int | None]:
        """(first, last), None where open."""
        match = _SPAN.match(str(value))
        if match is None:
            self.fail(f"{value!r} is no range of frames; use 100:200, :50 or 100:.", param, ctx)
        first, last = (int(part) if part else None for part in match.groups())
        if first is not None and last is not None and first >= last:
            self.fail(f"{value!r} holds no frame.", param, ctx)
        return first, last


@click.command()
@click.argument("inputs", metavar="[INPUT]...", nargs=-1)
@presets_option
@click.option(
    "-o",
    "--output",
    "template",
    default=FILM_TEMPLATE,
    show_default=True,
    metavar="TEMPLATE",
    help="Where films go: .mp4, .mov, .gif, .webp, .apng, or a folder of numbered pictures with --codec frames.",
)
@set_option
@click.option("--length", metavar="TIME", help='Length of the film: "10s", "300f" (frames), "16b" (beats).')
@click.option("--fps", metavar="RATE", help="Frames per second.")
@click.option("--extend", metavar="TIME", help="Make a finished film longer by this time.")
@click.option("--frames", "span", type=Span(), default=None, help="Write only these frames: 100:200.")
@click.option("--size", type=PictureSize(), help="Longest side of the canvas, or WIDTHxHEIGHT.")
@click.option("--seed", type=click.IntRange(0), help="Start of all random numbers.")
@click.option("--preview", is_flag=True, help="A small film of the first three seconds, with the same look.")
@click.option("--codec", metavar="NAME", help="h264, hevc, av1, prores, gif, webp, apng or frames; else by the suffix.")
@click.option(
    "--quality",
    type=click.IntRange(0, 100),
    metavar="N",
    help="The codec's own measure: a rate factor for h264, hevc and av1, where less is better.",
)
@click.option(
    "--keep-frames/--no-keep-frames",
    default=True,
    show_default=True,
    help="Keep the rendered frames beside the film: to write it anew otherwise, or to make it longer.",
)
@click.option(
    "--report",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Draw brightness, contrast, saturation and sharpness over time (.png), or list them (.json).",
)
@device_option
@precision_option
@click.option("-f", "--force", is_flag=True, help="Write again what is finished; overwrite any file.")
@click.option("--no-recipe", is_flag=True, help="Leave the recipe out of the films.")
@click.option("-n", "--dry-run", is_flag=True, help="Print what would be done, and do nothing.")
@click.option("--print-preset", is_flag=True, help="Print the resolved preset, and where its values come from.")
@json_option
@progress_option
@verbosity_options
@click.pass_context  # fmt: skip
def command(
    ctx: click.Context,
    inputs: tuple[str, ...],
    presets: tuple[str, ...],
    template: str,
    overrides: tuple[str, ...],
    length: str | None,
    fps: str | None,
    extend: str | None,
    span: tuple[int | None, int | None] | None,
    size: int | tuple[int, int] | None,
    seed: int | None,
    preview: bool,
    codec: str | None,
    quality: int | None,
    keep_frames: bool,
    report: Path | None,
    device: str,
    precision: str,
    force: bool,
    no_recipe: bool,
    dry_run: bool,
    print_preset: bool,
    as_json: bool,
    progress: str,
) -> None:
    """Film dreams over each INPUT: pictures, folders of pictures, or the word "noise".

    A film that was stopped goes on from its last whole frame when the same command is given again.
    """
    resolved = [resolve_preset(text, [*overrides, *_settings(length, fps)]) for text in presets]
    if print_preset:
        for each in resolved:
            click.echo(to_toml(each.preset, only_changed=False, comments=each.origins))
        return
    chosen = []
    for each in resolved:
        preset = with_options(each.preset, size=size, seed=seed)
        preset = with_motion(preset, preview=preview)
        chosen.append((each.name, lengthened(preset, extend) if extend else preset))
    refuse_missing_files(resolved)
    film = FilmSettings(codec, quality, span or (None, None), keep_frames, report)
    if report is not None and len(inputs) * len(presets) > 1:
        raise UsageError("--report takes one film at a time")
    jobs = [replace(job, film=film) for job in plan_jobs(inputs_or_none(inputs, resolved), chosen, template)]
    for job in jobs:
        film_codec(job.output, codec)
    if dry_run:
        for job in jobs:
            click.echo(plan_line(job, as_json))
        return
    run(
        ctx,
        jobs,
        device=device,
        precision=precision,
        force=force,
        with_recipe=not no_recipe,
        as_json=as_json,
        progress=progress,
    )


def _settings(length: str | None, fps: str | None) -> list[str]:
    """--length and --fps as the overrides that they are short for."""
    given = {"animation.length": length, "animation.fps": fps}
    return [f'{key}="{value}"' for key, value in given.items() if value is not None]
