"""`dreamer batch`: folders by presets, done once each, whatever happens."""

from __future__ import annotations

import json
import time
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from dreamer.cli.gallery import gallery_items
from dreamer.cli.options import (
    complete_presets,
    device_option,
    json_option,
    precision_option,
    progress_option,
    set_option,
    verbosity_options,
)
from dreamer.cli.render import PictureSize
from dreamer.cli.running import verbosity
from dreamer.errors import UsageError
from dreamer.jobs.batch.estimate import estimate
from dreamer.jobs.batch.journal import Journal
from dreamer.jobs.batch.orders import DEFAULT_PLACE, Order, read_jobs_file
from dreamer.jobs.batch.planning import PlannedJob, plan_batch

if TYPE_CHECKING:
    from dreamer.jobs.batch.running import Choices, Tally
    from dreamer.jobs.events import JobEvent
    from dreamer.jobs.executors import Executor

DEFAULT_FOLDER = "outputs/batch"
WATCH_SECONDS = 2.0
# A picture that was changed so recently may still be on its way here.
SETTLED_SECONDS = 1.5


@click.command()
@click.argument("inputs", metavar="[INPUT]...", nargs=-1)
@click.option(
    "-p", "--preset", "presets", multiple=True, metavar="PRESET", shell_complete=complete_presets,
    help="Name or path of a preset; each input is dreamt over with every one. May be repeated.",
)  # fmt: skip
@click.option(
    "-o", "--output", "folder", type=click.Path(path_type=Path), metavar="FOLDER",
    help=f"Where everything goes, the journal too.  [default: {DEFAULT_FOLDER}]",
)  # fmt: skip
@click.option("--jobs", "jobs_file", type=click.Path(path_type=Path), metavar="FILE",
              help="A TOML file of [[jobs]], in place of INPUT and presets.")  # fmt: skip
@set_option
@click.option("--sweep", multiple=True, metavar="KEY=A,B,C",
              help="Try each of these values; several sweeps make a grid. May be repeated.")  # fmt: skip
@click.option("--include", multiple=True, metavar="PATTERN", help='Only pictures such as "*.jpg" or "2019/*".')
@click.option("--exclude", multiple=True, metavar="PATTERN", help="No pictures such as these.")
@click.option("--place", default=DEFAULT_PLACE, show_default=True, metavar="TEMPLATE",
              help="Below FOLDER; also {preset}, {stem}, {name}, {network} and {seed}.")  # fmt: skip
@click.option("--format", type=click.Choice(("png", "jpg", "webp", "tif")), default="png", show_default=True,
              help="Format of the pictures.")  # fmt: skip
@click.option("--film-format", type=click.Choice(("mp4", "mov", "gif", "webp", "apng")), default="mp4",
              show_default=True, help="Format of the films that presets with [animation] make.")  # fmt: skip
@click.option("--size", type=PictureSize(), help="Longest side of the canvas, or WIDTHxHEIGHT.")
@click.option("--seed", type=click.IntRange(0), help="Start of all random numbers.")
@click.option("--preview", is_flag=True, help="The same looks at a quarter of the area, much sooner.")
@click.option("--retry-failed", is_flag=True, help="Try again what failed before.")
@click.option("--redo-stale", is_flag=True, help="Render again what was made from an older input or preset.")
@click.option("-f", "--force", is_flag=True, help="Render everything; overwrite any file.")
@click.option("--fail-fast", is_flag=True, help="Start nothing more after the first failure.")
@click.option("--limit", type=click.IntRange(1), metavar="N", help="Do at most so many jobs.")
@click.option("--watch", is_flag=True, help="Keep going as pictures arrive, until Ctrl-C.")
@click.option("--workers", type=click.IntRange(1, 256), metavar="N",
              help="Processes that share the work; default: one a GPU, or none beside this one.")  # fmt: skip
@click.option("--cluster", metavar="ADDRESS", help='Work on a Ray cluster: "auto", HOST:PORT, or "local".')
@click.option("--ship", is_flag=True, help="Send pictures to the cluster as bytes: its machines share no folder.")
@click.option("--gallery/--no-gallery", default=True, show_default=True, help="End with FOLDER/index.html.")
@device_option
@precision_option
@click.option("--no-recipe", is_flag=True, help="Leave the recipe out of the pictures.")
@click.option("-n", "--dry-run", is_flag=True, help="Print the plan and the time it will take, and do nothing.")
@json_option
@progress_option
@verbosity_options
@click.pass_context
def command(
    ctx: click.Context,
    inputs: tuple[str, ...],
    presets: tuple[str, ...],
    folder: Path | None,
    jobs_file: Path | None,
    overrides: tuple[str, ...],
    sweep: tuple[str, ...],
    include: tuple[str, ...],
    exclude: tuple[str, ...],
    place: str,
    format: str,
    film_format: str,
    size: int | tuple[int, int] | None,
    seed: int | None,
    preview: bool,
    retry_failed: bool,
    redo_stale: bool,
    force: bool,
    fail_fast: bool,
    limit: int | None,
    watch: bool,
    workers: int | None,
    cluster: str | None,
    ship: bool,
    gallery: bool,
    device: str,
    precision: str,
    no_recipe: bool,
    dry_run: bool,
    as_json: bool,
    progress: str,
) -> None:
    """Dream over every INPUT with every preset: pictures, folders with all below them, patterns, films, or "noise".

    What is finished is never done again: stop it at any time, and the same command goes on. Several of them may work
    on one folder at once.
    """
    if jobs_file is not None:
        if inputs or presets or sweep or overrides:
            raise UsageError("--jobs says what is to be done, so INPUT, -p, --set and --sweep do not go with it")
        file = read_jobs_file(jobs_file)
        orders: Sequence[Order] = file.jobs
        folder = folder or Path(file.output or DEFAULT_FOLDER)
    else:
        if not inputs or not presets:
            raise UsageError(
                f"a batch needs {'an INPUT' if not inputs else 'a preset'}",
                remedy="Such as: dreamer batch photos -p deep-dream -p flock -o dreams",
            )
        # The types of click's options are those of the model.
        orders = [
            Order.model_validate({
                "inputs": inputs, "presets": presets, "set": overrides, "sweep": sweep, "include": include,
                "exclude": exclude, "place": place, "format": format, "film_format": film_format, "size": size,
                "seed": seed, "preview": preview,
            })
        ]  # fmt: skip
        folder = folder or Path(DEFAULT_FOLDER)
    if ship and cluster is None:
        raise UsageError("--ship goes with --cluster")
    journal = Journal(folder)
    plan = plan_batch(orders, folder, journal)
    if dry_run:
        _print_plan(plan, journal, as_json, workers or 1)
        return
    # torch takes over a second to import, so that it waits until there is something to compute.
    from dreamer.jobs.batch.running import Choices

    choices = Choices(retry_failed, redo_stale, force, fail_fast, limit, not no_recipe)
    session = _Session(folder, journal, choices, as_json=as_json, progress=progress, gallery=gallery)
    replan = (lambda: plan_batch(orders, folder, journal)) if watch else None
    tally = session.run(plan, lambda listen: _executor(device, precision, workers, cluster, ship, listen), replan)
    if tally.failed:
        ctx.exit(1)


def _print_plan(plan: Sequence[PlannedJob], journal: Journal, as_json: bool, workers: int) -> None:
    for each in plan:
        if as_json:
            facts = {"state": each.state, "input": str(each.job.source or each.job.name), "preset": each.variant,
                     "output": str(each.job.output), "key": each.key, "reason": each.reason,
                     "work": round(each.work, 4)}  # fmt: skip
            click.echo(json.dumps(facts, ensure_ascii=False))
        else:
            reason = f"  ({each.reason.splitlines()[0]})" if each.reason else ""
            click.echo(
                f"{each.state:6}  {each.job.source or each.job.name} x {each.variant} -> {each.job.output}{reason}"
            )
    todo = [each for each in plan if each.state == "new"]
    expected = estimate(todo, journal)
    states = ", ".join(f"{count} {state}" for state, count in Counter(each.state for each in plan).items())
    guess = "" if expected.measured else ", a rough guess until something like it was rendered here"
    click.echo(f"{states}; about {duration(expected.seconds / workers)} to go{guess}", err=True)


def duration(seconds: float) -> str:
    """A time for people: 40 s, 12 min, 3 h 20 min."""
    if seconds < 90:
        return f"{seconds:.0f} s"
    minutes = round(seconds / 60)
    return f"{minutes} min" if minutes < 90 else f"{minutes // 60} h {minutes % 60} min"


def _executor(
    device: str,
    precision: str,
    workers: int | None,
    cluster: str | None,
    ship: bool,
    listen: Callable[[JobEvent], None],
) -> Executor:
    from dreamer.jobs.executors import Inline, Processes
    from dreamer.jobs.executors.processes import worker_devices

    if cluster is not None:
        from dreamer.jobs.executors.cluster import Cluster

        return Cluster(cluster, workers=workers, device=device, precision=precision, ship=ship)
    devices = worker_devices(device, workers)
    if len(devices) > 1 or workers is not None:
        return Processes(devices, precision=precision)
    return Inline(device=device, precision=precision, listen=listen)


class _Session:
    """One command's run, or with --watch its runs, over a batch."""

    def __init__(
        self, folder: Path, journal: Journal, choices: Choices, *, as_json: bool, progress: str, gallery: bool
    ) -> None:
        self.folder, self.journal, self.choices = folder, journal, choices
        self.as_json, self.progress, self.gallery = as_json, progress, gallery

    def run(
        self,
        plan: Sequence[PlannedJob],
        make_executor: Callable[[Callable[[JobEvent], None]], Executor],
        replan: Callable[[], Sequence[PlannedJob]] | None,
    ) -> Tally:
        """Do the plan, and with `replan` what arrives later, until Ctrl-C; write the gallery; say how it went."""
        from dreamer.cli.interruption import interruptible
        from dreamer.cli.progress import open_display
        from dreamer.jobs.batch.running import BatchRun, chosen_jobs

        level = verbosity()
        work = {each.job.output: each.work for each in chosen_jobs(plan, self.choices)}
        with (
            interruptible() as check,
            open_display(self.progress, work=work, quiet=level < 0, verbose=level > 0) as show,
        ):

            def within(event: JobEvent) -> None:
                show(event)
                check()

            def heard(event: JobEvent) -> None:
                show(event)
                self._say(event)

            tally = None
            try:
                with make_executor(within) as executor:
                    while True:
                        batch = BatchRun(plan, self.folder, self.journal, self.choices, heard)
                        tally = batch.tally
                        if tally.left:
                            batch.run(executor, check)
                        self._write_gallery(plan)
                        if replan is None:
                            break
                        plan = self._arrived(replan, check)
            except KeyboardInterrupt:
                self._write_gallery(plan)
                if replan is None:
                    click.echo("What is finished is kept; the same command goes on with the rest.", err=True)
                    raise
            finally:
                self.journal.close()
        assert tally is not None
        if level >= 0:
            _tell(tally)
        return tally

    def _arrived(self, replan: Callable[[], Sequence[PlannedJob]], check: Callable[[], None]) -> Sequence[PlannedJob]:
        """Wait for pictures that are new and whole; those that failed once are not tried again."""
        from dreamer.errors import NoInputError

        while True:
            until = time.monotonic() + WATCH_SECONDS
            while time.monotonic() < until:
                check()
                time.sleep(0.05)
            try:
                plan = [each for each in replan() if each.state not in ("failed", "broken") or not self._tried(each)]
            except NoInputError:
                continue
            plan = [each for each in plan if _settled(each)]
            if any(each.state == "new" for each in plan):
                return plan

    def _tried(self, each: PlannedJob) -> bool:
        return self.journal.entry(each.job.output) is not None

    def _say(self, event: JobEvent) -> None:
        from dreamer.cli.progress import event_facts
        from dreamer.jobs.events import JobDone, JobFailed

        if self.as_json and isinstance(event, (JobDone, JobFailed)):
            click.echo(json.dumps(event_facts(event), ensure_ascii=False))

    def _write_gallery(self, plan: Sequence[PlannedJob]) -> None:
        if not self.gallery:
            return
        from dreamer.gallery.page import write_gallery

        folders = {each.job.source.parent for each in plan if each.job.source is not None}
        items = gallery_items(self.folder, sorted(folders))
        if items:
            page = self.folder / "index.html"
            write_gallery(items, page, title=self.folder.resolve().name)
            if not self.as_json:
                click.echo(str(page))


def _settled(each: PlannedJob) -> bool:
    try:
        return each.job.source is None or time.time() - each.job.source.stat().st_mtime > SETTLED_SECONDS
    except OSError:
        return False


def _tell(tally: Tally) -> None:
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
        click.echo(f"failed: {output}: {reason.splitlines()[0]}", err=True)
    if tally.failed:
        click.echo("--retry-failed tries them again.", err=True)
