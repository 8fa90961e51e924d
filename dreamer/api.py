"""`dream`, `animate` and `batch`, the calls that do what the command line does."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import torch
from PIL.Image import Image
from pydantic import ValidationError
from torch import Tensor

from dreamer.dreaming.events import Listener, ignore
from dreamer.errors import PictureError, UsageError
from dreamer.jobs.claims import Claims
from dreamer.jobs.events import JobDone, JobEvent, JobFailed, JobProgress
from dreamer.jobs.executors import Inline, Processes
from dreamer.jobs.executors.processes import worker_devices
from dreamer.jobs.films import Film
from dreamer.jobs.job import FilmSettings, Job, examined
from dreamer.jobs.journal import Journal
from dreamer.jobs.orders import FileOrder
from dreamer.jobs.outputs import check_outputs
from dreamer.jobs.plan import fitted_to, plan_batch
from dreamer.jobs.run import Choices, JobRun, Tally, journaled_run
from dreamer.jobs.sounds import hear_song
from dreamer.jobs.stills import Still
from dreamer.jobs.view import Views
from dreamer.networks import Network
from dreamer.pictures import Picture, read_picture
from dreamer.pictures.read import picture_of
from dreamer.pictures.settings import DEFAULT_SETTINGS, FileSettings
from dreamer.presets import Preset
from dreamer.presets.adjust import with_motion, with_options
from dreamer.presets.dump import inline_toml
from dreamer.presets.model.animation import Animation
from dreamer.presets.model.diagnostics import diagnostics_in
from dreamer.presets.source.load import Hear, resolve_preset


def dream(
    photo: str | Path | Picture | Tensor | Image | None = None,
    preset: str | Path | Preset = "deep-dream",
    *,
    overrides: Sequence[str] = (),
    size: int | tuple[int, int] | None = None,
    seed: int | None = None,
    preview: bool = False,
    compare: bool = False,
    growth: str | Path | None = None,
    variants: int | None = None,
    network: Network | None = None,
    device: str = "auto",
    precision: str = "auto",
    listen: Listener = ignore,
) -> Still:
    """Dream over a photo, or over noise where there is none, and return the picture.

    `photo`: a path, a `Picture`, a Pillow image, or a (3, H, W) float tensor in [0, 1], sRGB.
    `preset`: a name, a path or a `Preset`; `overrides` are as for `--set`: "octaves.count=6".
    `size`: longest side, or (width, height), in px. `preview`: the same look at a quarter of the area.
    `compare`: return the photo and the dream side by side. `growth`: write a film there of how the picture came to be.
    `variants`: return a sheet of this many seeds, small, to choose from.
    `network`: one from `load_network`, to be used again and again; otherwise the preset's is loaded on `device`.
    `listen` is called with the engine's events.

    The still carries a recipe where the photo came from a file. Raises the errors of `dreamer.errors`.
    """
    chosen = with_options(_resolved(preset, overrides), size=size, seed=seed, preview=preview)
    picture = _picture(photo)
    fitted = fitted_to(chosen, with_photo=picture is not None)
    views = Views(compare, None if growth is None else Path(growth), variants)
    jobs = [job for job in views.jobs(Job(picture, fitted, _name(preset))) if not compare or job.view is not None]
    done = _done(jobs, network, device, precision, listen)
    return next(each.still for each in done if each.still is not None)


def animate(
    source: str | Path | None,
    output: str | Path,
    preset: str | Path | Preset = "infinite-zoom",
    *,
    overrides: Sequence[str] = (),
    size: int | tuple[int, int] | None = None,
    seed: int | None = None,
    preview: bool = False,
    sound: str | Path | None = None,
    codec: str | None = None,
    quality: int | None = None,
    keep_frames: bool = True,
    network: Network | None = None,
    device: str = "auto",
    precision: str = "auto",
    listen: Listener = ignore,
) -> Film:
    """Film a dream over a photo or a filmed clip, or over noise where `source` is None, and write it to `output`.

    `sound`: a song, which the film has and the preset's values may follow; lengths in beats, bars or sections are the
    song's where the preset is given by its name. The codec is by the suffix of `output`, or by name.
    A film that was interrupted goes on from its last whole frame.
    The other arguments are those of `dream`. Raises the errors of `dreamer.errors`.
    """
    resolved = _resolved(preset, overrides, hear_song, sound)
    chosen = with_motion(with_options(resolved, size=size, seed=seed), preview=preview)
    fitted = fitted_to(chosen, with_photo=source is not None)
    settings = FilmSettings(codec, quality, keep_frames=keep_frames)
    job = Job(None if source is None else Path(source), fitted, _name(preset), Path(output), settings)
    (done,) = _done([job], network, device, precision, listen)
    return Film(done.frames or 0, done.width, done.height, done.seam or 0.0, done.warnings)


def batch(
    inputs: Sequence[str | Path],
    presets: Sequence[str],
    folder: str | Path,
    *,
    overrides: Sequence[str] = (),
    sweep: Sequence[str] = (),
    size: int | tuple[int, int] | None = None,
    seed: int | None = None,
    preview: bool = False,
    compare: bool = False,
    growth: str | None = None,
    variants: int | None = None,
    file_settings: FileSettings = DEFAULT_SETTINGS,
    workers: int | None = None,
    device: str = "auto",
    precision: str = "auto",
    retry_failed: bool = False,
    redo_stale: bool = False,
    force: bool = False,
    listen: Listener = ignore,
) -> Tally:
    """Dream over every input with every preset into `folder`, and return what became of the jobs, in numbers.

    `inputs`: files, folders with all pictures below them, patterns, or "noise". `sweep`: as for the command line,
    "octaves.scale=1.2,1.4"; so are `compare`, `growth` and `variants`. `file_settings`: how pictures' files are made.
    `workers`: processes that share the work; None: this one. What is finished is not done again, a broken input fails
    alone, and other processes may work on the same folder meanwhile.
    `listen` is called with the engine's events, where no other process does the work.
    Raises the errors of `dreamer.errors` for what would keep every job from being done.
    """
    asked = {
        "inputs": [str(text) for text in inputs],
        "presets": presets,
        "set": overrides,
        "sweep": sweep,
        "size": size,
        "seed": seed,
        "preview": preview,
        "compare": compare,
        "growth": growth,
        "variants": variants,
        **file_settings.model_dump(exclude_defaults=True),
    }
    try:
        order = FileOrder.model_validate(asked)
    except ValidationError as error:
        raise UsageError("; ".join(map(str, diagnostics_in(error, asked, FileOrder)))) from error
    journal = Journal(Path(folder))

    def hear(event: JobEvent) -> None:
        if isinstance(event, JobProgress):
            listen(event.event)

    inline = Inline(device=device, precision=precision, listen=hear)
    try:
        plan = plan_batch([order], Path(folder), journal)
        choices = Choices(again=retry_failed, stale=redo_stale, force=force)
        run = journaled_run(plan, Path(folder), journal, choices, lambda event: None)
        with inline if workers is None else Processes(worker_devices(device, workers), precision=precision) as executor:
            return run.run(executor)
    finally:
        journal.close()


def _done(jobs: Sequence[Job], network: Network | None, device: str, precision: str, listen: Listener) -> list[JobDone]:
    """Do jobs in this process, whatever is at their outputs. Raises what has gone wrong."""
    results: list[JobDone] = []
    check_outputs(jobs, "output")

    def hear(event: JobEvent) -> None:
        if isinstance(event, JobProgress):
            listen(event.event)
        elif isinstance(event, JobFailed):
            raise event.error
        elif isinstance(event, JobDone):
            results.append(event)

    with Inline(device=device, precision=precision, network=network, listen=hear) as executor:
        JobRun([examined(job) for job in jobs], Choices(force=True), hear, claims=Claims()).run(executor)
    return results


def _name(preset: str | Path | Preset) -> str:
    return preset.title if isinstance(preset, Preset) else Path(preset).stem


def _resolved(
    preset: str | Path | Preset, overrides: Sequence[str], hear: Hear | None = None, sound: str | Path | None = None
) -> Preset:
    if isinstance(preset, Preset):
        if overrides:
            raise TypeError("overrides go with a preset's name or path; change a Preset with model_copy")
        animation = preset.animation or Animation()
        if sound is None:
            return preset
        return preset.model_copy(update={"animation": animation.model_copy(update={"song": str(sound)})})
    songs = [] if sound is None else [f"animation.song={inline_toml(str(sound))}"]
    return resolve_preset(preset, [*overrides, *songs], hear).preset


def _picture(photo: str | Path | Picture | Tensor | Image | None) -> Picture | None:
    if photo is None or isinstance(photo, Picture):
        return photo
    if isinstance(photo, (str, Path)):
        return read_picture(Path(photo))
    if isinstance(photo, Image):
        return picture_of(photo)
    if isinstance(photo, torch.Tensor) and photo.ndim == 3 and photo.shape[0] == 3:
        return Picture(photo.float().clamp(0, 1), None, "", "")
    raise PictureError(
        f"cannot dream over {type(photo).__name__}", remedy="Give (3, H, W) floats in [0, 1], or a path."
    )
