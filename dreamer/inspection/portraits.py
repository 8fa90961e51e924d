"""Small dreams for figures: one for each of many targets, drawn several at a time."""

from __future__ import annotations

from collections.abc import Sequence

from torch import Tensor

from dreamer.devices import free_memory
from dreamer.dreaming.dream import dream
from dreamer.finding.areas import find_areas
from dreamer.networks import Network
from dreamer.pictures.named import preset_pictures
from dreamer.presets.adjust import with_options
from dreamer.presets.model.schema import Preset, Target
from dreamer.presets.source.load import resolve_preset
from dreamer.presets.source.named_files import wanted_areas

TOGETHER = 4
# A kernel that is off on noise has no gradient there unless a slight slope lets one through.
PORTRAIT_SLOPE = 0.02


def dream_each(
    preset: Preset, network: Network, photo: Tensor | None, targets: Sequence[Sequence[Target]]
) -> list[Tensor]:
    """Dream once for each list of targets in place of the preset's: pictures (3, H, W) in [0, 1] on the CPU.

    `photo`: (1, 3, h, w) in [0, 1], or None where the preset starts from noise. Raises the errors of `dream`.
    """
    pictures, memory = preset_pictures(preset), free_memory(network.device)
    areas = {} if photo is None else find_areas(wanted_areas(preset), network, photo)
    dreams: list[Tensor] = []
    for first in range(0, len(targets), TOGETHER):
        part = targets[first : first + TOGETHER]
        batch = None if photo is None else photo.expand(len(part), -1, -1, -1)
        dreams += dream(
            preset, network, batch, pictures=pictures, areas=areas, batch_targets=part, free_memory=memory
        ).cpu()
    return dreams


def kernel_portraits(network: Network, layer: str, kernels: Sequence[int], *, size: int = 128) -> list[Tensor]:
    """What each kernel of a layer looks for, by the preset `kernel-study`: (3, size, size) in [0, 1] on the CPU.

    Open the network with a negative slope of `PORTRAIT_SLOPE`.
    """
    study = with_options(resolve_preset("kernel-study", ("octaves.output_scale=1",)).preset, size=(size, size))
    targets = [Target.model_validate({"layer": layer, "kernels": kernel, "measure": "mean"}) for kernel in kernels]
    return dream_each(study, network, None, [(target,) for target in targets])


def restyle(network: Network, photo: Tensor, style: str, *, size: int | None = None, strength: float = 1.0) -> Tensor:
    """A photo (1, 3, h, w) in [0, 1] with the texture of the picture at `style`, by the preset `style`.

    `size`: longest side of the result in px, by default the photo's own. `strength`: above 0; the smaller, the more is
    held on to the photo's features. Raises PictureError for an unreadable style.
    """
    preset = resolve_preset("style", [f'targets.0.style="{style}"']).preset
    held = preset.penalties.model_copy(update={"photo_features": preset.penalties.photo_features / strength})
    preset = preset.model_copy(update={"penalties": held})
    preset = with_options(preset, size=size or max(photo.shape[-2:]))
    return dream(preset, network, photo, pictures=preset_pictures(preset), free_memory=free_memory(network.device))
