"""One still: a preset and a photo or noise in, a dreamt picture with its recipe out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import torch
from torch import Tensor

from dreamer.devices import free_memory
from dreamer.dreaming.dream import dream
from dreamer.dreaming.events import DreamWarning, Listener, WarningsHeard, ignore
from dreamer.dreaming.extent import covering
from dreamer.film.filmed_pictures import first_frames
from dreamer.finding.areas import find_areas
from dreamer.jobs.job import Job
from dreamer.jobs.octaves import OctaveStore
from dreamer.networks import Network
from dreamer.pictures import Picture, read_picture, write_picture
from dreamer.pictures.gamut import faded
from dreamer.pictures.named import preset_pictures
from dreamer.pictures.origin import Origin
from dreamer.pictures.reduced import LARGEST
from dreamer.pictures.settings import DEFAULT_SETTINGS, FileSettings
from dreamer.presets.model.canvas import Wraps
from dreamer.presets.model.schema import Preset, Target
from dreamer.presets.source.named_files import mask_pictures, wanted_areas

if TYPE_CHECKING:
    from PIL.Image import Image


@dataclass(frozen=True)
class Still:
    """A dreamt picture. `pixels`: (3, H, W) float32 in [0, 1], sRGB, on the CPU; `alpha`: (1, H, W) or None.

    `warnings`: why it may not be what was wanted, such as that it is nearly gray. `beyond`: (3, H, W), what the photo's
    colors have beyond sRGB, or None; `origin`: what else the photo's file holds.
    """

    pixels: Tensor
    alpha: Tensor | None
    recipe: str | None = None
    warnings: tuple[DreamWarning, ...] = ()
    beyond: Tensor | None = None
    origin: Origin | None = None

    def save(self, path: str | Path, file_settings: FileSettings = DEFAULT_SETTINGS) -> None:
        """Write PNG, JPEG, WebP, TIFF or OpenEXR by the suffix, with the recipe inside. Raises OutputError."""
        self.write(Path(path), file_settings)

    def write(self, path: Path, file_settings: FileSettings) -> tuple[str, ...]:
        """The same; returns what could not be kept of the photo's file, for people."""
        return write_picture(
            path,
            self.pixels,
            alpha=self.alpha,
            recipe=self.recipe,
            beyond=self.beyond,
            origin=self.origin,
            file_settings=file_settings,
        )

    def image(self) -> Image:
        """The picture as 8-bit RGB for Pillow."""
        from PIL import Image

        return Image.fromarray((self.pixels.permute(1, 2, 0) * 255).round().to(torch.uint8).numpy())


def read_source(job: Job) -> Picture | None:
    """The picture that a job's canvas starts as; None where it starts without one. Raises PictureError."""
    return read_picture(job.source, max_megapixels=LARGEST / 1e6) if isinstance(job.source, Path) else job.source


def render_stills(
    preset: Preset,
    network: Network,
    photos: Sequence[Picture | None],
    *,
    targets: Sequence[Sequence[Target]] | None = None,
    others: Sequence[Network] = (),
    store: OctaveStore | None = None,
    listen: Listener = ignore,
) -> list[Still]:
    """Dream over photos of one size, together: each comes out as it would alone. None stands for no photo.

    `targets`: for each picture its own in place of the preset's. `others`: the network on other devices, which share
    the tiles of a large picture. `store`: where a single picture's octaves are kept, and gone on from.
    """
    given = [photo for photo in photos if photo is not None]
    batch = torch.cat([photo.pixels.unsqueeze(0) for photo in given]) if len(given) > 1 else None
    if len(given) == 1:
        batch = given[0].pixels.unsqueeze(0)  # no copy
    heard = WarningsHeard(listen)
    filmed = first_frames(mask_pictures(preset))
    dreams = dream(
        preset,
        network,
        batch,
        pictures={**preset_pictures(preset, apart_from=filmed), **filmed},
        areas={} if batch is None else find_areas(wanted_areas(preset), network, batch),
        batch_targets=targets,
        free_memory=free_memory(network.device),
        others=others,
        resume=None if store is None else store.read(),
        keep=None if store is None else store.write,
        listen=heard,
    ).cpu()
    stills = [Still(pixels, None, warnings=heard.about(number)) for number, pixels in enumerate(dreams)]
    return [
        still if photo is None else _of_photo(still, photo, preset.canvas.wraps)
        for still, photo in zip(stills, photos, strict=True)
    ]


def _of_photo(still: Still, photo: Picture, wraps: Wraps) -> Still:
    """A still with what its photo has beside the colors of sRGB."""
    notes = tuple(DreamWarning("input_file", f"{photo.name}: {note}") for note in photo.notes)
    return replace(
        still,
        alpha=None if photo.alpha is None else _fitting(photo.alpha, still.pixels, wraps).clamp(0, 1),
        beyond=None if photo.beyond is None else _beyond(photo.beyond, photo.pixels, still.pixels, wraps),
        origin=photo.origin,
        warnings=(*notes, *still.warnings),
    )


def _beyond(beyond: Tensor, photo: Tensor, dream: Tensor, wraps: Wraps) -> Tensor:
    return faded(_fitting(beyond, dream, wraps), dream, _fitting(photo, dream, wraps))


def _fitting(plane: Tensor, pixels: Tensor, wraps: Wraps) -> Tensor:
    """What goes with a photo, scaled and cropped as that was."""
    return covering(plane.unsqueeze(0), pixels.shape[1], pixels.shape[2], wraps)[0]
