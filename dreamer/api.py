"""`dream` and `animate`, the calls that do what the command line does."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import torch
from PIL.Image import Image
from torch import Tensor

from dreamer.dreaming.events import Listener, ignore
from dreamer.errors import PictureError
from dreamer.film.codecs import film_codec
from dreamer.jobs.films import FilmFacts, render_film
from dreamer.jobs.planning import FilmSettings, make_recipe, plan_jobs
from dreamer.jobs.stills import Still, render_still
from dreamer.networks import Network, load_network
from dreamer.pictures import Picture, read_picture
from dreamer.pictures.read import decode
from dreamer.presets import Preset, load_preset
from dreamer.presets.options import with_motion, with_options


def dream(
    photo: str | Path | Picture | Tensor | Image | None = None,
    preset: str | Path | Preset = "deep-dream",
    *,
    overrides: Sequence[str] = (),
    size: int | tuple[int, int] | None = None,
    seed: int | None = None,
    preview: bool = False,
    network: Network | None = None,
    device: str = "auto",
    precision: str = "auto",
    listen: Listener = ignore,
) -> Still:
    """Dream over a photo, or over noise where there is none, and return the picture.

    `photo`: a path, a `Picture`, a Pillow image, or a (3, H, W) float tensor in [0, 1], sRGB.
    `preset`: a name, a path or a `Preset`; `overrides` are as for `--set`: "octaves.count=6".
    `size`: longest side, or (width, height), in px. `preview`: the same look at a quarter of the area.
    `network`: one from `load_network`, to be used again and again; otherwise the preset's is loaded on `device`.
    `listen` is called with the engine's events.

    The still carries a recipe where the photo was given by path. Raises the errors of `dreamer.errors`.
    """
    chosen = with_options(_resolved(preset, overrides), size=size, seed=seed, preview=preview)
    source = Path(photo) if isinstance(photo, (str, Path)) else None
    picture = _picture(photo)
    name = preset.title if isinstance(preset, Preset) else Path(preset).stem
    if picture is None:
        (job,) = plan_jobs([None], [(name, chosen)])
    else:
        (job,) = plan_jobs([source or Path("photo")], [(name, chosen)])
    network = network or load_network(job.preset.network, device=device, precision=precision)
    still = render_still(
        job.preset,
        network,
        None if picture is None else picture.pixels,
        None if picture is None else picture.alpha,
        listen=listen,
    )
    if picture is not None and source is None:
        return still
    return replace(still, recipe=make_recipe(job, weights=network.weights_digest).to_json())


def animate(
    source: str | Path | None,
    output: str | Path,
    preset: str | Path | Preset = "infinite-zoom",
    *,
    overrides: Sequence[str] = (),
    size: int | tuple[int, int] | None = None,
    seed: int | None = None,
    preview: bool = False,
    codec: str | None = None,
    quality: int | None = None,
    keep_frames: bool = True,
    network: Network | None = None,
    device: str = "auto",
    precision: str = "auto",
    listen: Listener = ignore,
) -> FilmFacts:
    """Film a dream over a photo or a filmed clip, or over noise where `source` is None, and write it to `output`.

    The codec is by the suffix of `output`, or by name. A film that was interrupted goes on from its last whole frame.
    The other arguments are those of `dream`. Raises the errors of `dreamer.errors`.
    """
    chosen = with_motion(with_options(_resolved(preset, overrides), size=size, seed=seed), preview=preview)
    name = preset.title if isinstance(preset, Preset) else Path(preset).stem
    (job,) = plan_jobs([None if source is None else Path(source)], [(name, chosen)], str(output))
    job = replace(job, film=FilmSettings(codec, quality, keep_frames=keep_frames))
    network = network or load_network(job.preset.network, device=device, precision=precision)
    recipe = make_recipe(job, weights=network.weights_digest, codec=film_codec(job.output, codec).name)
    return render_film(job, network, recipe, listen=listen)


def _resolved(preset: str | Path | Preset, overrides: Sequence[str]) -> Preset:
    if isinstance(preset, Preset):
        if overrides:
            raise TypeError("overrides go with a preset's name or path; change a Preset with model_copy")
        return preset
    return load_preset(preset, overrides)


def _picture(photo: str | Path | Picture | Tensor | Image | None) -> Picture | None:
    if photo is None or isinstance(photo, Picture):
        return photo
    if isinstance(photo, (str, Path)):
        return read_picture(Path(photo))
    if isinstance(photo, Image):
        pixels, alpha = decode(photo)
        return Picture(pixels, alpha, "", "")
    if isinstance(photo, torch.Tensor) and photo.ndim == 3 and photo.shape[0] == 3:
        return Picture(photo.float().clamp(0, 1), None, "", "")
    raise PictureError(
        f"cannot dream over {type(photo).__name__}", remedy="Give (3, H, W) floats in [0, 1], or a path."
    )
