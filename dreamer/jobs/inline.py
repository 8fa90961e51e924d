"""Run jobs one after the other in this process."""

from __future__ import annotations

import time
from collections.abc import Sequence
from functools import lru_cache

from dreamer.errors import DeviceError, DreamerError, NetworkError, OutputError, TargetError, ToolError, UsageError
from dreamer.jobs.events import (
    JobDone,
    JobFailed,
    JobListener,
    JobProgress,
    JobSkipped,
    JobStarted,
    NetworkReady,
)
from dreamer.jobs.planning import Job, make_recipe
from dreamer.jobs.rendering import write_film, write_still
from dreamer.jobs.stills import render_stills
from dreamer.networks import Network, load_network
from dreamer.pictures import read_picture
from dreamer.presets.model.schema import NetworkChoice
from dreamer.recipes import Recipe


def run_inline(
    jobs: Sequence[Job],
    listen: JobListener,
    *,
    device: str = "auto",
    precision: str = "auto",
    force: bool = False,
    with_recipe: bool = True,
) -> None:
    """Run `jobs` in order, loading each network once, and report every outcome to `listen`.

    A finished job is skipped and a file that dreamer did not write is left alone, unless `force`. A broken input
    fails its own job only; what would fail them all is raised: a missing network or device, a layer or class that the
    network does not have.
    """

    @lru_cache(maxsize=2)
    def network_for(choice: NetworkChoice) -> Network:
        network = load_network(choice, device=device, precision=precision)
        listen(NetworkReady(network.name, network.reason))
        return network

    for number, job in enumerate(jobs, 1):
        try:
            if job.state == "done" and not force:
                listen(JobSkipped(job))
                continue
            if job.state == "exists" and not force:
                raise OutputError(
                    "a file that dreamer did not write is in the way",
                    where=str(job.output),
                    remedy="Move it away, choose another --output, or use --force.",
                )
            network = network_for(job.preset.network)
            listen(JobStarted(job, number, len(jobs)))
            recipe = make_recipe(job) if with_recipe else None
            write = write_film if job.film else _write_still
            listen(write(job, network, recipe, listen))
        except (NetworkError, DeviceError, TargetError, ToolError, UsageError):
            # The fault is the preset's or the machine's: every other job would fail alike.
            raise
        except DreamerError as error:
            listen(JobFailed(job, error))


def _write_still(job: Job, network: Network, recipe: Recipe | None, listen: JobListener) -> JobDone:
    began = time.perf_counter()
    source = None if job.source is None else read_picture(job.source)
    (still,) = render_stills(job.preset, network, [source], listen=lambda event: listen(JobProgress(job, event)))
    return write_still(job, still, network, recipe, time.perf_counter() - began)
