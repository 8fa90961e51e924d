"""`dreamer suggest`: what to dream on a photo."""

from __future__ import annotations

from pathlib import Path

import click

from dreamer.cli.inspect.sharing import ChosenNetwork, Output, network_options, photo_argument
from dreamer.cli.options import complete_presets, json_option, precision_option
from dreamer.errors import UsageError
from dreamer.presets.adjust import with_options
from dreamer.presets.source.load import resolve_preset


class RegionType(click.ParamType):  # type: ignore[type-arg]  # click is generic only since 8.4
    """left,top,right,bottom as shares of the photo."""

    name = "left,top,right,bottom"

    def convert(
        self, value: object, param: click.Parameter | None, ctx: click.Context | None
    ) -> tuple[float, float, float, float]:
        """The four shares."""
        try:
            left, top, right, bottom = (float(part) for part in str(value).split(","))
        except ValueError:
            self.fail(f"{value!r} is not a region; use four shares such as 0.2,0.1,0.8,0.6.", param, ctx)
        if not (0 <= left < right <= 1 and 0 <= top < bottom <= 1):
            self.fail(f"{value!r} is not a region: left < right and top < bottom, all from 0 to 1.", param, ctx)
        return left, top, right, bottom


@click.command()
@photo_argument
@network_options
@click.option("--region", type=RegionType(), default="0,0,1,1", show_default=True,
              help="Only this part of the photo: left,top,right,bottom as shares.")  # fmt: skip
@click.option("--layer", "layers", multiple=True, metavar="LAYER", help="Only kernels of this layer. May be repeated.")
@click.option("--count", default=12, show_default=True, type=click.IntRange(1, 200), help="Suggestions to make.")
@click.option("-p", "--preset", default="deep-dream", show_default=True, metavar="PRESET",
              shell_complete=complete_presets, help="How the small dreams are made.")  # fmt: skip
@click.option("--size", default=256, show_default=True, type=click.IntRange(64, 1024), metavar="PX",
              help="Longest side of the small dreams.")  # fmt: skip
@click.option("-o", "--output", type=click.Path(path_type=Path), default="outputs/suggest/{stem}.png",
              show_default=True, metavar="FILE", help="The contact sheet to write.")  # fmt: skip
@precision_option
@json_option
def command(
    photo: Path,
    network: ChosenNetwork,
    region: tuple[float, float, float, float],
    layers: tuple[str, ...],
    count: int,
    preset: str,
    size: int,
    output: Path,
    precision: str,
    as_json: bool,
) -> None:
    """Find the kernels that PHOTO activates more than other photos do, and show a small dream of each.

    Prints the target lines to paste into a preset.
    """
    resolved = resolve_preset(preset, ["octaves.steps=24"])
    if resolved.preset.canvas.start != "photo":
        raise UsageError(f"{preset} does not dream over photos", where="--preset")
    study = with_options(resolved.preset, size=size)

    from dreamer.inspection.figures import draw_suggestions
    from dreamer.inspection.photos import read_photo
    from dreamer.inspection.portraits import dream_each
    from dreamer.inspection.suggestion import suggest_kernels
    from dreamer.presets.dump import targets_to_toml

    loaded = network.open(precision)
    picture = read_photo(photo, size=size, device=loaded.device)
    suggestions = suggest_kernels(loaded, picture.pixels, region=region, layers=layers or None, count=count)
    dreams = dream_each(study, loaded, picture.pixels, [(suggestion.target,) for suggestion in suggestions])
    facts = [
        {"layer": suggestion.layer, "kernel": suggestion.kernel, "excess": suggestion.excess,
         "classes": suggestion.classes, "targets": targets_to_toml([suggestion.target])}
        for suggestion in suggestions
    ]  # fmt: skip
    out = Output(Path(str(output).replace("{stem}", photo.stem)), None, as_json)
    out.report(
        {"photo": str(photo), "suggestions": facts},
        [
            f"{targets_to_toml([suggestion.target])}  # +{suggestion.excess:.1f} {', '.join(suggestion.classes)}\n"
            for suggestion in suggestions
        ],
        image=draw_suggestions(suggestions, dreams, picture, network.name, side=size),
        arrays={},
    )
