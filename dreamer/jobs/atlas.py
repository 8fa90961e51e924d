"""Atlases: what every kernel, class or direction wants, drawn many at a time, each as it would be drawn alone."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from pathlib import Path

from dreamer.devices import free_memory
from dreamer.dreaming.dream import dream
from dreamer.errors import OutputError
from dreamer.inspection.atlas import Drawn, Subject
from dreamer.jobs.planning import Job, make_recipe
from dreamer.jobs.rendering import write_still
from dreamer.jobs.stills import Still, preset_pictures
from dreamer.networks import Network
from dreamer.presets.model.schema import Preset

TOGETHER = 8


def draw_atlas(
    preset: Preset,
    name: str,
    subjects: Sequence[Subject],
    folder: Path,
    network: Network,
    *,
    force: bool = False,
    on_drawn: Callable[[Drawn], None] = lambda drawn: None,
) -> list[Drawn]:
    """Draw every subject with `preset` (called `name`) into `folder`/GROUP/NAME.png.

    Pictures that are there already are kept, so that an atlas that was stopped goes on. Each picture is the same as if
    it were drawn alone, and holds the recipe that draws it so. Raises the errors of `dreamer.errors`.
    """
    found: list[Drawn] = []
    waiting: list[tuple[Subject, Job]] = []
    for subject in subjects:
        chosen = preset.model_copy(update={"targets": subject.targets})
        job = Job(None, chosen, name, folder / subject.group / f"{subject.name}.png")
        if job.state == "exists" and not force:
            remedy = "Move it away, choose another --output, or use --force."
            raise OutputError("a file that dreamer did not write is in the way", where=str(job.output), remedy=remedy)
        if job.state == "done" and not force:
            found.append(Drawn(subject, job.output, fresh=False))
            on_drawn(found[-1])
        else:
            waiting.append((subject, job))
    pictures = preset_pictures(preset)
    for _, group in itertools.groupby(waiting, key=lambda pair: (pair[0].group, len(pair[0].targets))):
        members = list(group)
        for first in range(0, len(members), TOGETHER):
            part = members[first : first + TOGETHER]
            dreams = dream(
                preset,
                network,
                pictures=pictures,
                each=[subject.targets for subject, _ in part],
                free_memory=free_memory(network.device),
            ).cpu()
            for (subject, job), pixels in zip(part, dreams, strict=True):
                write_still(job, Still(pixels, None), network, make_recipe(job), 0.0)
                found.append(Drawn(subject, job.output, fresh=True))
                on_drawn(found[-1])
    places = {(subject.group, subject.name): place for place, subject in enumerate(subjects)}
    return sorted(found, key=lambda drawn: places[drawn.subject.group, drawn.subject.name])
