"""`dreamer inspect occlusion`: which parts of a photo a class depends on."""

from __future__ import annotations

from pathlib import Path

import click

from dreamer.cli.inspect.sharing import (
    ChosenNetwork,
    Output,
    network_options,
    output_options,
    photo_argument,
    size_option,
)
from dreamer.cli.options import precision_option

SQUARES = ((10, 5), (50, 10), (75, 15), (100, 10), (100, 50))


class SquareType(click.ParamType):  # type: ignore[type-arg]  # click is generic only since 8.4
    """size:stride in px."""

    name = "size:stride"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> tuple[int, int]:
        """(size, stride)."""
        if isinstance(value, tuple):
            return value
        parts = str(value).split(":")
        if len(parts) != 2 or not all(part.isdecimal() and int(part) > 0 for part in parts):
            self.fail(f"{value!r} is not a square; use SIZE:STRIDE in px, such as 50:10.", param, ctx)
        return int(parts[0]), int(parts[1])


@click.command()
@photo_argument
@network_options
@click.option("--class", "class_name", metavar="NAME", help="A class; default: the most probable one.")
@click.option("--square", "squares", multiple=True, type=SquareType(), metavar="SIZE:STRIDE",
              help="A gray square's side and the step by which it slides, in px. May be repeated; default: those of "
              f"{', '.join(f'{side}:{stride}' for side, stride in SQUARES)} that fit.")  # fmt: skip
@size_option(224)
@precision_option
@output_options("outputs/inspect/occlusion.png")
def command(
    photo: Path,
    network: ChosenNetwork,
    class_name: str | None,
    squares: tuple[tuple[int, int], ...],
    size: int,
    precision: str,
    out: Output,
) -> None:
    """Slide a gray square over PHOTO and show where that lowers a class's probability, and where it raises it.

    What helps the class is red, what hurts it blue, on one scale for all squares. A PHOTO smaller than --size is
    enlarged to it.
    """
    from dreamer.inspection.figures import draw_occlusions
    from dreamer.inspection.occlusion import occlude
    from dreamer.inspection.photos import read_photo
    from dreamer.inspection.scoring import predicted_class

    loaded = network.open(precision)
    picture = read_photo(photo, size=size, enlarge=True, device=loaded.device)
    index = predicted_class(loaded, picture.pixels) if class_name is None else loaded.class_index(class_name)
    name = loaded.classes[index]
    fitting = squares or [square for square in SQUARES if square[0] <= min(picture.size)]
    occlusions = [occlude(loaded, picture.pixels, index, side, stride) for side, stride in fitting]
    probability = occlusions[0].probability
    facts = [
        {
            "size": occlusion.size,
            "stride": occlusion.stride,
            "positions": occlusion.falls.numel(),
            "deepest_fall": occlusion.deepest,
            "highest_rise": occlusion.highest,
        }
        for occlusion in occlusions
    ]
    out.report(
        {"photo": str(photo), "network": network.name, "class": name, "probability": probability, "squares": facts},
        [f"{photo.name}: {name} {probability:.1%}"]
        + [
            f"  {occlusion.size}:{occlusion.stride}  {occlusion.falls.numel()} squares, "
            f"deepest fall {occlusion.deepest:.2%}, highest rise {occlusion.highest:.2%}"
            for occlusion in occlusions
        ],
        image=draw_occlusions(occlusions, picture, network.name, name),
        arrays={f"falls_{occlusion.size}_{occlusion.stride}": occlusion.falls.numpy() for occlusion in occlusions},
    )
