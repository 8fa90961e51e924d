"""How an atlas draws what it shows: its preset fitted to sheets of many small pictures, for each layer its own."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from dreamer.errors import UsageError, did_you_mean
from dreamer.presets.adjust import with_options
from dreamer.presets.dump import inline_toml
from dreamer.presets.model.schema import NetworkChoice, Preset
from dreamer.presets.source.layers import Override
from dreamer.presets.source.load import ResolvedPreset, resolve_preset

SIDE = 128
LAYER_SET = "--layer-set"
_SET = Override("").option
# A layer has a preset of its own, but all of them look through one network.
_SHARED = "network"


@dataclass(frozen=True)
class LayerSetting:
    """A value of the preset for one layer alone: "maxpool3:penalties.edges=0.5"."""

    layer: str
    change: str

    @classmethod
    def parsed(cls, text: str, layers: Sequence[str]) -> LayerSetting:
        """The setting that a text is, for one of the `layers` that are drawn. Raises UsageError."""
        layer, _, change = text.partition(":")
        where = f"{LAYER_SET} {text}"
        if "=" not in change or "=" in layer:
            raise UsageError("is not LAYER:KEY=VALUE", where=where, remedy="Write maxpool3:penalties.edges=0.5.")
        if layer not in layers:
            remedy = did_you_mean(layer, layers) or f"Drawn are {', '.join(layers) or 'no layers'}; see --layer."
            raise UsageError(f"no layer {layer!r} is drawn", where=where, remedy=remedy)
        if change.partition("=")[0].strip().partition(".")[0] == _SHARED:
            raise UsageError("all layers look through one network", where=where, remedy=f"Use {_SET} for all of them.")
        return cls(layer, change)


@dataclass(frozen=True)
class Studies:
    """The presets that an atlas draws with. `changed`: what they have otherwise than their file, for people."""

    name: str
    common: Preset
    by_layer: Mapping[str, Preset] = field(default_factory=dict)
    changed: Sequence[str] = ()

    def of(self, layer: str | None) -> Preset:
        """The preset for what is of that layer; None: of none."""
        return self.by_layer.get(layer or "", self.common)

    def through(self, network: NetworkChoice) -> Studies:
        """These studies with another network; the slope of its leaky ReLU stays theirs."""
        own = {"network": network.model_copy(update={"negative_slope": self.common.network.negative_slope})}
        by_layer = {layer: preset.model_copy(update=own) for layer, preset in self.by_layer.items()}
        return Studies(self.name, self.common.model_copy(update=own), by_layer, self.changed)


def resolve_studies(
    preset: str,
    overrides: Sequence[str],
    settings: Sequence[LayerSetting] = (),
    *,
    size: int | None = None,
    seed: int | None = None,
) -> Studies:
    """The studies of a preset by name or path. Raises PresetError, and UsageError where it dreams over photos.

    What a sheet of small pictures asks for is put in where `overrides` do not say otherwise.
    """
    resolved = resolve_preset(preset, overrides)
    by_layer = {}
    for layer in dict.fromkeys(setting.layer for setting in settings):
        own = [Override(each.change, f"{LAYER_SET} {layer}") for each in settings if each.layer == layer]
        by_layer[layer] = _fitted(resolve_preset(preset, [*overrides, *own]), size, seed)[0]
    common, changed = _fitted(resolved, size, seed)
    return Studies(resolved.name, common, by_layer, changed)


def _fitted(resolved: ResolvedPreset, size: int | None, seed: int | None) -> tuple[Preset, list[str]]:
    preset, changed = resolved.preset, []
    if preset.canvas.start == "photo":
        raise UsageError(
            f"{resolved.name} dreams over photos", where="--preset", remedy=f"Add {_SET} canvas.start=noise, or gray."
        )
    if not _is_set(resolved, "octaves.output_scale") and preset.octaves.output_scale != 1:
        changed.append(_change("octaves.output_scale", preset.octaves.output_scale, 1.0, "pictures are small"))
        preset = preset.model_copy(update={"octaves": preset.octaves.model_copy(update={"output_scale": 1.0})})
    if not _is_set(resolved, "network.negative_slope") and preset.network.negative_slope == 0:
        changed.append(_change("network.negative_slope", 0.0, 0.02, "kernels that never fire on noise get a gradient"))
        preset = preset.model_copy(update={"network": preset.network.model_copy(update={"negative_slope": 0.02})})
    if size is None and not _is_set(resolved, "canvas.size"):
        size = SIDE
    return with_options(preset, size=None if size is None else (size, size), seed=seed), changed


def _is_set(resolved: ResolvedPreset, key: str) -> bool:
    """Whether a value comes from an option, not from a file."""
    return resolved.origins.get(key, "").startswith((_SET, LAYER_SET))


def _change(key: str, before: float, now: float, reason: str) -> str:
    keep = f"{_SET} {key}={inline_toml(before)} keeps the preset's"
    return f"{key} = {inline_toml(now)} in place of {inline_toml(before)}, because {reason}; {keep}"
