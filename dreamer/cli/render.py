"""`dreamer render`: presets over photos, folders of them, or noise."""

from __future__ import annotations

import json
from collections import Counter
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
from dreamer.cli.running import verbosity
from dreamer.errors import DreamerError, NoInputError, PresetError
from dreamer.jobs.planning import DEFAULT_TEMPLATE, Job, find_inputs, plan_jobs
from dreamer.presets.dump import to_toml
from dreamer.presets.options import with_options
from dreamer.presets.source.files import missing_files
from dreamer.presets.source.load import ResolvedPreset, resolve_preset


class PictureSize(click.ParamType):  # type: ignore[type-arg]  # click is generic only since 8.4
    """A longest side such as 1024, or a size such as 1280x720."""

    name = "px"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> int | tuple[int, int]:
        """The side, or (width, height)."""
        parts = str(value).lower().split("x")
        if len(parts) > 2 or not all(part.isdecimal() and 16 <= int(part) <= 65536 for part in parts):
            self.fail(f"{value!r} is no size; use 1024 for the longest side, or 1280x720.", param, ctx)
        return int(parts[0]) if len(parts) == 1 else (int(parts[0]), int(parts[1]))


@click.command()
@click.argument("inputs", metavar="[INPUT]...", nargs=-1)
@presets_option
@click.option(
    "-o",
    "--output",
    "template",
    default=DEFAULT_TEMPLATE,
    show_default=True,
    metavar="TEMPLATE",
    help="Where pictures go: {preset}, {stem}, {name}, {network} and {seed} are filled in.",
)
@set_option
@click.option("--size", type=PictureSize(), help="Longest side of the canvas, or WIDTHxHEIGHT.")
@click.option("--seed", type=click.IntRange(0), help="Start of all random numbers.")
@click.option("--preview", is_flag=True, help="The same look at a quarter of the area, much sooner.")
@device_option
@precision_option
@click.option("-f", "--force", is_flag=True, help="Render again what is finished; overwrite any file.")
@click.option("--no-recipe", is_flag=True, help="Leave the recipe out of the pictures.")
@click.option("-n", "--dry-run", is_flag=True, help="Print what would be done, and do nothing.")
@click.option("--print-preset", is_flag=True, help="Print the resolved preset, and where its values come from.")
@json_option
@progress_option
@verbosity_options
@click.pass_context
def command(
    ctx: click.Context,
    inputs: tuple[str, ...],
    presets: tuple[str, ...],
    template: str,
    overrides: tuple[str, ...],
    size: int | tuple[int, int] | None,
    seed: int | None,
    preview: bool,
    device: str,
    precision: str,
    force: bool,
    no_recipe: bool,
    dry_run: bool,
    print_preset: bool,
    as_json: bool,
    progress: str,
) -> None:
    """Dream over each INPUT: pictures, folders of pictures, or the word "noise".

    Without INPUT, presets that start from noise or gray need none. A finished picture is not rendered again.
    """
    resolved = [resolve_preset(text, overrides) for text in presets]
    if print_preset:
        for each in resolved:
            click.echo(to_toml(each.preset, only_changed=False, comments=each.origins))
        return
    chosen = [(each.name, with_options(each.preset, size=size, seed=seed, preview=preview)) for each in resolved]
    refuse_missing_files(resolved)
    jobs = plan_jobs(inputs_or_none(inputs, resolved), chosen, template)
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


def refuse_missing_files(presets: list[ResolvedPreset]) -> None:
    """Raise PresetError where a preset names files that are not there."""
    for each in presets:
        if missing := missing_files(each.preset):
            raise PresetError(missing, where=str(each.file), remedy="Check the paths in the preset and in --set.")


def inputs_or_none(inputs: tuple[str, ...], presets: list[ResolvedPreset]) -> list[Path | None]:
    """The pictures that `inputs` name. Raises NoInputError where there are none and a preset needs one."""
    if inputs:
        return find_inputs(inputs)
    for each in presets:
        if each.preset.canvas.start == "photo":
            raise NoInputError(
                f"the preset {each.name!r} dreams over a photo, and no INPUT is given",
                remedy='Name a picture, a folder, or "noise".',
            )
    return [None]


def plan_line(job: Job, as_json: bool) -> str:
    """What is to be done with a job, in a line."""
    if not as_json:
        return f"{job.state:6}  {job.source or job.name} x {job.preset_name} -> {job.output}"
    facts = {"state": job.state, "input": str(job.source or job.name), "preset": job.preset_name}
    return json.dumps({**facts, "output": str(job.output), "key": job.key}, ensure_ascii=False)


def run(
    ctx: click.Context,
    jobs: list[Job],
    *,
    device: str,
    precision: str,
    force: bool,
    with_recipe: bool,
    as_json: bool,
    progress: str,
) -> None:
    """Run jobs with a display on stderr and the finished files on stdout; exit with 1 where any failed."""
    # torch takes over a second to import, so that it waits until there is something to compute.
    from dreamer.cli.interruption import interruptible
    from dreamer.cli.progress import event_facts, open_display
    from dreamer.jobs.events import FrameDone, JobDone, JobEvent, JobFailed, JobProgress, JobSkipped
    from dreamer.jobs.inline import run_inline

    outcomes: Counter[str] = Counter()
    level = verbosity()
    with (
        interruptible() as check,
        open_display(progress, work=_work(jobs), quiet=level < 0, verbose=level > 0) as show,
    ):

        def listen(event: JobEvent) -> None:
            show(event)
            if isinstance(event, (JobDone, JobFailed, JobSkipped)):
                outcomes[type(event).__name__] += 1
                if as_json:
                    click.echo(json.dumps(event_facts(event), ensure_ascii=False))
            if isinstance(event, (JobProgress, FrameDone)):
                check()

        try:
            run_inline(jobs, listen, device=device, precision=precision, force=force, with_recipe=with_recipe)
        except KeyboardInterrupt:
            click.echo("What is finished is kept; the same command goes on with the rest.", err=True)
            raise
    if outcomes["JobFailed"]:
        ctx.exit(1)


def _work(jobs: list[Job]) -> dict[Path, float]:
    """What each output takes, as far as that can be told: a picture that cannot be read fails soon."""
    from dreamer.jobs.work import megapixel_steps, source_size

    work = {}
    for job in jobs:
        try:
            work[job.output] = megapixel_steps(job.preset, source_size(job))
        except DreamerError:
            work[job.output] = 0.0
    return work
