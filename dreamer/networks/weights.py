"""Weights: shipped, downloaded and verified, or a person's own files."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

import torch
from torch import Tensor, nn

from dreamer.errors import WeightsError
from dreamer.networks.catalog import CatalogEntry, find_entry
from dreamer.networks.download import DownloadListener, cached_weights
from dreamer.networks.metadata import parse_metadata
from dreamer.networks.names import SHIPPED, SUFFIX
from dreamer.networks.pocket import IMAGENET_MEAN, IMAGENET_STD, PocketNetwork
from dreamer.networks.state_files import check_fit, fit_state, read_safetensors, read_state, sha256
from dreamer.presets.source.lookup import is_path

DATA = Path(__file__).parent / "data"
# Pocket networks are built like GoogLeNet, with its names of layers, for pictures of 128 px.
POCKET_INPUT = ("googlenet", 128)
# SHA-256 of the files of the networks that ship.
SHIPPED_DIGESTS = {
    "pocket": "3fef536c29749d5526f5d8f7ce6ea5abbeccd85483bf9e4b343d5f5e3c77afb4",
    "pocket-bold": "3e5b5b2501ccab72cb20b6d537914d713f60ee415d64643ab34e802ef5d4f584",
    "pocket-fine": "a5f0e5c71ff90c36f401d1e694fbdbee4a8e9ae8d7d3b15830f50bd57ebe90ff",
}


@dataclass(frozen=True)
class LoadedNetwork:
    """A network with its weights, what normalizes its input, and its classes.

    `architecture`: torchvision's name of what it is built like. `input_side`: of the squares that it was trained on, in
    px. `file` holds the weights, or is None where they are random or in torch's cache.
    """

    name: str
    module: nn.Module
    classes: tuple[str, ...]
    mean: tuple[float, ...]
    std: tuple[float, ...]
    digest: str
    file: Path | None = None
    architecture: str = ""
    input_side: int = 224


def shipped_file(name: str) -> Path:
    """The weights of a network that ships."""
    return DATA / f"{name}{SUFFIX}"


def load_named(
    name: str, weights: str, labels: tuple[str, ...] | None, *, listen: DownloadListener | None = None
) -> LoadedNetwork:
    """A network of the catalog with default, random, or a file's weights, or the pocket network of a path.

    `labels` take the place of its classes' names. Raises WeightsError where their number differs.
    """
    if is_path(name, SUFFIX):
        loaded = load_pocket_file(Path(name))
    else:
        loaded = _load_shipped(name, weights) if name in SHIPPED else _load_entry(find_entry(name), weights, listen)
    return loaded if labels is None else replace(loaded, classes=relabelled(loaded.name, loaded.classes, labels))


def relabelled(name: str, classes: tuple[str, ...], labels: tuple[str, ...]) -> tuple[str, ...]:
    """The labels in place of a network's classes. Raises WeightsError where their number differs."""
    if len(labels) != len(classes):
        raise WeightsError(
            f"{name} has {len(classes)} classes, but there are {len(labels)} labels",
            remedy="Give one label a line, in the order of the network's outputs.",
        )
    return labels


def normalized_by(
    loaded: LoadedNetwork, mean: tuple[float, ...] | None, std: tuple[float, ...] | None
) -> LoadedNetwork:
    """The network with another mean and deviation, of red, green and blue in [0, 1], where they are given."""
    if mean is None and std is None:
        return loaded
    if hasattr(loaded.module, "transform_input"):
        # GoogLeNet and Inception v3 would bring what is normalized as for ImageNet to [-1, 1].
        loaded.module.transform_input = False  # type: ignore[assignment]
    return replace(loaded, mean=mean or loaded.mean, std=std or loaded.std)


def load_pocket(name: str) -> LoadedNetwork:
    """A network that ships, by its name, or the pocket network of a path."""
    return load_pocket_file(shipped_file(name) if name in SHIPPED else Path(name))


def load_pocket_file(path: Path) -> LoadedNetwork:
    """A pocket network that `dreamer networks train` wrote. Raises WeightsError for any other file."""
    tensors, metadata = read_safetensors(path)
    try:
        facts = parse_metadata(metadata)
    except ValueError as error:
        raise WeightsError(
            "is not a pocket network",
            where=str(path),
            remedy='Name the network it belongs to: network = { name = "resnet50", weights = "FILE" }.',
        ) from error
    state = {key: value.float() for key, value in tensors.items()}
    with torch.device("meta"):  # a network that the file does not hold is never given memory
        check_fit(PocketNetwork(len(facts.classes), facts.of_network()), state, path)
    module = PocketNetwork(len(facts.classes), facts.of_network())
    module.load_state_dict(state, strict=False)
    return LoadedNetwork(path.stem, module, facts.classes, facts.mean, facts.std, sha256(path), path, *POCKET_INPUT)


def _load_entry(entry: CatalogEntry, weights: str, listen: DownloadListener | None) -> LoadedNetwork:
    if weights == "random":
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(0)
            return LoadedNetwork(
                entry.name, _without_heads(entry.build()), entry.classes, entry.mean, entry.std, "random", None,
                entry.name, entry.input_side,
            )  # fmt: skip
    path = cached_weights(entry, listen=listen) if weights == "default" else Path(weights)
    module, count = _filled(entry, read_state(path), path)
    classes = entry.classes if len(entry.classes) == count else tuple(f"class {i}" for i in range(count))
    file = None if weights == "default" else path
    digest, side = sha256(path), entry.input_side
    return LoadedNetwork(entry.name, module, classes, entry.mean, entry.std, digest, file, entry.name, side)


def _load_shipped(name: str, weights: str) -> LoadedNetwork:
    if weights not in ("default", "random"):
        return load_pocket_file(Path(weights))
    if weights == "random":
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(0)
            module = PocketNetwork(1000)
        classes = tuple(f"class {number}" for number in range(1000))
        return LoadedNetwork(name, module, classes, IMAGENET_MEAN, IMAGENET_STD, "random", None, *POCKET_INPUT)
    loaded = load_pocket_file(shipped_file(name))
    if loaded.digest != SHIPPED_DIGESTS[name]:
        raise WeightsError("the shipped network is damaged", where=str(loaded.file), remedy="Install dreamer again.")
    return loaded


def _filled(entry: CatalogEntry, state: dict[str, Tensor], path: Path) -> tuple[nn.Module, int]:
    """The entry's network with a state dict's weights, and its number of classes, that of the classifier's rows."""
    plain = entry.build()
    last = [key for key, value in plain.state_dict().items() if value.shape[:1] == (1000,)][-1]
    rows = state.get(last)
    count = len(rows) if rows is not None else 1000
    module = plain if count == 1000 else entry.build(count)
    if entry.has_old_input and not any(key.startswith(("aux", "AuxLogits")) for key in state):
        module = _without_heads(module)
    fit_state(module, state, path)
    return _without_heads(module), count


def _without_heads(module: nn.Module) -> nn.Module:
    """Drop the auxiliary classifiers of GoogLeNet and Inception v3, which only training needs."""
    for name in ("aux1", "aux2", "AuxLogits"):
        if hasattr(module, name):
            setattr(module, name, None)
    return module
