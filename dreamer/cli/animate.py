"""`dreamer animate`: films by presets with an `[animation]` table, or with one given on the command line."""

from __future__ import annotations

import re
from dataclasses import fields, replace
from pathlib import Path

import click

from dreamer.cli.job_options import (
    FIELDS,
    PlanOptions,
    RunOptions,
    collected,
    no_recipe_option,
    order_options,
    output_option,
    plan_options,
    run_options,
)
from dreamer.cli.listening import hear_shown
from dreamer.cli.options import verbosity_options
from dreamer.cli.run_jobs import print_plan, print_presets, run_here
from dreamer.errors import UsageError
from dreamer.film.codecs import CODECS
from dreamer.jobs.job import FilmSettings, Job
from dreamer.jobs.orders import Order
from dreamer.jobs.outputs import OutputTemplate
from dreamer.jobs.own_names import with_own_names
from dreamer.jobs.plan import find_order_inputs, find_variants, plan_jobs
from dreamer.presets.adjust import lengthened
from dreamer.presets.dump import inline_toml
from dreamer.presets.source.beat_files import read_beats

TEMPLATE = "outputs/{variant}/{stem}.mp4"
_SPAN = re.compile(r"^(\d*):(\d*)$")


class Span(click.ParamType):  # type: ignore[type-arg]  # click is generic only since 8.4
    """A range of frames such as 100:200, :50 or 100: (the last one is not included)."""

    name = "first:last"

    def convert(
        self, value: object, param: click.Parameter | None, ctx: click.Context | None
    ) -> tuple[int | None, int | None]:
        """(first, last), None where open."""
        if isinstance(value, tuple):
            return value
        match = _SPAN.match(str(value))
        if match is None:
            self.fail(f"{value!r} is not a range of frames; use 100:200, :50 or 100:.", param, ctx)
        first, last = (int(part) if part else None for part in match.groups())
        if first is not None and last is not None and first >= last:
            self.fail(f"{value!r} holds no frame.", param, ctx)
        return first, last


@click.command()
@order_options(preview="A small film of the first three seconds, with the same look.", files=False)
@output_option(
    TEMPLATE,
    f"Where films go: .mp4, .mov, .gif, .webp, .apng, or a folder of pictures with --codec frames. Fields: {FIELDS}.",
)
@click.option("--length", metavar="TIME", help='Length of the film: "10s", "300f" (frames), "16b" (beats).')
@click.option("--fps", metavar="RATE", help="Frames per second.")
@click.option(
    "--sound",
    type=click.Path(path_type=Path),
    metavar="SONG",
    help="Any file with sound: the film has it, and its values may follow it. --length sound: as long as it is.",
)
@click.option("--sound-start", metavar="TIME", help='Where in the song the film begins: "30s".')
@click.option(
    "--beats",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="A text file with the seconds of all beats, in place of those that are found in the song.",
)
@click.option("--extend", metavar="TIME", help="Make a finished film longer by this much.")
@click.option("--frames", "span", type=Span(), default=(None, None), help="Write only these frames: 100:200.")
@click.option("--codec", metavar="NAME", help=f"One of {', '.join(CODECS)}; otherwise by the suffix.")
@click.option(
    "--quality",
    type=click.IntRange(0, 100),
    metavar="N",
    help="The codec's own measure: a rate factor for h264, hevc and av1; lower is better.",
)
@click.option(
    "--keep-frames/--no-keep-frames",
    default=True,
    show_default=True,
    help="Keep the rendered frames beside the film: to write it in another codec, or to extend it.",
)
@click.option(
    "--report",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Draw brightness, contrast, saturation and sharpness over time (.png), or list them (.json).",
)
@collected("film", {field.name for field in fields(FilmSettings)}, FilmSettings)
@no_recipe_option
@plan_options
@run_options
@verbosity_options
@click.pass_context  # fmt: skip
def command(
    ctx: click.Context,
    order: Order,
    output: str,
    length: str | None,
    fps: str | None,
    sound: Path | None,
    sound_start: str | None,
    beats: Path | None,
    extend: str | None,
    film: FilmSettings,
    only: PlanOptions,
    options: RunOptions,
) -> None:
    """Film dreams over each INPUT: pictures, folders of pictures, clips, or the word "noise".

    A film that was stopped goes on from its last whole frame when the same command is given again. One that other
    settings made is kept: the new one gets a number behind its name, unless it makes that one longer (--extend).
    """
    order = order.model_copy(update={"set": (*order.set, *_settings(length, fps, sound, sound_start, beats))})
    if only.print_preset:
        print_presets(order)
        return
    plan = _plan(order, output, extend, film, force=options.force)
    if only.dry_run:
        print_plan(plan, options.as_json)
    else:
        run_here(ctx, plan, options)


def _plan(order: Order, output: str, extend: str | None, film: FilmSettings, *, force: bool) -> list[Job]:
    variants = find_variants(order, films=True, hear=hear_shown)
    inputs, template = find_order_inputs(order, variants, below=False), _template(output, film)
    plan = plan_jobs(inputs, variants, template, film=film)
    shorter: dict[str, str] = {}
    if extend is not None:
        variants = [replace(variant, preset=lengthened(variant.preset, extend)) for variant in variants]
        finished, plan = plan, plan_jobs(inputs, variants, template, film=film)
        shorter = {job.key: before.key for job, before in zip(plan, finished, strict=True)}
    plan = plan if force else with_own_names(plan, shorter)
    if film.report is not None and len(plan) > 1:
        raise UsageError("--report takes one film at a time")
    # A finished film is written again for its report, from the frames that are kept.
    return [replace(job, state="stale") if film.report and job.state == "done" else job for job in plan]


def _template(output: str, film: FilmSettings) -> OutputTemplate:
    """Where films go: into a folder under a name with the codec's suffix, unless the film itself is a folder."""
    suffix = next((codec.suffixes[0] for name, codec in CODECS.items() if name == film.codec), ".mp4")
    return OutputTemplate(output, in_folder=("", f"{{stem}}-{{variant}}{suffix}") if suffix else None)


def _settings(
    length: str | None, fps: str | None, sound: Path | None, sound_start: str | None, beats: Path | None
) -> list[str]:
    """--length, --fps, --sound, --sound-start and --beats as the overrides that they are short for."""
    given = {
        "animation.length": length,
        "animation.fps": fps,
        "animation.song": None if sound is None else str(sound),
        "animation.sound_start": sound_start,
        "animation.beats": None if beats is None else read_beats(beats),
    }
    return [f"{key}={inline_toml(value)}" for key, value in given.items() if value is not None]
