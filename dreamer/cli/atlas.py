"""`dreamer atlas`: what every kernel of some layers, every class or many directions want."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from dreamer.cli.atlas_options import Wanted, wanted_options
from dreamer.cli.gallery import tell_unshown
from dreamer.cli.inspect.sharing import ChosenNetwork, network_options
from dreamer.cli.options import complete_presets, json_option, precision_option, set_option, verbosity_options
from dreamer.cli.run_jobs import print_plan
from dreamer.cli.running import FAILED, verbosity
from dreamer.errors import DreamerError
from dreamer.jobs.studies import LAYER_SET, LayerSetting, Studies, resolve_studies
from dreamer.texts import json_line

if TYPE_CHECKING:
    from dreamer.inspection.atlas import Drawn, Subject
    from dreamer.jobs.job import Job
    from dreamer.networks import Network


@click.command()
@network_options
@wanted_options
@click.option("-p", "--preset", default="kernel-study", show_default=True, metavar="PRESET",
              shell_complete=complete_presets, help="How each is drawn; its targets are replaced.")  # fmt: skip
@set_option
@click.option(LAYER_SET, "layer_settings", multiple=True, metavar="LAYER:KEY=VALUE",
              help="Change a value for one layer alone: maxpool3:penalties.edges=0.5. May be repeated.")  # fmt: skip
@click.option("--size", type=click.IntRange(32, 4096), metavar="PX",
              help="Side of each picture; default: 128, or what --set canvas.size says.")  # fmt: skip
@click.option("--seed", type=click.IntRange(0), help="Start of all random numbers.")
@click.option("-o", "--output", "folder", type=click.Path(path_type=Path), default="outputs/atlas", show_default=True,
              metavar="FOLDER", help="Where pictures and sheets go.")  # fmt: skip
@precision_option
@click.option("-f", "--force", is_flag=True, help="Draw again what is there.")
@click.option("-n", "--dry-run", is_flag=True, help="Print what would be drawn, and draw nothing.")
@json_option
@verbosity_options
@click.pass_context
def command(
    ctx: click.Context,
    network: ChosenNetwork,
    wanted: Wanted,
    preset: str,
    overrides: tuple[str, ...],
    layer_settings: tuple[str, ...],
    size: int | None,
    seed: int | None,
    folder: Path,
    precision: str,
    force: bool,
    dry_run: bool,
    as_json: bool,
) -> None:
    """Draw an atlas of a network: pictures, a labelled sheet for each layer, and a page with the lines to paste.

    What is drawn already is kept: an atlas that was stopped goes on.
    """
    settings = [LayerSetting.parsed(text, wanted.layers) for text in layer_settings]
    studies = resolve_studies(preset, overrides, settings, size=size, seed=seed)
    _say_what_changed(studies)

    from dreamer.jobs.atlas import plan_atlas

    slope = studies.common.network.negative_slope
    loaded = network.open(precision, negative_slope=slope)
    subjects = wanted.subjects(loaded, studies.common.seed)
    plan = plan_atlas(studies.through(network.choice(slope)), subjects, folder)
    if dry_run:
        print_plan(plan, as_json)
        return
    drawn, failed = _draw(subjects, plan, loaded, force=force, as_json=as_json)
    if drawn:
        made, unshown = _show(drawn, folder, network.name)
        failed += tell_unshown(unshown)
        if not as_json:
            for path in made:
                click.echo(str(path))
    if failed or not drawn:
        ctx.exit(FAILED)


def _say_what_changed(studies: Studies) -> None:
    """Say on stderr what is not drawn as the preset says."""
    if verbosity() >= 0:
        for change in studies.changed:
            click.echo(f"{studies.name} is drawn with {change}", err=True)


def _show(drawn: Sequence[Drawn], folder: Path, network: str) -> tuple[list[Path], list[DreamerError]]:
    """Make the sheets and the page of an atlas: their paths, and what is wrong with what could not be shown."""
    from dreamer.gallery.page import write_gallery
    from dreamer.inspection.atlas import atlas_items, draw_sheets

    made = draw_sheets(drawn, folder, network)
    page = folder / "index.html"
    unshown = write_gallery(list(atlas_items(drawn, network)), page, title=f"Atlas of {network}")
    return [*made, page], unshown


def _draw(
    subjects: Sequence[Subject], plan: Sequence[Job], network: Network, *, force: bool, as_json: bool
) -> tuple[list[Drawn], int]:
    """Run the atlas' jobs, with a line now and then: what there is of it then, in order, and how many have failed."""
    from dreamer.cli.interruption import interruptible
    from dreamer.inspection.atlas import Drawn
    from dreamer.jobs.claims import Claims
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

        run = JobRun(plan, Choices(stale=True, force=force), hear, claims=Claims())
        try:
            with Inline(network=network, listen=lambda event: check()) as executor:
                run.run(executor, check)
        except KeyboardInterrupt:
            click.echo("Finished files are kept. Run the same command again to continue.", err=True)
            raise
    return [drawn[job.place] for job in plan if job.place in drawn], len(run.tally.failed)


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
