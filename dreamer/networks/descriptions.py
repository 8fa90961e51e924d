"""What each kernel of a network wants, measured once on photographs and kept in a small file beside its weights.

The file holds, for every kernel of a layer, the mean and deviation of its activation over photographs, the classes that
excite it most, and the color and fineness of what excites it. Reading it needs no torch.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import ClassVar

from platformdirs import user_cache_path
from pydantic import ConfigDict, TypeAdapter

from dreamer.atomic import atomic_write
from dreamer.bounded import parse_json, regular
from dreamer.errors import TargetError, WeightsError, nearest
from dreamer.networks.vocabulary import GROUPS, classes_about, word_forms
from dreamer.refusals import refusal

COLORS = ("red", "orange", "yellow", "green", "cyan", "blue", "violet", "bright", "dark")
GRAINS = ("fine", "medium", "coarse")
# A class belongs to a kernel from this lift on, in standard deviations of the kernel's activation.
MIN_LIFT = 0.25
# How many kernels a word stands for in a preset.
MAX_KERNELS = 8


@dataclass(frozen=True)
class KernelDescription:
    """One kernel. `classes`: the most exciting ones, with their lift in standard deviations, the strongest first.

    `mean`, `std`: of its mean activation over a photograph. `color`: a name, or empty; `grain`: fine, medium or coarse.
    """

    layer: str
    kernel: int
    mean: float
    std: float
    classes: tuple[tuple[int, float], ...]
    color: str
    grain: str


@dataclass(frozen=True)
class _Columns:
    """A layer in a file: an item a kernel."""

    mean: tuple[float, ...]
    std: tuple[float, ...]
    classes: tuple[tuple[int, ...], ...]
    lifts: tuple[tuple[float, ...], ...]
    color: tuple[str, ...]
    grain: tuple[str, ...]


@dataclass(frozen=True)
class _Tree:
    """A file."""

    weights: str
    classes: tuple[str, ...]
    layers: dict[str, _Columns]
    __pydantic_config__: ClassVar = ConfigDict(allow_inf_nan=False)


_TREE = TypeAdapter(_Tree)


@dataclass(frozen=True)
class NetworkDescription:
    """The kernels of a network's layers, and the names of its photographs' classes. `digest`: of the weights."""

    digest: str
    classes: tuple[str, ...]
    layers: dict[str, tuple[KernelDescription, ...]]

    def kernels_about(self, words: str, layer: str | None = None) -> list[tuple[float, KernelDescription]]:
        """Kernels that answer to all of the `words`, each with its score, the strongest first.

        A word is a group ("dogs", "fur", "arch"), part of a class name, a color or a grain; several are separated
        by commas or spaces. Raises TargetError for a word that names none of these.
        """
        asked = [word for word in words.replace(",", " ").split() if word]
        if classes_about(words, self.classes):  # "golden retriever" is one word
            asked = [words]
        for word in asked:
            self._check(word)
        wanted = [set(classes_about(word, self.classes)) for word in asked]
        matches = []
        for kernel in self._kernels(layer):
            scores = [_score(kernel, word, classes) for word, classes in zip(asked, wanted, strict=True)]
            if scores and min(scores) > MIN_LIFT:
                matches.append((sum(scores), kernel))
        return sorted(matches, key=lambda pair: -pair[0])

    def most_selective(self, layer: str, count: int) -> list[KernelDescription]:
        """The kernels of a layer with the largest lift of a class, at most `count`."""
        kernels = self.layers[layer]
        return sorted(kernels, key=lambda kernel: -max((lift for _, lift in kernel.classes), default=0))[:count]

    def _check(self, word: str) -> None:
        if not _looks(word) and not classes_about(word, self.classes):
            known = [*GROUPS, *COLORS, *GRAINS, *self.classes]
            suggestions = nearest(word, known) or [*GROUPS][:8]
            raise TargetError(f"no kernel is known by {word!r}", remedy=f"Try {', '.join(map(repr, suggestions))}.")

    def _kernels(self, layer: str | None) -> Iterator[KernelDescription]:
        for name, kernels in self.layers.items():
            if layer is None or name == layer:
                yield from kernels


def _score(kernel: KernelDescription, word: str, classes: set[int]) -> float:
    looks = _looks(word)
    if looks:
        return 1.0 if looks & {kernel.color, kernel.grain} else 0.0
    # Lifts of other classes count against: a kernel that answers to everything is about nothing.
    inside = sum(lift for index, lift in kernel.classes if index in classes)
    total = sum(lift for _, lift in kernel.classes) or 1.0
    return inside / max(1, min(len(classes), len(kernel.classes))) * (inside / total)


def _looks(word: str) -> set[str]:
    """The colors and grains that a word names."""
    return {*COLORS, *GRAINS}.intersection(word_forms(word))


def description_file(weights: Path | None, digest: str) -> Path:
    """Where a network's description is kept: beside its own file of weights, else in the user's cache."""
    if weights is not None:
        return weights.with_suffix(".kernels.json")
    return user_cache_path("dreamer", appauthor=False) / "kernels" / f"{digest[:24]}.json"


def write_description(description: NetworkDescription, path: Path) -> None:
    """Write a description whole or not at all. Raises OutputError."""
    layers = {
        name: {
            "mean": [kernel.mean for kernel in kernels],
            "std": [kernel.std for kernel in kernels],
            "classes": [[index for index, _ in kernel.classes] for kernel in kernels],
            "lifts": [[lift for _, lift in kernel.classes] for kernel in kernels],
            "color": [kernel.color for kernel in kernels],
            "grain": [kernel.grain for kernel in kernels],
        }
        for name, kernels in description.layers.items()
    }
    tree = {"weights": description.digest, "classes": description.classes, "layers": layers}
    with atomic_write(path, "w") as file:
        json.dump(tree, file, separators=(",", ":"), ensure_ascii=False)


@lru_cache(maxsize=8)
def read_description(path: Path) -> NetworkDescription:
    """The description in a file. Raises WeightsError where it is missing or damaged."""
    try:
        tree = _TREE.validate_python(parse_json(regular(path).read_bytes()))
        layers = {name: tuple(_described(name, columns, len(tree.classes))) for name, columns in tree.layers.items()}
        return NetworkDescription(tree.weights, tree.classes, layers)
    except FileNotFoundError:
        raise WeightsError(
            "nothing is known of this network's kernels yet",
            where=str(path),
            remedy="`dreamer networks describe NAME FOLDER` looks at a folder of photographs to find out.",
        ) from None
    except OSError as error:
        raise refusal(WeightsError, "the description of the kernels cannot be read", error, path) from error
    except ValueError as error:
        remedy = "Delete it, and describe the network again."
        raise WeightsError("the description of the kernels is damaged", where=str(path), remedy=remedy) from error


def layer_names(network: str) -> list[str]:
    """The layers that a network of that name or path was described with; those of the shipped one for any other."""
    data = Path(__file__).parent / "data"
    for path in (
        Path(network).with_suffix(".kernels.json"),
        data / f"{network}.kernels.json",
        data / "pocket.kernels.json",
    ):
        if path.is_file():
            return list(read_description(path).layers)
    return []


def _described(layer: str, columns: _Columns, count: int) -> Iterator[KernelDescription]:
    """The kernels of a layer. Raises ValueError for columns of different lengths, and classes from `count` on."""
    rows = zip(columns.mean, columns.std, columns.classes, columns.lifts, columns.color, columns.grain, strict=True)
    for kernel, (mean, std, classes, lifts, color, grain) in enumerate(rows):
        if any(not 0 <= index < count for index in classes):
            raise ValueError(f"kernel {kernel} of {layer} has a class that is not listed")
        yield KernelDescription(layer, kernel, mean, std, tuple(zip(classes, lifts, strict=True)), color, grain)
