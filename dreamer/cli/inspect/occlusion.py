"""`dreamer inspect occlusion`: which parts of a photo a class cannot do without."""

from __future__ import annotations

from pathlib import Path

import click

from dreamer.cli.inspect.sharing import (
    ChosenNetwork,
    Output,
    network_options,
    open_photo,
    output_options,
    photo_argument,
    size_option,
)
from dreamer.cli.options import precision_option


class SquareType(click.ParamType):  # type: ignore[type-arg]  # click is generic only since 8.4
    """size:stride in px."""

    name = "size:stride"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> tuple[int, int]:
        """(size, stride)."""
        if isinstance(value, tuple):
            return value
        parts = str(value).split(":")
        if len(parts) != 2 or not all(part.isdecimal() and int(part) > 0 for part in parts):
            self.fail(f"{value!r} is no square; use SIZE:STRIDE in px, such as 50:10.", param, ctx)
        return int(parts[0]), int(parts[1])


@click.command()
@photo_argument
@network_options
@click.option("--class", "wanted", metavar="NAME", help="A class; default: the one seen most.")
@click.option("--square", "squares", multiple=True, type=SquareType(), metavar="SIZE:STRIDE",
              default=((10, 5), (50, 10), (75, 15), (100, 10), (100, 50)), show_default=True,
              help="A gray square's side and the step by which it slides, in px. May be repeated.")  # fmt: skip
@size_option(224)
@precision_option
@output_options("outputs/inspect/occlusion.png")
def command(
    photo: Path,
    network: ChosenNetwork,
    wanted: str | None,
    squares: tuple[tuple[int, int], ...],
    size: int,
    precision: str,
    out: Output,
) -> None:
    """Slide a gray square over PHOTO and show where a class's probability falls most."""
    from dreamer.drawing.sheets import Tile, contact_sheet
    from dreamer.inspection.heatmaps import overlaid, to_image, unit_range
    from dreamer.inspection.occlusion import occlude
    from dreamer.inspection.scoring import predicted_class

    loaded = network.open(precision)
    picture = open_photo(photo, loaded, size)
    index = predicted_class(loaded, picture) if wanted is None else loaded.class_index(wanted)
    name = loaded.classes[index]
    found = [occlude(loaded, picture, index, side, stride) for side, stride in squares]
    tiles = [Tile(to_image(picture[0]), f"{photo.name}\n{name} {found[0].probability:.1%}")]
    for each in found:
        image = to_image(overlaid(picture[0].cpu(), unit_range(each.heat)))
        fall = float(each.falls.max())
        tiles.append(Tile(image, f"square {each.size}, stride {each.stride}\ndeepest fall {fall:.1%}"))
    sheet = contact_sheet(tiles, side=256, title=f"{network.name}: what {name} cannot do without")
    facts = {
        "photo": str(photo),
        "network": network.name,
        "class": name,
        "probability": found[0].probability,
        "squares": [
            {
                "size": each.size,
                "stride": each.stride,
                "positions": each.falls.numel(),
                "deepest_fall": float(each.falls.max()),
            }
            for each in found
        ],
    }
    lines = [f"{photo.name}: {name} {found[0].probability:.1%}"]
    lines += [
        f"  {each.size}:{each.stride}  {each.falls.numel()} squares, deepest fall {float(each.falls.max()):.1%}"
        for each in found
    ]
    arrays = {f"falls_{each.size}_{each.stride}": each.falls.numpy() for each in found}
    out.report(facts, lines, image=sheet, arrays=arrays)
