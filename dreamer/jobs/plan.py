"""From inputs and presets to jobs, each with its output, key, state and work. Imports no torch, writes nothing."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from dreamer.errors import NoInputError, PresetError, UsageError
from dreamer.jobs.first_target import order_label, target_overrides
from dreamer.jobs.inputs import NO_INPUT, Input, find_inputs
from dreamer.jobs.job import FilmSettings, Job, examined
from dreamer.jobs.journal import Journal
from dreamer.jobs.orders import Order
from dreamer.jobs.outputs import OutputTemplate, check_outputs, kept_apart
from dreamer.jobs.sounds import check_sound, film_seconds, hear_song, song_of
from dreamer.jobs.sweeps import combinations, label, parse_sweep
from dreamer.jobs.view import Views
from dreamer.networks.names import require_known_network
from dreamer.pictures.settings import DEFAULT_SETTINGS, FileSettings
from dreamer.presets.adjust import with_motion, with_options
from dreamer.presets.model.schema import Preset
from dreamer.presets.source.load import Hear, ResolvedPreset, resolve_preset
from dreamer.presets.source.named_files import missing_files


@dataclass(frozen=True)
class Variant:
    """A preset with one combination of swept values."""

    name: str
    preset_name: str
    preset: Preset


@dataclass(frozen=True)
class Shown:
    """What an order wants to be shown beside, or in place of, each still; `growth`: where such films go."""

    compare: bool = False
    growth: OutputTemplate | None = None
    variants: int | None = None


NOTHING_ELSE = Shown()


def shown_by(order: Order, folder: Path = Path()) -> Shown:
    """What an order wants to be shown; its films go below `folder`."""
    growth = None
    if order.growth is not None:
        growth = OutputTemplate(order.growth, "--growth", folder, in_folder=("", "{stem}-{variant}-growth.mp4"))
    return Shown(order.compare, growth, order.variants)


def plan_jobs(
    inputs: Sequence[Input],
    variants: Sequence[Variant],
    template: OutputTemplate,
    *,
    film: FilmSettings | None = None,
    files: FileSettings = DEFAULT_SETTINGS,
    shown: Shown = NOTHING_ELSE,
    journal: Journal | None = None,
) -> list[Job]:
    """Every input with every variant: a photo sets `canvas.start` to "photo", no photo unsets it.

    With `film`, presets that have an `[animation]` table make films. `shown`: what else is shown of stills.

    Raises, before any work, UsageError where the template has an unknown field, the codec is unknown, a film has no
    song to follow or too short a one, and for views that jobs cannot have, and what `check_outputs` raises.
    """
    crossed = _crossed(inputs, variants, template, film, files, shown)
    jobs = list({(job.place, str(job.source), job.variant): job for job in crossed}.values())  # named twice, done once
    check_outputs(jobs, template.option)
    return [examined(job, journal) for job in jobs]


def plan_batch(orders: Sequence[Order], folder: Path, journal: Journal) -> list[Job]:
    """Every input with every variant of every order.

    Raises, before any work: PresetError for presets that are missing or wrong, NoInputError for inputs that are not
    there or folders that cannot be listed, and what `check_outputs` raises.
    """
    jobs: list[Job] = []
    for order in orders:
        variants = find_variants(order)
        inputs = find_order_inputs(order, variants, apart_from=folder)
        template = OutputTemplate(order.template, "--template", folder, (order.format, order.film_format))
        jobs += _crossed(inputs, variants, template, FilmSettings(), order.files, shown_by(order, folder))
    jobs = kept_apart(jobs)
    check_outputs(jobs, "--template")
    return [examined(job, journal) for job in jobs]


def find_variants(order: Order, *, films: bool | None = None, hear: Hear = hear_song) -> list[Variant]:
    """The presets of an order with all combinations of its sweep.

    `films`: whether they are to make films, even those without an `[animation]` table; None: those that have one.
    `hear` listens to their songs.

    Raises PresetError for presets that are missing or wrong, or that name files that are not there, NetworkError for a
    network that there is not, SoundError for a song that cannot be heard.
    """
    variants = []
    for resolved, settings in resolved_presets(order, None if films is False else hear):
        require_known_network(resolved.preset.network.name, where=resolved.origins["network.name"])
        if missing := missing_files(resolved.preset):
            remedy = "Check the paths in the preset and in --set."
            raise PresetError(missing, where=str(resolved.file), remedy=remedy)
        preset = with_options(resolved.preset, size=order.size, seed=order.seed)
        if films or (films is None and preset.animation is not None):
            preset = with_motion(preset, preview=order.preview)
        elif order.preview:
            preset = with_options(preset, preview=True)
        variants.append(Variant(f"{resolved.name} {settings}".strip(), resolved.name, preset))
    return variants


def resolved_presets(order: Order, hear: Hear | None = None) -> Iterator[tuple[ResolvedPreset, str]]:
    """The presets of an order as they are read, with all combinations of its sweep, each with a name of its settings.

    Raises PresetError for presets that are missing or wrong, UsageError for options that exclude each other.
    """
    axes = [parse_sweep(text) for text in order.sweep]
    for name in order.presets:
        target = target_overrides(order, name)
        for values in combinations(axes):
            yield resolve_preset(name, [*target, *order.set, *values], hear), label([*order_label(order), *values])


def find_order_inputs(
    order: Order, variants: Sequence[Variant], *, apart_from: Path | None = None, below: bool = True
) -> list[Input]:
    """The inputs of an order. Raises NoInputError where it names none and a preset needs one."""
    if order.inputs:
        return find_inputs(
            order.inputs, include=order.include, exclude=order.exclude, apart_from=apart_from, below=below
        )
    for variant in variants:
        if variant.preset.canvas.start == "photo":
            raise NoInputError(
                f"the preset {variant.preset_name!r} dreams over a photo, and no INPUT is given",
                remedy='Name a picture, a folder, or "noise".',
            )
    return [NO_INPUT]


def fitted_to(preset: Preset, *, with_photo: bool) -> Preset:
    """The preset whose canvas starts as a photo, or as noise where it was to start as one and there is none."""
    start = preset.canvas.start
    if with_photo == (start == "photo"):
        return preset
    canvas = preset.canvas.model_copy(update={"start": "photo" if with_photo else "noise"})
    return preset.model_copy(update={"canvas": canvas})


def _crossed(
    inputs: Sequence[Input],
    variants: Sequence[Variant],
    template: OutputTemplate,
    film: FilmSettings | None,
    files: FileSettings,
    shown: Shown,
) -> Iterator[Job]:
    for source in inputs:
        for variant in variants:
            moving = film is not None and variant.preset.animation is not None
            if source.is_clip and not moving:
                raise UsageError(
                    f"{variant.preset_name} makes stills, and {source.source} is a film",
                    remedy="Use `dreamer animate` or `dreamer batch` with a preset that has an [animation] table.",
                )
            if moving:
                # A clip's own length is found when it is read.
                seconds = 0.0 if source.is_clip else film_seconds(variant.preset)
                check_sound(variant.preset, song_of(variant.preset), seconds)
            preset = fitted_to(variant.preset, with_photo=source.source is not None)
            output = template.path(source, variant.name, variant.preset_name, preset, film=moving)
            settings = film if moving else None
            still = Job(source.source, preset, variant.preset_name, output, settings, variant.name, files=files)
            growth = None
            if shown.growth is not None:
                growth = shown.growth.path(source, variant.name, variant.preset_name, preset, film=True)
            yield from Views(shown.compare, growth, shown.variants).jobs(still)
