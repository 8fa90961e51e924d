"""Presets: TOML recipes as validated, frozen data. Nothing in here imports torch."""

from __future__ import annotations

from dreamer.presets.dump import from_json, to_json, to_toml
from dreamer.presets.model.ascent import Ascent, Transform
from dreamer.presets.model.canvas import Canvas, Mask
from dreamer.presets.model.fields import strongest_count
from dreamer.presets.model.octaves import Octaves
from dreamer.presets.model.schedules import Progress, Schedule, value_at
from dreamer.presets.model.schema import NetworkChoice, Penalties, Preset, Target, Tiles
from dreamer.presets.source.load import ResolvedPreset, load_preset, preset_from_tree, resolve_preset
from dreamer.presets.source.lookup import find_preset, preset_files, preset_folders, resolve_picture
from dreamer.presets.source.named_files import portable_paths
from dreamer.presets.timeline.keyframes import Timeline, preset_at

__all__ = [
    "Ascent",
    "Canvas",
    "Mask",
    "NetworkChoice",
    "Octaves",
    "Penalties",
    "Preset",
    "Progress",
    "ResolvedPreset",
    "Schedule",
    "Target",
    "Tiles",
    "Timeline",
    "Transform",
    "find_preset",
    "from_json",
    "load_preset",
    "portable_paths",
    "preset_at",
    "preset_files",
    "preset_folders",
    "preset_from_tree",
    "resolve_picture",
    "resolve_preset",
    "strongest_count",
    "to_json",
    "to_toml",
    "value_at",
]
