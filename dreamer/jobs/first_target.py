"""The first target of a preset: what --layer, --kernel and --class are short for, and what outputs are named by."""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterator, Sequence

from dreamer.errors import UsageError
from dreamer.jobs.orders import Order
from dreamer.pictures.names import as_file_name
from dreamer.presets.model.schema import Preset, Target
from dreamer.presets.source.layers import Override
from dreamer.presets.source.load import resolve_preset


def target_overrides(order: Order, preset_name: str) -> list[Override]:
    """What an order's layer, kernel and class change in the first target of a preset, which `--set` may change further.

    What the preset's target has and what would contradict them is put back to its default; all else stays.

    Raises UsageError where they exclude each other, PresetError for a preset that is missing or wrong.
    """
    given = _given(order)
    if not given:
        return []
    first = resolve_preset(preset_name).preset.targets[0]
    if order.class_ is not None and len(given) > 1:
        raise UsageError("excludes --layer and --kernel: a class has no kernels", where="--class")
    if not order.layer and order.class_ is None and first.class_ is not None:
        raise UsageError(f"the first target of {preset_name} is a class, which has no kernels", where="--kernel",
                         remedy="Name a layer, too: --layer LAYER.")  # fmt: skip
    put_back = [Override(f"targets.0.{key}=") for key in _contradicting(first, to_class=order.class_ is not None)]
    return put_back + [Override(f"targets.0.{key}={value}", option) for key, value, option in given]


def _given(order: Order) -> list[tuple[str, str, str]]:
    """Key, value as TOML, and option of what an order says of the first target."""
    values = {
        "layer": list(order.layer) if order.layer else None,
        "kernels": list(order.kernel) if isinstance(order.kernel, tuple) else order.kernel,
        "class": order.class_,
    }
    options = {"layer": "--layer", "kernels": "--kernel", "class": "--class"}
    # JSON's numbers, lists and text are TOML's, too.
    return [(key, json.dumps(value), options[key]) for key, value in values.items() if value is not None]


def _contradicting(target: Target, *, to_class: bool) -> Iterator[str]:
    """The keys that say what a target amplifies, where it is to become a class or to be one no more."""
    if (target.class_ is not None) == to_class:
        return
    for name in ("layer", "kernels", "unit", "class_", "direction", "caricature", "guide", "style", "measure"):
        if getattr(target, name) != Target.model_fields[name].default:
            yield Target.model_fields[name].alias or name


def order_label(order: Order) -> list[str]:
    """What an order says of the first target, as parts of a variant's name: "layer=conv3", "kernel=3,7,12-19"."""
    values = {"layer": "+".join(order.layer or ()), "kernel": _kernels(order.kernel), "class": order.class_}
    return [f"{name}={value}" for name, value in values.items() if value]


def target_fields(preset: Preset) -> dict[str, str]:
    """{layer}, {kernel} and {class} of output templates; "none" for what the first target does not have."""
    first = preset.targets[0]
    is_class = first.class_ is not None
    fields = {
        "layer": "+".join(first.layer or ()) or "none",
        "kernel": _kernels(first.kernels) or ("none" if is_class else "all"),
        "class": str(first.class_) if is_class else "none",
    }
    return {name: as_file_name(text) for name, text in fields.items()}


def _kernels(kernels: Sequence[int] | str | None) -> str:
    """Kernels as they would be typed: "3,7,12-19", "strongest 5"; empty where there are none."""
    if kernels is None or isinstance(kernels, str):
        return kernels or ""
    # Neighbors have the same distance to their place in the list.
    runs = itertools.groupby(enumerate(sorted(kernels)), key=lambda item: item[1] - item[0])
    ranges = [[kernel for _, kernel in run] for _, run in runs]
    return ",".join(str(run[0]) if len(run) == 1 else f"{run[0]}-{run[-1]}" for run in ranges)
