"""The preset as a data model: every key with its default, bounds, unit and description.

This one definition feeds TOML validation, `presets/schema.json`, `--set`, `dreamer presets explain` and the
reference page. Nothing here imports torch.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Annotated, Any, Literal

from annotated_types import Unit
from pydantic import BeforeValidator, Field, JsonValue, model_validator

from dreamer.presets.model.animation import Animation
from dreamer.presets.model.ascent import Ascent
from dreamer.presets.model.canvas import Canvas, Mask
from dreamer.presets.model.fields import (
    CONTRADICTION,
    LIST,
    Kernels,
    Measure,
    Names,
    Share,
    Spelling,
    Table,
    described,
    mistake,
)
from dreamer.presets.model.octaves import Octaves

OctaveNumber = Annotated[int, Field(ge=1, le=20)]
Weight = Annotated[float, Field(ge=-1000, le=1000)]
Position = Annotated[tuple[Share, Share], Spelling("a position [y, x] of numbers from 0 to 1", ())]
Deviation = Annotated[float, Field(gt=0)]
Cell = Annotated[int, Field(ge=0, le=65536)]
Region = Annotated[
    tuple[tuple[Cell, Cell], tuple[Cell, Cell]],
    Spelling("a region [[row, column], [row, column]] of whole numbers at least 0", ()),
]


# The format of presets that this dreamer reads; a later one may mean other things by the same keys.
FORMAT = 1


class NetworkChoice(Table):
    """Which network looks at the picture."""

    name: str = described("pocket", "a name that `dreamer networks` lists, or the path of a trained pocket network")
    weights: str = described(
        "default", '"default", "random", or the path of a state dict (.pth, .pt, .safetensors) for this network'
    )
    labels: str | None = described(None, "path of a text file with one class name a line, for your own weights")
    mean: Annotated[tuple[float, float, float], LIST] | None = described(
        None, "mean of red, green and blue in [0, 1] that is taken off, for your own weights; omitted: the network's"
    )
    std: Annotated[tuple[Deviation, Deviation, Deviation], LIST] | None = described(
        None, "what red, green and blue are divided by then, for your own weights; omitted: the network's"
    )
    negative_slope: float = described(
        0.0, "slope of the leaky ReLU that takes every ReLU's place; 0 leaves ReLU as it is", ge=0, le=1
    )


def _network_from_name(value: Any) -> Any:
    return {"name": value} if isinstance(value, str) else value


class Target(Table):
    """What to amplify. `class`, or `layer` with what of it: kernels, unit, direction, caricature, guide, style."""

    layer: Names | None = described(None, "layer, or a list of them, as `dreamer networks layers NAME` prints them")
    kernels: Kernels | None = described(
        None,
        'kernels of the layer: 12, [12, 77], "64-79", "strongest 5" on this canvas, or words such as "dogs" that '
        "`dreamer networks describe` knows; omitted: all",
    )
    unit: Literal["center"] | Position | Region | None = described(
        None,
        'positions of the layer\'s grid: "center"; a single one, [y, x] in shares of the grid from 0 to 1; or a region '
        "between two corners that are part of it, [[row, column], [row, column]] in cells counted from 0",
    )
    class_: Annotated[int, Field(ge=0)] | str | None = Field(
        None, alias="class", description="class by index or (fuzzy) name"
    )
    direction: tuple[float, ...] | dict[str, float] | None = described(
        None, "direction in the layer's kernel space, by cosine: a number for each kernel, or { kernel = number }"
    )
    caricature: bool = described(False, "exaggerate what the layer already sees in the canvas at the start")
    guide: str | None = described(None, "path of a guide picture whose best-matching features steer the dream")
    style: str | None = described(None, "path of a style picture whose Gram matrices at the layers are approached")
    measure: Measure | None = described(
        None,
        "energy: half the mean square; mean: mean activation; logit or probability: of a class. "
        "Omitted: energy, mean for a unit, logit for a class",
    )
    weight: Weight = described(1.0, "how much this target counts; negative moves away from it")
    octaves: tuple[OctaveNumber, OctaveNumber] | None = described(
        None, "first and last octave at which this target counts, 1 the smallest; omitted: all"
    )
    mask: Mask | None = described(None, "where this target may paint; omitted: everywhere")

    @property
    def kind(self) -> str:
        """What is amplified: class, unit, direction, caricature, guide, style, kernels or layer."""
        if self.class_ is not None:
            return "class"
        kinds = {"direction": self.direction, "guide": self.guide, "style": self.style, "unit": self.unit}
        for kind, value in kinds.items():
            if value is not None:
                return kind
        if self.caricature:
            return "caricature"
        return "layer" if self.kernels is None else "kernels"

    @property
    def position(self) -> tuple[float, float]:
        """(y, x) of a single unit, in shares of the grid; the middle where none is given."""
        if self.unit is None or self.unit == "center":
            return 0.5, 0.5
        y, x = self.unit
        return (0.5, 0.5) if isinstance(y, tuple) or isinstance(x, tuple) else (float(y), float(x))

    @property
    def region(self) -> Region | None:
        """The corners of a region in cells, the first above and left of the last; None for a single unit."""
        if self.unit is None or self.unit == "center":
            return None
        first, last = self.unit
        return (first, last) if isinstance(first, tuple) and isinstance(last, tuple) else None

    @model_validator(mode="after")
    def _consistent(self) -> Target:
        special = [k for k in ("direction", "guide", "style", "unit") if getattr(self, k) is not None]
        special += ["caricature"] if self.caricature else []
        special += ["class"] if self.class_ is not None else []
        if len(special) > 1:
            raise mistake(CONTRADICTION, f"{' and '.join(special)} exclude each other; write one target for each")
        if self.class_ is not None and (self.layer is not None or self.kernels is not None):
            raise mistake(CONTRADICTION, "a class has no layer or kernels; leave them out")
        if self.class_ is None and not self.layer:
            raise mistake(CONTRADICTION, "names nothing to amplify; give layer or class")
        if self.kernels is not None and self.kind not in {"kernels", "unit"}:
            raise mistake(CONTRADICTION, f"cannot be chosen for {self.kind}", "kernels")
        if self.measure is not None and self.measure not in _MEASURES[self.kind]:
            allowed = " or ".join(_MEASURES[self.kind]) or "no measure"
            what = f"{self.measure!r} does not fit {self.kind}, which takes {allowed}"
            raise mistake(CONTRADICTION, what, "measure")
        if self.region is not None and any(low > high for low, high in zip(*self.region, strict=True)):
            raise mistake(CONTRADICTION, "takes the corner above and on the left first", "unit")
        if self.octaves is not None and self.octaves[0] > self.octaves[1]:
            raise mistake(CONTRADICTION, "takes [first, last], with first <= last", "octaves")
        return self


_MEASURES: dict[str, tuple[str, ...]] = {
    "layer": ("energy", "mean"),
    "kernels": ("energy", "mean"),
    "unit": ("energy", "mean"),
    "class": ("logit", "probability"),
    "direction": (),
    "caricature": (),
    "guide": (),
    "style": (),
}


Penalty = Annotated[float, Field(ge=0, le=1000)]


class Penalties(Table):
    """What to hold back. Each weight is relative to the target's gradient, brought to a root mean square of 1."""

    color: Penalty = described(0.0, "values far from mid-gray")
    edges: Penalty = described(0.0, "sharp edges, by horizontal and vertical Scharr filters")
    total_variation: Penalty = described(0.0, "differences of neighboring pixels")
    l2: Penalty = described(0.0, "the squared distance from mid-gray")
    photo_pixels: Penalty = described(0.0, "distance from the photo, pixel by pixel")
    photo_color: Penalty = described(0.0, "distance from the photo in color only, not in brightness")
    photo_shapes: Penalty = described(0.0, "distance from the photo in low frequencies: its large shapes and light")
    photo_features: Penalty = described(0.0, "distance from the photo in features_layer: its content")
    features_layer: str | None = described(None, "layer for photo_features; omitted: the deepest target's")


class Tiles(Table):
    """How pictures that do not fit in memory at once go through the network."""

    size: Annotated[Literal["auto", "off"] | Annotated[int, Field(ge=64, le=65536)], Unit("px")] = described(
        "auto", "side of a tile without its halo; auto: from the free memory"
    )
    halo: Annotated[int, Unit("px")] = described(
        96, "margin around a tile that the network sees but no step changes", ge=0, le=1024
    )


class Preset(Table):
    """A validated recipe: what to amplify, at which scales, on which canvas, and what to hold back."""

    title: str = described("Untitled", "a short name for lists")
    description: str = described("", "what it looks like and where its settings come from")
    format: Literal[1] = described(FORMAT, "the format that the preset is written in; a later one is refused")
    network: Annotated[
        NetworkChoice, BeforeValidator(_network_from_name), Spelling("a name or a table", ({"type": "string"},))
    ] = described(
        NetworkChoice(), "name of the network, or a table with name, weights, labels, mean, std, negative_slope"
    )
    seed: int = described(0, "start of all random numbers", ge=0, le=2**63 - 1)
    canvas: Canvas = described(Canvas(), "the picture that is dreamt on")
    targets: tuple[Target, ...] = Field(description="what to amplify, together", min_length=1)
    normalize_targets: bool = described(
        False, "bring each target's gradient to the same size, so that its weight alone decides how much it counts"
    )
    octaves: Octaves = described(Octaves(), "the pyramid of sizes")
    ascent: Ascent = described(Ascent(), "the gradient steps at one octave")
    penalties: Penalties = described(Penalties(), "what to hold back")
    keep_colors: bool = described(False, "keep the photo's colors: only brightness is dreamt")
    fidelity: float = described(
        0.0, "how much of the photo stays, from 0 to 1; adds to the photo penalties and shortens the steps", ge=0, le=1
    )
    tiles: Tiles = described(Tiles(), "how pictures that are too large for the memory are cut into tiles")
    animation: Animation | None = described(None, "how a film moves; only for `dreamer animate`")
    keyframes: Annotated[dict[str, str | dict[str, JsonValue]], Spelling("tracks or expressions by key path", ())] = (
        described({}, "values that change over the film; as a rule they are written in place of the values")
    )

    @model_validator(mode="after")
    def _features_have_a_layer(self) -> Preset:
        penalties = self.penalties
        has_layer = penalties.features_layer or any(target.layer for target in self.targets)
        if penalties.photo_features and not has_layer:
            what = "needs penalties.features_layer, because no target names a layer"
            raise mistake(CONTRADICTION, what, "penalties", "photo_features")
        return self

    @model_validator(mode="after")
    def _lists_have_a_value_for_each_octave(self) -> Preset:
        self.ascent.fit(self.octaves.count)
        return self

    @model_validator(mode="after")
    def _photos_are_there_to_search(self) -> Preset:
        places: list[tuple[tuple[str | int, ...], Mask | None]] = [(("canvas", "mask"), self.canvas.mask)]
        places += [(("targets", number, "mask"), target.mask) for number, target in enumerate(self.targets)]
        wanting = [path for path, mask in places if mask is not None and mask.area is not None]
        wanting += [("canvas", "protect")] if self.canvas.protect else []
        if wanting and self.canvas.start != "photo":
            what = f'is found in a photo, but canvas.start is "{self.canvas.start}"'
            raise mistake(CONTRADICTION, what, *wanting[0])
        return self

    @model_validator(mode="after")
    def _octaves_exist(self) -> Preset:
        for number, target in enumerate(self.targets):
            if target.octaves is not None and target.octaves[0] > self.octaves.count:
                what = f"begins at {target.octaves[0]}, but octaves.count is {self.octaves.count}"
                raise mistake(CONTRADICTION, what, "targets", number, "octaves")
        return self


def strict_preset(tree: Mapping[str, Any]) -> Preset:
    """The data model of a tree of TOML values, strictly: "4" and 4.0 are not whole numbers, true is not 1.

    Raises pydantic's ValidationError.
    """
    # Only for JSON does pydantic's strict mode take lists where the model has tuples.
    return Preset.model_validate_json(json.dumps(tree, default=str), strict=True, by_alias=True, by_name=False)
