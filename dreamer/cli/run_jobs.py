"""Planned jobs on the command line: printed, or run with a display on stderr and the outcomes on stdout."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

import click

from dreamer.cli.job_options import RunOptions
from dreamer.cli.listening import hear_shown
from dreamer.cli.running import FAILED, verbosity
from dreamer.jobs.estimate import estimate
from dreamer.jobs.job import Job
from dreamer.jobs.journal import Journal
from dreamer.jobs.orders import Order
from dreamer.jobs.plan import resolved_presets
from dreamer.memory import limit_memory
from dreamer.presets.dump import to_toml
from dreamer.texts import duration, first_line, harmless, json_line

if TYPE_CHECKING:
    from dreamer.jobs.events import JobEvent, JobListener
    from dreamer.jobs.executors import Executor
    from dreamer.jobs.run import Choices, JobRun, Tally

MakeExecutor = Callable[["JobListener"], "Executor"]
MakeRun = Callable[[Sequence[Job], "JobListener"], "JobRun"]


def print_presets(order: Order) -> None:
    """Print every preset of an order, with each combination of its sweep, as TOML with where each value comes from."""
    for resolved, _ in resolved_presets(order, hear_shown):
        click.echo(to_toml(resolved.preset, only_changed=False, comments=resolved.origins))


def print_plan(plan: Sequence[Job], as_json: bool) -> None:
    """Print what is to be done with each job."""
    for job in plan:
        source = str(job.path or job.name)
        if as_json:
            facts = {"state": job.state, "input": source, "preset": job.variant, "output": job.place, "key": job.key,
                     "reason": job.reason, "work": round(job.work, 4)}  # fmt: skip
            click.echo(json_line(facts))
        else:
            reason = f"  ({first_line(job.reason)})" if job.reason else ""
            click.echo(harmless(f"{job.state:6}  {source} x {job.variant} -> {job.place}{reason}"))


def print_estimate(plan: Sequence[Job], journal: Journal, workers: int) -> None:
    """Say on stderr how many jobs there are in each state, and how long the new ones will take."""
    expected = estimate([job for job in plan if job.state == "new"], journal)
    states = ", ".join(f"{count} {state}" for state, count in Counter(job.state for job in plan).items())
    guess = "" if expected.measured else ", a rough guess until something like it was rendered here"
    click.echo(f"{states}; about {duration(expected.seconds / workers)} to go{guess}", err=True)


def run_here(ctx: click.Context, plan: Sequence[Job], options: RunOptions) -> None:
    """Run jobs in this process, those whose output is out of date, too; exit with 1 where any failed."""
    # torch takes over a second to import, so that it waits until there is something to compute.
    from dreamer.jobs.claims import Claims
    from dreamer.jobs.executors import Inline
    from dreamer.jobs.executors.processes import worker_devices
    from dreamer.jobs.run import Choices, JobRun

    choices = Choices(stale=True, force=options.force, with_recipe=not options.no_recipe)
    tally = run_jobs(
        plan,
        choices,
        options,
        make_run=lambda jobs, listen: JobRun(jobs, choices, listen, claims=Claims()),
        make_executor=lambda listen: Inline(
            device=options.device,
            precision=options.precision,
            threads=options.threads,
            beside=worker_devices(options.device, None)[1:],
            listen=listen,
        ),
    )
    if tally.failed:
        ctx.exit(FAILED)


def run_jobs(
    plan: Sequence[Job],
    choices: Choices,
    options: RunOptions,
    *,
    make_run: MakeRun,
    make_executor: MakeExecutor,
    finish: Callable[[Sequence[Job]], None] = lambda plan: None,
    next_plan: Callable[[Callable[[], None]], Sequence[Job]] | None = None,
) -> Tally:
    """Run a plan with a display, and then what `next_plan` waits for, until Ctrl-C.

    `finish` is called after each plan, also where Ctrl-C has ended it. `next_plan` is given a function to call often.
    """
    from dreamer.cli.interruption import interruptible
    from dreamer.cli.progress import open_display
    from dreamer.jobs.run import chosen_jobs

    limit_memory(options.max_memory)
    level = verbosity()
    work = {job.place: job.work for job in chosen_jobs(plan, choices)}
    with (
        interruptible() as check,
        open_display(options.progress, work=work, quiet=level < 0, verbose=level > 0) as show,
    ):

        def within(event: JobEvent) -> None:
            show(event)
            check()

        def heard(event: JobEvent) -> None:
            show(event)
            _print_outcome(event, options.as_json)

        run = make_run(plan, heard)
        try:
            with make_executor(within) as executor:
                while True:
                    run.run(executor, check)
                    finish(plan)
                    if next_plan is None:
                        return run.tally
                    plan = next_plan(check)
                    run = make_run(plan, heard)
        except KeyboardInterrupt:
            finish(plan)
            if next_plan is None:
                click.echo("Finished files are kept. Run the same command again to continue.", err=True)
                raise
            return run.tally


def _print_outcome(event: JobEvent, as_json: bool) -> None:
    from dreamer.cli.event_texts import event_facts
    from dreamer.jobs.events import JobDone, JobFailed, JobSkipped

    if as_json and isinstance(event, (JobDone, JobFailed, JobSkipped)):
        click.echo(json_line(event_facts(event)))
