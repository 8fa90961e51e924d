"""Run jobs one after the other in this process."""

from __future__ import annotations

import time
from collections.abc import Sequence
from functools import lru_cache

import torch

from dreamer.errors import DeviceError, DreamerError, NetworkError, OutputError, TargetError, UsageError
from dreamer.jobs.events import JobDone, JobFailed, JobListener, JobProgress, JobSkipped, JobStarted, NetworkReady
from dreamer.jobs.planning import Job, make_recipe
from dreamer.jobs.stills import Still, render_still
from dreamer.networks import Network, load_network
from dreamer.pictures import read_picture, write_picture
from dreamer.presets.schema import NetworkChoice


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
            began = time.perf_counter()
            still = _render(job, network, listen)
            recipe = make_recipe(job, **_facts(network)).to_json() if with_recipe else None
            write_picture(job.output, still.pixels, alpha=still.alpha, recipe=recipe)
            height, width = still.pixels.shape[1:]
            listen(JobDone(job, time.perf_counter() - began, width, height))
        except (NetworkError, DeviceError, TargetError, UsageError):
            # The fault is the preset's or the machine's: every other job would fail alike.
            raise
        except DreamerError as error:
            listen(JobFailed(job, error))


def _render(job: Job, network: Network, listen: JobListener) -> Still:
    source = None if job.source is None else read_picture(job.source)
    return render_still(
        job.preset,
        network,
        None if source is None else source.pixels,
        None if source is None else source.alpha,
        listen=lambda event: listen(JobProgress(job, event)),
    )


def _facts(network: Network) -> dict[str, str]:
    return {
        "weights": network.weights_digest,
        "device": network.reason,
        "precision": str(network.precision).removeprefix("torch."),
        "torch": torch.__version__,
    }
