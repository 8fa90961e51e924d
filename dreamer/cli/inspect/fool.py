"""`dreamer inspect fool`: how brittle a network is, and whether it looks at texture or shape."""

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


@click.command()
@photo_argument
@network_options
@click.option("--class", "wanted", metavar="NAME", help="What the network is to say.")
@click.option("--method", type=click.Choice(("pgd", "fgsm")), default="pgd", show_default=True,
              help="Many small steps, or one.")  # fmt: skip
@click.option("--texture", type=click.Path(path_type=Path), metavar="STYLE",
              help="In place of --class: what it says of the photo with the texture of STYLE.")  # fmt: skip
@size_option(224)
@output_options("outputs/inspect/fool.png")
def command(
    photo: Path,
    network: ChosenNetwork,
    wanted: str | None,
    method: str,
    texture: Path | None,
    size: int,
    out: Output,
) -> None:
    """Find the smallest change of PHOTO that makes the network say a class; or give it another texture."""
    if (wanted is None) == (texture is None):
        raise click.UsageError("Give either --class NAME or --texture STYLE.")
    from dreamer.drawing.sheets import Tile, contact_sheet
    from dreamer.inspection.fooling import fool
    from dreamer.inspection.heatmaps import signed, to_image
    from dreamer.inspection.scoring import probabilities

    loaded = network.open()
    picture = open_photo(photo, loaded, size)
    before = probabilities(loaded, picture)[0]
    said = int(before.argmax())

    def told(found: object) -> str:
        import torch

        assert isinstance(found, torch.Tensor)
        best = found.topk(3)
        return "\n".join(f"{float(v):.1%} {loaded.classes[int(i)]}" for v, i in zip(*best, strict=True))

    tiles = [Tile(to_image(picture[0]), f"{photo.name}\n{told(before)}")]
    facts: dict[str, object] = {"photo": str(photo), "network": network.name, "class_before": loaded.classes[said]}
    if wanted is not None:
        index = loaded.class_index(wanted)
        found = fool(loaded, picture, index, method=method)  # type: ignore[arg-type]
        after = probabilities(loaded, found.picture)[0]
        change = found.picture[0] - picture[0]
        tiles.append(Tile(to_image(signed(change)), f"the change, magnified\nlargest {found.size * 255:.1f} of 255"))
        tiles.append(Tile(to_image(found.picture[0]), f"with it\n{told(after)}"))
        arrays = {"change": change.cpu().numpy()}
        facts |= {
            "class": loaded.classes[index],
            "succeeded": found.succeeded,
            "largest_change": found.size,
            "l2": found.l2,
            "probability": float(after[index]),
        }
        verdict = "says" if found.succeeded else "cannot be made to say"
        lines = [
            f"{loaded.name} {verdict} {loaded.classes[index]} after a change of at most {found.size * 255:.2f} of 255 "
            f"(L2 {found.l2:.3f}); before it said {loaded.classes[said]}"
        ]
    else:
        from dreamer.jobs.stills import render_still
        from dreamer.presets.options import with_options
        from dreamer.presets.source.load import resolve_preset

        style = str(texture)
        preset = with_options(resolve_preset("style", [f'targets.0.style="{style}"']).preset, size=size)
        restyled = render_still(preset, loaded, picture[0].cpu()).pixels.unsqueeze(0).to(loaded.device)
        after = probabilities(loaded, restyled)[0]
        style_picture = open_photo(Path(style), loaded, size)
        of_style = probabilities(loaded, style_picture)[0]
        tiles.append(Tile(to_image(style_picture[0]), f"the texture\n{told(of_style)}"))
        tiles.append(Tile(to_image(restyled[0]), f"the photo with it\n{told(after)}"))
        arrays = {"restyled": restyled[0].cpu().numpy()}
        texture_class = int(of_style.argmax())
        facts |= {
            "texture_class": loaded.classes[texture_class],
            "shape_probability": float(after[said]),
            "texture_probability": float(after[texture_class]),
            "class_after": loaded.classes[int(after.argmax())],
        }
        lines = [
            f"shape ({loaded.classes[said]}) {float(after[said]):.1%}, "
            f"texture ({loaded.classes[texture_class]}) {float(after[texture_class]):.1%}: "
            f"it says {loaded.classes[int(after.argmax())]}"
        ]
    sheet = contact_sheet(tiles, columns=3, side=300, title=f"{network.name}: fooled")
    out.report(facts, lines, image=sheet, arrays=arrays)
