"""`dreamer atlas`: what every kernel of some layers, every class or many directions want."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from dreamer.cli.inspect.sharing import ChosenNetwork, network_options
from dreamer.cli.options import complete_presets, json_option, precision_option, set_option, verbosity_options
from dreamer.cli.running import FAILED, verbosity
from dreamer.errors import UsageError
from dreamer.presets.adjust import with_options
from dreamer.presets.model.fields import check_kernels
from dreamer.presets.source.load import resolve_preset
from dreamer.texts import json_line

if TYPE_CHECKING:
    from dreamer.inspection.atlas import Drawn, Subject
    from dreamer.jobs.job import Job
    from dreamer.networks import Network

_PAIR = re.compile(r"^(\d+)-(\d+)$")
# A study grows its picture fourfold; a sheet is full of small ones. The slope wakes kernels that are off on noise.
_SHEET = ("octaves.output_scale=1", "network.negative_slope=0.02")


@click.command()
@network_options
@click.option("--layer", "layers", metavar="LAYER,LAYER...", help="Draw the kernels of these layers.")
@click.option("--kernels", metavar="LIST", help='Only these kernels: "0-63", "3,7,20-29".')
@click.option("--units", is_flag=True, help="Of each kernel only the unit in the middle of its map.")
@click.option("--classes", is_flag=True, help="Draw every class.")
@click.option("--class", "wanted", multiple=True, metavar="NAME", help="Draw this class. May be repeated.")
@click.option("--directions", type=click.IntRange(1, 10000), metavar="N", help="N random directions of each layer.")
@click.option("--pairs", metavar="A-B,C-D", help="From one kernel to another, step by step.")
@click.option("--between", type=click.IntRange(2, 100), default=7, show_default=True, help="Pictures of each pair.")
@click.option("-p", "--preset", default="kernel-study", show_default=True, metavar="PRESET",
              shell_complete=complete_presets, help="How each is drawn; its targets are replaced.")  # fmt: skip
@set_option
@click.option("--size", default=128, show_default=True, type=click.IntRange(32, 4096), metavar="PX",
              help="Side of each picture.")  # fmt: skip
@click.option("--seed", type=click.IntRange(0), help="Start of all random numbers.")
@click.option("-o", "--output", "folder", type=click.Path(path_type=Path), default="outputs/atlas", show_default=True,
              metavar="FOLDER", help="Where pictures and sheets go.")  # fmt: skip
@precision_option
@click.option("-f", "--force", is_flag=True, help="Draw again what is there.")
@json_option
@verbosity_options
@click.pass_context
def command(
    ctx: click.Context,
    network: ChosenNetwork,
    layers: str | None,
    kernels: str | None,
    units: bool,
    classes: bool,
    wanted: tuple[str, ...],
    directions: int | None,
    pairs: str | None,
    between: int,
    preset: str,
    overrides: tuple[str, ...],
    size: int,
    seed: int | None,
    folder: Path,
    precision: str,
    force: bool,
    as_json: bool,
) -> None:
    """Draw an atlas of a network: pictures, a labelled sheet for each layer, and a page with the lines to paste.

    What is drawn already is kept: an atlas that was stopped goes on.
    """
    if not layers and not classes and not wanted:
        raise UsageError(
            "nothing to draw was named", remedy="Use --layer inception4c, --classes, or --class NAME; see --help."
        )
    names = [each.strip() for each in (layers or "").split(",") if each.strip()]
    if (directions or pairs or units or kernels) and not names:
        raise UsageError("--kernels, --units, --directions and --pairs need a --layer")
    numbers = None if kernels is None else _numbers(kernels)
    given_pairs = [] if pairs is None else _pairs(pairs)
    resolved = resolve_preset(preset, [*_SHEET, *overrides])
    study = with_options(resolved.preset, size=(size, size), seed=seed)
    if study.canvas.start == "photo":
        raise UsageError(
            f"{preset} dreams over photos", where="--preset", remedy="Add --set canvas.start=noise, or gray."
        )

    from dreamer.gallery.page import write_gallery
    from dreamer.inspection.atlas import atlas_items, draw_sheets
    from dreamer.jobs.atlas import plan_atlas

    slope = study.network.negative_slope
    study = study.model_copy(update={"network": network.choice(slope)})
    loaded = network.open(precision, negative_slope=slope)
    subjects = list(
        _subjects(loaded, names, numbers, units, classes, wanted, directions, given_pairs, between, study.seed)
    )
    subjects = list({(subject.group, subject.name): subject for subject in subjects}.values())
    plan = plan_atlas(study, resolved.name, subjects, folder)
    drawn, failed = _draw(subjects, plan, loaded, force=force, as_json=as_json)
    if not drawn:
        ctx.exit(FAILED)
    made = draw_sheets(drawn, folder, network.name)
    write_gallery(list(atlas_items(drawn, network.name)), folder / "index.html", title=f"Atlas of {network.name}")
    for path in [*made, folder / "index.html"]:
        if not as_json:
            click.echo(str(path))
    if failed:
        ctx.exit(FAILED)


def _draw(
    subjects: Sequence[Subject], plan: Sequence[Job], network: Network, *, force: bool, as_json: bool
) -> tuple[list[Drawn], int]:
    """Run the atlas' jobs, with a line now and then: what there is of it then, in order, and how many have failed."""
    from dreamer.cli.interruption import interruptible
    from dreamer.inspection.atlas import Drawn
    from dreamer.jobs.events import JobDone, JobEvent, JobFailed, JobSkipped
    from dreamer.jobs.executors import Inline
    from dreamer.jobs.run import Choices, JobRun

    by_place = dict(zip((job.place for job in plan), subjects, strict=True))
    drawn: dict[str, Drawn] = {}
    show = _Progress(len(subjects), as_json, quiet=verbosity() < 0)
    with interruptible() as check:

        def hear(event: JobEvent) -> None:
            if isinstance(event, (JobDone, JobSkipped)):
                place = event.job.place
                drawn[place] = Drawn(by_place[place], Path(place), fresh=isinstance(event, JobDone))
                show(drawn[place])
            elif isinstance(event, JobFailed):
                click.echo(f"failed: {event.error}", err=True)
            check()

        run = JobRun(plan, Choices(stale=True, force=force), hear)
        try:
            with Inline(network=network, listen=lambda event: check()) as executor:
                run.run(executor, check)
        except KeyboardInterrupt:
            click.echo("Finished files are kept. Run the same command again to continue.", err=True)
            raise
    return [drawn[job.place] for job in plan if job.place in drawn], len(run.tally.failed)


def _subjects(
    network: Network,
    layers: list[str],
    kernels: list[int] | None,
    units: bool,
    classes: bool,
    wanted: tuple[str, ...],
    directions: int | None,
    pairs: list[tuple[int, int]],
    between: int,
    seed: int,
) -> Iterator[Subject]:
    from dreamer.inspection import atlas

    if pairs:
        for layer in layers:
            yield from atlas.pair_subjects(network, layer, pairs, between)
    elif directions:
        yield from atlas.direction_subjects(network, layers, directions, seed)
    elif units:
        yield from atlas.unit_subjects(network, layers, kernels)
    else:
        yield from atlas.kernel_subjects(network, layers, kernels)
    if classes or wanted:
        yield from atlas.class_subjects(network, wanted or None)


def _numbers(text: str) -> list[int]:
    try:
        found = check_kernels([part.strip() for part in text.split(",")])
    except ValueError as error:
        raise UsageError(str(error), where=f"--kernels {text}") from error
    return [int(each) for each in found]


def _pairs(text: str) -> list[tuple[int, int]]:
    matches = [_PAIR.match(part.strip()) for part in text.split(",")]
    if not all(matches):
        raise UsageError("is not a list of pairs", where=f"--pairs {text}", remedy='Write it as "3-7,12-40".')
    return [(int(match[1]), int(match[2])) for match in matches if match]


class _Progress:
    """A line for every sixteen pictures, or a JSON object for each."""

    def __init__(self, count: int, as_json: bool, *, quiet: bool) -> None:
        self.count, self.done, self.as_json, self.quiet = count, 0, as_json, quiet

    def __call__(self, drawn: Drawn) -> None:
        self.done += 1
        if self.as_json:
            facts = {"path": str(drawn.path), "group": drawn.subject.group, "targets": drawn.subject.lines}
            click.echo(json_line({**facts, "drawn": drawn.fresh}))
        elif not self.quiet and (self.done % 16 == 0 or self.done == self.count):
            click.echo(f"{self.done}/{self.count}  {drawn.path}", err=True)
