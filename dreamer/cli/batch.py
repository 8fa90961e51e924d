"""`dreamer batch`: folders by presets, done once each, whatever happens."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import TYPE_CHECKING, get_args

import click

from dreamer.cli.gallery import gallery_items, tell_unshown
from dreamer.cli.job_options import (
    FIELDS,
    RunOptions,
    collected,
    no_recipe_option,
    order_options,
    run_options,
    view_options,
)
from dreamer.cli.options import verbosity_options
from dreamer.cli.run_jobs import print_estimate, print_plan, run_jobs
from dreamer.cli.running import FAILED, verbosity
from dreamer.errors import DreamerError, NoInputError, UsageError
from dreamer.jobs.job import Job
from dreamer.jobs.journal import Journal
from dreamer.jobs.orders import BATCH_TEMPLATE, FilmFormat, Order, PictureFormat, read_jobs_file
from dreamer.jobs.plan import plan_batch
from dreamer.presets.source.lookup import SUFFIX
from dreamer.texts import first_line, harmless

if TYPE_CHECKING:
    from dreamer.jobs.events import JobListener
    from dreamer.jobs.executors import Executor
    from dreamer.jobs.run import Tally

FOLDER = "outputs/batch"
WATCH_SECONDS = 2.0
# A picture that was changed more recently than this may still be on its way here.
SETTLED_SECONDS = 1.5


@dataclass(frozen=True)
class BatchOptions:
    """Which jobs of a batch are done, by whom, and what is made of them in the end."""

    retry_failed: bool
    redo_stale: bool
    fail_fast: bool
    limit: int | None
    watch: bool
    workers: int | None
    cluster: str | None
    ship: bool
    gallery: bool


@click.command()
@order_options(preview="The same looks at a quarter of the area, much sooner.", presets_required=False)
@view_options
@click.option(
    "-o",
    "--output",
    "folder",
    type=click.Path(path_type=Path),
    metavar="FOLDER",
    help=f"Where everything goes, the journal too.  [default: {FOLDER}]",
)
@click.option(
    "--jobs",
    "jobs_file",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="A TOML file of [[jobs]], in place of INPUT and presets.",
)
@click.option(
    "--include", multiple=True, metavar="PATTERN", help='Only pictures that match, such as "*.jpg" or "2019/*".'
)
@click.option("--exclude", multiple=True, metavar="PATTERN", help="Skip pictures that match this pattern.")
@click.option(
    "--template",
    "--place",
    "template",
    default=BATCH_TEMPLATE,
    show_default=True,
    metavar="TEMPLATE",
    help=f"Below FOLDER. Fields: {{path}} (below the folder that was named), {FIELDS}.",
)
@click.option(
    "--format",
    type=click.Choice(get_args(PictureFormat)),
    default="png",
    show_default=True,
    help="Format of the pictures.",
)
@click.option(
    "--film-format",
    type=click.Choice(get_args(FilmFormat)),
    default="mp4",
    show_default=True,
    help="Format of the films that presets with [animation] make.",
)
@click.option("--retry-failed", is_flag=True, help="Try again what failed before.")
@click.option("--redo-stale", is_flag=True, help="Render again what was made from an older input or preset.")
@click.option("--fail-fast", is_flag=True, help="Start nothing more after the first failure.")
@click.option("--limit", type=click.IntRange(1), metavar="N", help="Do at most N jobs.")
@click.option("--watch", is_flag=True, help="Keep going as pictures arrive, until Ctrl-C.")
@click.option(
    "--workers",
    type=click.IntRange(1, 256),
    metavar="N",
    help="Processes that share the work; default: one per GPU; without a GPU everything runs in this process.",
)
@click.option("--cluster", metavar="ADDRESS", help='Work on a Ray cluster: "auto", HOST:PORT, or "local".')
@click.option("--ship", is_flag=True, help="Send pictures to the cluster as bytes: its machines share no folder.")
@click.option("--gallery/--no-gallery", default=True, show_default=True, help="End with FOLDER/index.html.")
@collected("batch", {field.name for field in fields(BatchOptions)}, BatchOptions)
@no_recipe_option
@click.option("-n", "--dry-run", is_flag=True, help="Print the plan and the time it will take, and do nothing.")
@run_options
@verbosity_options
@click.pass_context  # fmt: skip
def command(
    ctx: click.Context,
    order: Order,
    folder: Path | None,
    jobs_file: Path | None,
    dry_run: bool,
    batch: BatchOptions,
    options: RunOptions,
) -> None:
    """Dream over every INPUT with every preset: pictures, folders with all below them, patterns, films, or "noise".

    What is finished is never done again: stop it at any time, and the same command goes on. Several of them may work
    on one folder at once.
    """
    orders, folder = _orders(order, jobs_file, folder)
    if batch.ship and batch.cluster is None:
        raise UsageError("--ship goes with --cluster")
    journal = Journal(folder)
    try:
        plan = plan_batch(orders, folder, journal)
        if dry_run:
            print_plan(plan, options.as_json)
            print_estimate(plan, journal, batch.workers or 1)
            return
        tally, incomplete = _run(plan, orders, folder, journal, batch, options)
    finally:
        journal.close()
    if verbosity() >= 0:
        _summarize(tally)
    if tally.failed or incomplete:
        ctx.exit(FAILED)


def _orders(order: Order, jobs_file: Path | None, folder: Path | None) -> tuple[Sequence[Order], Path]:
    """What is asked for, and where it goes."""
    if jobs_file is not None:
        if order != Order.model_validate({}):
            remedy = "Write them into the jobs file."
            raise UsageError(
                "--jobs cannot be combined with INPUT, -p or other options of what to render", remedy=remedy
            )
        file = read_jobs_file(jobs_file)
        return file.jobs, folder or Path(file.output or FOLDER)
    if not order.inputs or not order.presets:
        jobs = next((text for text in order.inputs if text.endswith(SUFFIX)), None)
        example = f"--jobs {jobs}" if jobs else "photos -p deep-dream -p flock -o dreams"
        missing = "an INPUT" if not order.inputs else "a preset"
        raise UsageError(f"a batch needs {missing}", remedy=f"Such as: dreamer batch {example}")
    return [order], folder or Path(FOLDER)


def _run(
    plan: Sequence[Job],
    orders: Sequence[Order],
    folder: Path,
    journal: Journal,
    batch: BatchOptions,
    options: RunOptions,
) -> tuple[Tally, bool]:
    """Run the plan: what became of it, and whether there is anything that the page does not show."""
    # torch takes over a second to import, so that it waits until there is something to compute.
    from dreamer.jobs.run import Choices, journaled_run

    choices = Choices(
        again=batch.retry_failed,
        stale=batch.redo_stale,
        force=options.force,
        fail_fast=batch.fail_fast,
        keep_going=batch.watch,
        limit=batch.limit,
        with_recipe=not options.no_recipe,
    )

    unshown: list[DreamerError] = []

    def finish(plan: Sequence[Job]) -> None:
        if batch.gallery:
            unshown[:] = _write_gallery(plan, folder, journal, quiet=options.as_json)

    tally = run_jobs(
        plan,
        choices,
        options,
        make_run=lambda jobs, listen: journaled_run(jobs, folder, journal, choices, listen),
        make_executor=lambda listen: _executor(batch, options, listen),
        finish=finish,
        next_plan=(lambda check: _arrived(orders, folder, journal, check)) if batch.watch else None,
    )
    return tally, tell_unshown(unshown)


def _executor(batch: BatchOptions, options: RunOptions, listen: JobListener) -> Executor:
    from dreamer.jobs.executors import Inline, Processes
    from dreamer.jobs.executors.processes import worker_devices

    device, precision, threads = options.device, options.precision, options.threads
    if batch.cluster is not None:
        if options.max_memory is not None:
            remedy = "Limit the memory where the cluster's machines are started."
            raise UsageError("--max-memory is for this machine, not for a cluster's", remedy=remedy)
        from dreamer.jobs.executors.cluster import Cluster

        return Cluster(
            batch.cluster, workers=batch.workers, device=device, precision=precision, threads=threads, ship=batch.ship
        )
    devices = worker_devices(device, batch.workers)
    if len(devices) > 1 or batch.workers is not None:
        return Processes(devices, precision=precision, threads=threads, max_memory=options.max_memory)
    return Inline(device=device, precision=precision, threads=threads, listen=listen)


def _arrived(orders: Sequence[Order], folder: Path, journal: Journal, check: Callable[[], None]) -> Sequence[Job]:
    """Wait for pictures that are new and whole; those that failed once are not tried again."""
    while True:
        until = time.monotonic() + WATCH_SECONDS
        while time.monotonic() < until:
            check()
            time.sleep(0.05)
        try:
            plan = plan_batch(orders, folder, journal)
        except NoInputError:
            continue
        arrived = [job for job in plan if job.state in ("new", "broken") and _is_settled(job)]
        arrived = [job for job in arrived if not _has_failed(job, journal)]
        if any(job.state == "new" for job in arrived):
            return arrived


def _has_failed(job: Job, journal: Journal) -> bool:
    """Whether a job failed when it was tried."""
    return job.state == "broken" and job.output is not None and journal.entry(job.output) is not None


def _is_settled(job: Job) -> bool:
    try:
        return job.path is None or time.time() - job.path.stat().st_mtime > SETTLED_SECONDS
    except OSError:
        return False


def _write_gallery(plan: Sequence[Job], folder: Path, journal: Journal, *, quiet: bool) -> list[DreamerError]:
    """Write the page of a batch, if there is anything to show: what is wrong with what could not be."""
    from dreamer.gallery.page import write_gallery

    folders = {job.path.parent for job in plan if job.path is not None}
    items = gallery_items(folder, journal, sorted(folders))
    if not items:
        return []
    page = folder / "index.html"
    unshown = write_gallery(items, page, title=folder.resolve().name)
    if not quiet:
        click.echo(str(page))
    return unshown


def _summarize(tally: Tally) -> None:
    parts = {
        "done": tally.done,
        "done already": tally.skipped,
        "stale (--redo-stale renders them again)": tally.stale,
        "in the way of a file that dreamer did not write": tally.in_the_way,
        "being done by another process": tally.elsewhere,
        "not started": tally.left,
        "failed": len(tally.failed),
    }
    click.echo(", ".join(f"{count} {what}" for what, count in parts.items() if count) or "nothing to do", err=True)
    for output, reason in tally.failed.items():
        click.echo(harmless(f"failed: {output}: {first_line(reason)}"), err=True)
    if tally.failed:
        click.echo("--retry-failed tries them again.", err=True)
