"""Atlases: what to draw of a network, and its pictures on labelled sheets and a page."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import torch
from PIL import Image

from dreamer.drawing.save import save_drawing
from dreamer.drawing.sheets import SheetTile, contact_sheet
from dreamer.dreaming.protocols import require_kernels
from dreamer.dreaming.randomness import generator_at
from dreamer.errors import TargetError
from dreamer.gallery.item import Item
from dreamer.networks import LOGITS, Network
from dreamer.networks.labels import normalized_name
from dreamer.presets.dump import targets_to_toml
from dreamer.presets.model.schema import Target

SHEET_SIDE = 128


@dataclass(frozen=True)
class Subject:
    """What one picture of an atlas is about. `group` names its folder and sheet, `name` its file."""

    group: str
    name: str
    targets: tuple[Target, ...]

    @property
    def label(self) -> str:
        """Its name without leading zeros."""
        return self.name.lstrip("0") or "0"

    @property
    def layer(self) -> str | None:
        """The layer that it is of; None for a class."""
        (layer,) = self.targets[0].layer or (None,)
        return layer

    @property
    def lines(self) -> str:
        """The lines of a preset that dream it."""
        return targets_to_toml(self.targets)


@dataclass(frozen=True)
class Drawn:
    """A subject with the path of its picture; `fresh` where it was drawn just now."""

    subject: Subject
    path: Path
    fresh: bool


def kernel_subjects(network: Network, layers: Sequence[str], kernels: Iterable[int] | None = None) -> Iterator[Subject]:
    """Every kernel of the layers, or those of `kernels`. Raises TargetError for what the network does not have."""
    wanted = None if kernels is None else list(kernels)
    for layer in layers:
        for kernel in _existing(network, layer, wanted):
            yield Subject(layer, f"{kernel:04d}", (_target(layer=layer, kernels=kernel, measure="mean"),))


def unit_subjects(network: Network, layers: Sequence[str], kernels: Iterable[int] | None = None) -> Iterator[Subject]:
    """The unit in the middle of every kernel's map."""
    wanted = None if kernels is None else list(kernels)
    for layer in layers:
        for kernel in _existing(network, layer, wanted):
            target = _target(layer=layer, kernels=kernel, unit="center", measure="mean")
            yield Subject(f"{layer} units", f"{kernel:04d}", (target,))


def class_subjects(network: Network, wanted: Sequence[str] | None = None) -> Iterator[Subject]:
    """Every class, or those that are named."""
    indices = range(len(network.classes)) if not wanted else [network.class_index(name) for name in wanted]
    for index in indices:
        name = normalized_name(network.classes[index]).replace(" ", "-") or str(index)
        target = _target(**{"class": index, "measure": "logit"})
        yield Subject("classes", f"{index:04d} {name}", (target,))


def direction_subjects(network: Network, layers: Sequence[str], count: int, seed: int) -> Iterator[Subject]:
    """`count` random directions of each layer's kernel space, evenly spread over the sphere."""
    for layer in layers:
        known = network.kernels(layer)
        for number in range(count):
            values = torch.randn(known, generator=generator_at(seed, layer, number))
            direction = tuple(round(float(value), 3) for value in values)
            yield Subject(f"{layer} directions", f"{number:04d}", (_target(layer=layer, direction=direction),))


def pair_subjects(network: Network, layer: str, pairs: Iterable[tuple[int, int]], between: int) -> Iterator[Subject]:
    """From one kernel to another in `between` steps, both ends included: directions on the arc between the two."""
    for first, second in pairs:
        _existing(network, layer, [first, second])
        for step in range(between):
            angle = math.pi / 2 * step / max(between - 1, 1)
            direction = {str(first): round(math.cos(angle), 4), str(second): round(math.sin(angle), 4)}
            target = _target(layer=layer, direction={k: v for k, v in direction.items() if v})
            yield Subject(f"{layer} pairs", f"{first:04d}-{second:04d} {step:02d}", (target,))


def _target(**keys: object) -> Target:
    return Target.model_validate(keys)


def _existing(network: Network, layer: str, kernels: list[int] | None) -> list[int]:
    known = network.kernels(layer) if layer != LOGITS else 0
    if not known:
        raise TargetError(f"{layer!r} has no kernels", remedy="Draw its classes with --classes.")
    require_kernels(network, layer, kernels or ())
    return list(range(known)) if kernels is None else kernels


def atlas_items(drawn: Sequence[Drawn], network: str) -> Iterator[Item]:
    """What a gallery shows of an atlas: each picture with the lines to paste."""
    for picture in drawn:
        with Image.open(picture.path) as image:
            width, height = image.size
        subject, made = picture.subject, picture.path.stat().st_mtime
        yield Item(picture.path, "still", subject.group, subject.label, None, subject.lines, network,
                   width=width, height=height, time=made)  # fmt: skip


def draw_sheets(drawn: Sequence[Drawn], folder: Path, title: str) -> list[Path]:
    """A labeled contact sheet for each group, `folder`/GROUP.png. Raises OutputError."""
    paths = []
    for group, members in itertools.groupby(drawn, key=lambda picture: picture.subject.group):
        tiles = []
        for picture in members:
            with Image.open(picture.path) as image:
                tiles.append(SheetTile(image.convert("RGB"), picture.subject.label))
        path = folder / f"{group}.png"
        save_drawing(contact_sheet(tiles, side=SHEET_SIDE, title=f"{title}: {group}"), path)
        paths.append(path)
    return paths
