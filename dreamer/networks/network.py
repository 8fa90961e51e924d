"""A network that is ready to dream: loaded, traced, and cut where a preset asks."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import cached_property
from pathlib import Path

import torch
from torch import Tensor, nn

from dreamer.devices import DeviceChoice, choose_device
from dreamer.errors import TargetError
from dreamer.networks.catalog import find_entry
from dreamer.networks.cut import LOGITS, Cut, LayerShape, Rectifier, Trace
from dreamer.networks.descriptions import MAX_KERNELS, NetworkDescription, description_file, read_description
from dreamer.networks.download import DownloadListener
from dreamer.networks.labels import class_index, read_labels
from dreamer.networks.layer_names import torch_names
from dreamer.networks.names import SHIPPED, SUFFIX
from dreamer.networks.weights import LoadedNetwork, load_named, load_pocket, normalized_by, relabelled
from dreamer.presets.model.canvas import FLAT, Wraps
from dreamer.presets.model.schema import NetworkChoice
from dreamer.presets.source.lookup import is_path


class Network:
    """A pretrained network on a device. Cuts are made once for each set of layers and shared.

    `classes`: names in the order of the logits. `weights_digest`: SHA-256 of the weights' file, or "random".
    `reason`: which device and precision, and why. `input_side`: side in px of the squares that it was trained on.
    """

    def __init__(self, loaded: LoadedNetwork, choice: DeviceChoice, *, negative_slope: float = 0.0) -> None:
        self.name, self.classes, self.weights_digest = loaded.name, loaded.classes, loaded.digest
        self.device, self.precision, self.reason = choice.device, choice.precision, choice.reason
        self._loaded, self._negative_slope = loaded, negative_slope
        self.input_side = loaded.input_side
        self._trace = Trace(loaded.module, torch_names(loaded.architecture))
        self._cuts: dict[tuple[frozenset[str], Rectifier | None, Wraps], Cut] = {}

    @property
    def layers(self) -> tuple[str, ...]:
        """Layers with a (B, C, h, w) map or a row of units, in order of computation, and `logits` last."""
        return self._trace.layers

    def own_name(self, layer: str) -> str:
        """The network's own name of a layer that may be called as in papers: of VGG16's "conv5_3" it is "features.28".

        What is unknown is left as it is.
        """
        return self._trace.own_name(layer)

    def depth(self, layer: str) -> int:
        """The position of a layer in order of computation, by any name. Raises TargetError for an unknown one."""
        own = self.own_name(layer)
        if own not in self.layers:
            raise self._trace.unknown(layer)
        return self.layers.index(own)

    def is_fully_connected(self, layer: str) -> bool:
        """Whether a layer, by any name, has a row of units in place of maps; the logits do not count."""
        return self.own_name(layer) in self._trace.fully_connected

    @cached_property
    def _kernels(self) -> dict[str, int]:
        return {shape.name: shape.channels for shape in self.describe(512, 512)}

    def kernels(self, layer: str) -> int:
        """How many kernels a layer has. Raises TargetError with the nearest names for an unknown layer."""
        if self.own_name(layer) not in self._kernels:
            raise self._trace.unknown(layer)
        return self._kernels[self.own_name(layer)]

    def describe(self, height: int, width: int) -> list[LayerShape]:
        """Every layer's kind and shape for a picture of height x width px."""
        try:
            return self._trace.shapes(height, width)
        except RuntimeError as error:
            raise TargetError(f"{self.name} does not take {width} x {height} px: {error}") from error

    def class_index(self, wanted: int | str) -> int:
        """The index of a class by number or name. Raises TargetError with the nearest names."""
        return class_index(wanted, self.classes)

    @property
    def file(self) -> Path | None:
        """The file of its weights; None where they are random or in torch's cache."""
        return self._loaded.file

    @property
    def description(self) -> NetworkDescription:
        """What its kernels want, as `dreamer networks describe` measured it. Raises WeightsError where it did not."""
        return read_description(description_file(self.file, self.weights_digest))

    def kernels_about(self, layer: str, words: str) -> list[int]:
        """The kernels of a layer that answer most to `words` such as "dogs" or "red petals", the strongest first.

        Raises TargetError where there is none, WeightsError where the network was never described.
        """
        description = self.description
        kernels = description.kernels_about(words, layer)
        if not kernels:
            elsewhere = list(dict.fromkeys(kernel.layer for _, kernel in description.kernels_about(words)))
            known = ", ".join(elsewhere[:8] if layer in description.layers else description.layers)
            raise TargetError(f"no kernel of {layer!r} is about {words!r}", remedy=f"Try {known}." if known else None)
        return [kernel.kernel for _, kernel in kernels[:MAX_KERNELS]]

    def cut(self, layers: Iterable[str], rectifier: Rectifier | None = None, *, wraps: Wraps = FLAT) -> Cut:
        """The network up to the deepest of `layers`, with `rectifier` in the place of every ReLU where given.

        `wraps`: whether rows, and whether columns, go on at the picture's other end.
        Raises TargetError with the nearest names for an unknown layer.
        """
        wanted = frozenset(layers), rectifier, wraps
        if wanted not in self._cuts:
            self._cuts[wanted] = Cut(
                self._trace,
                sorted(wanted[0], key=self.depth),
                mean=self._loaded.mean,
                std=self._loaded.std,
                device=self.device,
                precision=self.precision,
                negative_slope=self._negative_slope,
                rectifier=rectifier,
                wraps=wraps,
            )
        return self._cuts[wanted]

    @property
    def module(self) -> nn.Module:
        """The untouched module, in float32 on the CPU: its weights to look at, never to change."""
        return self._loaded.module

    def normalized(self, image: Tensor) -> Tensor:
        """(B, 3, H, W) in [0, 1] as the untouched module takes it."""
        mean, std = (torch.tensor(values, device=image.device).view(1, 3, 1, 1) for values in self._normalization)
        return (image - mean) / std

    @property
    def _normalization(self) -> tuple[tuple[float, ...], tuple[float, ...]]:
        return self._loaded.mean, self._loaded.std


def load_network(
    choice: NetworkChoice | str = "pocket",
    *,
    device: str = "auto",
    precision: str = "auto",
    listen: DownloadListener | None = None,
) -> Network:
    """Load a network by name, by the path of a pocket network, or as a preset's network table names it.

    Missing weights are downloaded to torch's cache; `listen(done, total)` is called with bytes.
    Raises NetworkError for an unknown name, WeightsError for weights that are missing, damaged or do not fit,
    DeviceError for a missing device.
    """
    if isinstance(choice, str):
        choice = NetworkChoice(name=choice)
    labels = None if choice.labels is None else read_labels(Path(choice.labels))
    chosen = choose_device(device, precision)
    loaded = normalized_by(load_named(choice.name, choice.weights, labels, listen=listen), choice.mean, choice.std)
    return Network(loaded, chosen, negative_slope=choice.negative_slope)


def layer_table(name: str, height: int, width: int) -> Sequence[LayerShape]:
    """Every layer of a named network for a picture of height x width px; needs no weights and downloads none."""
    loaded = load_named(name, "random", None)
    return Network(loaded, DeviceChoice(torch.device("cpu"), torch.float32, "")).describe(height, width)


def class_names(name: str, weights: str = "default", labels: Path | None = None) -> tuple[str, ...]:
    """The classes of a network, named or given by a pocket network's path; needs no download.

    `weights`: as for a preset; a file's own number of classes counts. `labels`: a file of names in their place. Raises
    NetworkError for an unknown name, WeightsError for files that cannot be read or whose numbers differ.
    """
    if weights != "default":
        classes = load_named(name, weights, None).classes
    else:
        classes = load_pocket(name).classes if name in SHIPPED or is_path(name, SUFFIX) else find_entry(name).classes
    return classes if labels is None else relabelled(name, classes, read_labels(labels))


__all__ = ["LOGITS", "Network", "class_names", "layer_table", "load_network"]
