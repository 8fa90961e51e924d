"""Run jobs one after the other in this process."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import replace
from functools import lru_cache

import torch

from dreamer.errors import DeviceError, DreamerError, NetworkError, OutputError, TargetError, ToolError, UsageError
from dreamer.film.formats import film_codec
from dreamer.jobs.events import (
    FrameDone,
    JobDone,
    JobFailed,
    JobListener,
    JobProgress,
    JobSkipped,
    JobStarted,
    NetworkReady,
)
from dreamer.jobs.planning import Job, make_recipe
from dreamer.jobs.recipes import Recipe
from dreamer.jobs.stills import render_still
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
            recipe = make_recipe(job, **_facts(job, network)) if with_recipe else None
            done = _write_film(job, network, recipe, listen) if job.film else _write_still(job, network, recipe, listen)
            listen(replace(done, seconds=time.perf_counter() - began))
        except (NetworkError, DeviceError, TargetError, ToolError, UsageError):
            # The fault is the preset's or the machine's: every other job would fail alike.
            raise
        except DreamerError as error:
            listen(JobFailed(job, error))


def _write_still(job: Job, network: Network, recipe: Recipe | None, listen: JobListener) -> JobDone:
    source = None if job.source is None else read_picture(job.source)
    still = render_still(
        job.preset,
        network,
        None if source is None else source.pixels,
        None if source is None else source.alpha,
        listen=lambda event: listen(JobProgress(job, event)),
    )
    write_picture(job.output, still.pixels, alpha=still.alpha, recipe=None if recipe is None else recipe.to_json())
    height, width = still.pixels.shape[1:]
    return JobDone(job, 0.0, width, height)


def _write_film(job: Job, network: Network, recipe: Recipe | None, listen: JobListener) -> JobDone:
    from dreamer.jobs.films import render_film  # needs ffmpeg, which stills do without

    film = render_film(
        job,
        network,
        recipe,
        listen=lambda event: listen(JobProgress(job, event)),
        on_frame=lambda number, count: listen(FrameDone(job, number, count)),
    )
    return JobDone(job, 0.0, film.width, film.height, film.frames, film.seam)


def _facts(job: Job, network: Network) -> dict[str, str]:
    codec = {"codec": film_codec(job.output, job.film.codec).name} if job.film else {}
    return {
        **codec,
        "weights": network.weights_digest,
        "device": network.reason,
        "precision": str(network.precision).removeprefix("torch."),
        "torch": torch.__version__,
    }
