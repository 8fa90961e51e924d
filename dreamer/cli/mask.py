"""`dreamer mask`: what a mask would be over a photo."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import click

from dreamer.cli.inspect.sharing import Output, photo_argument
from dreamer.cli.options import (
    complete_networks,
    complete_presets,
    device_option,
    json_option,
    precision_option,
    set_option,
)
from dreamer.errors import UsageError
from dreamer.presets.dump import inline_toml
from dreamer.presets.model.canvas import Canvas, Mask
from dreamer.presets.model.schema import NetworkChoice


@click.command()
@photo_argument
@click.option("--subject", is_flag=True, help="What the photo is about; so it is without any of these options.")
@click.option("--find", metavar="WORDS", help='A class of the network, or a word for several, such as "dog".')
@click.option("--protect", type=click.Choice(["faces"]), help="What stays as it is, wherever the mask is.")
@click.option("-p", "--preset", metavar="PRESET", shell_complete=complete_presets,
              help="A preset: its mask, and what it protects.")  # fmt: skip
@click.option("--target", type=click.IntRange(0), metavar="N", help="The mask of a target of the preset, from 0.")
@set_option
@click.option("--grow", type=click.FloatRange(-0.5, 0.5), metavar="SHARE",
              help="How far it reaches beyond its edge, in shorter sides; negative draws it back.")  # fmt: skip
@click.option("--feather", type=click.FloatRange(0, 1), metavar="SHARE", help="Width of the soft edge, likewise.")
@click.option("--invert", is_flag=True, help="Dream outside and leave the inside.")
@click.option("--network", metavar="NAME", shell_complete=complete_networks,
              help="The network that finds it; default: the preset's, else pocket.")  # fmt: skip
@click.option("--size", default=1024, show_default=True, type=click.IntRange(32, 8192), metavar="PX",
              help="Longest side of the drawing.")  # fmt: skip
@click.option("-o", "--output", type=click.Path(path_type=Path, dir_okay=False), default="outputs/mask/{stem}.png",
              show_default=True, metavar="FILE", help="The drawing to write.")  # fmt: skip
@click.option("--alone", type=click.Path(path_type=Path, dir_okay=False), metavar="FILE",
              help="Also write the mask itself, white on black, for a preset's canvas.mask.picture.")  # fmt: skip
@device_option
@precision_option
@json_option
def command(
    photo: Path,
    subject: bool,
    find: str | None,
    protect: str | None,
    preset: str | None,
    target: int | None,
    overrides: tuple[str, ...],
    grow: float | None,
    feather: float | None,
    invert: bool,
    network: str | None,
    size: int,
    output: Path,
    alone: Path | None,
    device: str,
    precision: str,
    as_json: bool,
) -> None:
    """Draw where a mask would let PHOTO be dreamt on: what would stay as it is is dimmed.

    Prints the lines of a preset that mean the same.
    """
    if sum((subject, find is not None, preset is not None)) > 1:
        raise UsageError("--subject, --find and --preset exclude each other", remedy="Give one of them.")
    if preset is None and (target is not None or overrides):
        raise UsageError("--target and --set change a preset", remedy="Name one with --preset.")
    edges = {"grow": grow, "feather": feather, "invert": invert or None}
    changes = {key: value for key, value in edges.items() if value is not None}
    canvas, choice = Canvas(), NetworkChoice()
    if preset is not None:
        canvas, choice = _of_preset(preset, overrides, target, changes)
    elif find is not None or subject or protect is None:
        kind = {"subject": True} if find is None else {"find": find}
        canvas = Canvas(mask=Mask.model_validate({**kind, **changes}))
    if protect is not None:
        canvas = canvas.model_copy(update={"protect": protect})
    if canvas.mask is None and canvas.protect is None:
        remedy = "Leave --preset out, or add a mask: --set 'canvas.mask={subject=true}'."
        raise UsageError("has no mask: it dreams everywhere", where=f"--preset {preset}", remedy=remedy)

    from dreamer.inspection.figures import draw_mask_alone, draw_mask_over
    from dreamer.inspection.masking import mask_over
    from dreamer.inspection.photos import read_photo
    from dreamer.networks import load_network

    if network is not None:
        choice = NetworkChoice(name=network)
    loaded = load_network(choice, device=device, precision=precision)
    picture = read_photo(photo, size=size, device=loaded.device)
    drawn = mask_over(canvas, loaded, picture.pixels)
    if alone is not None:
        from dreamer.drawing.save import save_drawing

        save_drawing(draw_mask_alone(drawn.mask), alone)
    out = Output(Path(str(output).replace("{stem}", photo.stem)), None, as_json)
    facts = {"photo": str(photo), "network": loaded.name, "share": round(drawn.share, 4), "box": drawn.box}
    written = {} if alone is None else {"alone": str(alone)}
    lines = [f"{photo.name}: {drawn.share:.0%} of it may be dreamt on", _canvas_lines(canvas)]
    out.report(
        {**facts, "canvas": _tree(canvas), **written},
        lines if alone is None else [*lines, str(alone)],
        image=draw_mask_over(picture, drawn.mask),
        arrays={},
    )


def _of_preset(
    name: str, overrides: tuple[str, ...], target: int | None, changes: Mapping[str, object]
) -> tuple[Canvas, NetworkChoice]:
    """The canvas of a preset, its mask, or that of one of its targets, with other edges; and its network."""
    from dreamer.presets.source.load import resolve_preset

    preset = resolve_preset(name, overrides).preset
    mask = preset.canvas.mask
    if target is not None:
        if target >= len(preset.targets):
            remedy = f"Its targets are numbered 0 to {len(preset.targets) - 1}."
            raise UsageError(f"{name} has no target {target}", where="--target", remedy=remedy)
        mask = preset.targets[target].mask or mask
    mask = None if mask is None else mask.model_copy(update=changes)
    return preset.canvas.model_copy(update={"mask": mask}), preset.network


def _tree(canvas: Canvas) -> dict[str, object]:
    chosen = canvas.model_dump(mode="json", exclude_defaults=True, exclude_none=True)
    return {key: chosen[key] for key in ("mask", "protect") if key in chosen}


def _canvas_lines(canvas: Canvas) -> str:
    """The `[canvas]` table of a preset with this mask."""
    return "\n".join(["[canvas]", *(f"{key} = {inline_toml(value)}" for key, value in _tree(canvas).items()), ""])
