"""What each octave of a dream wants: the targets that count, the network cut for them, and their objective."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from torch import Tensor

from dreamer.dreaming.bound_targets import LOGITS, BoundTarget
from dreamer.dreaming.masks import MaskPlacement
from dreamer.dreaming.passes import Objective, Site
from dreamer.dreaming.penalties import Regularization
from dreamer.dreaming.protocols import Cut, Network
from dreamer.dreaming.targets import bind_batch, bind_target
from dreamer.presets.model.schema import Preset, Target


@dataclass(frozen=True, eq=False)
class OctaveTargets:
    """The targets of a preset by octave, counted from 0.

    `batch`: for every picture of a batch its own targets, as `check_alike` asks for; the preset's are those of the
    first one.
    """

    preset: Preset
    regularization: Regularization
    batch: Sequence[Sequence[Target]] | None

    def active(self, octave: int) -> list[int]:
        """Numbers of the targets that count at an octave; one of weight 0, as in a film's other scenes, does not."""
        ranges = [target.octaves or (1, self.preset.octaves.count) for target in self.preset.targets]
        inside = [number for number, (first, last) in enumerate(ranges) if first <= octave + 1 <= last]
        return [number for number in inside if self.preset.targets[number].weight != 0]

    def steps(self) -> list[int]:
        """Gradient steps of each octave; where no target counts there is nothing to ascend."""
        octaves = self.preset.octaves
        return [octaves.steps_at(octave) if self.active(octave) else 0 for octave in range(octaves.count)]

    def cut(self, network: Network, octaves: Iterable[int]) -> Cut:
        """A network cut at the deepest layer that these octaves' targets and penalties need."""
        numbers = [number for octave in octaves for number in self.active(octave)]
        targets = [targets[number] for number in numbers for targets in self.batch or [self.preset.targets]]
        layers = {layer for target in targets for layer in target.layer or (LOGITS,)}
        if self.regularization.features > 0:
            layers.add(self.features_layer(network))
        return network.cut(layers or {network.layers[0]}, wraps=self.preset.canvas.wraps)

    def features_layer(self, network: Network) -> str:
        """The layer whose distance from the photo is penalized: by default the targets' deepest."""
        layers = [layer for target in self.preset.targets for layer in target.layer or ()]
        return self.regularization.features_layer or max(layers, key=network.depth)


def check_alike(preset: Preset, batch: Sequence[Sequence[Target]]) -> None:
    """Raise ValueError where the targets of a batch's pictures cannot go through the network together."""
    if len({len(targets) for targets in batch}) != 1:
        raise ValueError("every picture of a batch needs the same number of targets")
    if preset.normalize_targets and len({tuple(target.weight for target in targets) for targets in batch}) > 1:
        raise ValueError("normalized targets of a batch need the same weights")


@dataclass(frozen=True, eq=False)
class Objectives:
    """Binds the targets of octaves to networks. `start`: what the canvas starts as; `pictures`: as for `dream`."""

    targets: OctaveTargets
    masks: MaskPlacement
    start: Tensor
    pictures: Mapping[str, Tensor]

    def of(self, octave: int, size: tuple[int, int], network: Network) -> Objective:
        """The objective of an octave of (height, width), on the device of a network."""
        masks = [
            self.masks.of(self.targets.preset.targets[number].mask, *size) for number in self.targets.active(octave)
        ]
        return self._objective(octave, size, network, masks)

    def sites(
        self, octave: int, size: tuple[int, int], objective: Objective, networks: Sequence[Network]
    ) -> list[Site]:
        """What each of the devices that share the octave with `objective` needs."""
        return [
            Site(
                self.targets.cut(network, [octave]),
                self._objective(octave, size, network, objective.masks),
                network.device,
            )
            for network in networks
        ]

    def _objective(
        self, octave: int, size: tuple[int, int], network: Network, masks: Sequence[Tensor | None]
    ) -> Objective:
        pictures = {path: picture.to(network.device) for path, picture in self.pictures.items()}
        given = (network, pictures, self.start.to(network.device), max(size))
        bound: list[BoundTarget] = []
        for number in self.targets.active(octave):
            if self.targets.batch is None:
                bound.append(bind_target(self.targets.preset.targets[number], *given))
            else:
                bound.append(bind_batch([targets[number] for targets in self.targets.batch], *given))
        features = self.targets.regularization.features
        layer = self.targets.features_layer(network) if features > 0 else ""
        return Objective(bound, masks, self.targets.preset.normalize_targets, features, layer)
