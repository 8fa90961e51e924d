"""`dreamer inspect saliency`: which pixels a class or target depends on."""

from __future__ import annotations

from dataclasses import replace
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
from dreamer.cli.inspect.target_options import chosen_score, target_options
from dreamer.cli.options import complete_layers

METHODS = ("gradient", "smooth", "integrated", "guided", "grad-cam", "guided-grad-cam")


@click.command()
@photo_argument
@network_options
@target_options
@click.option("--method", "methods", multiple=True, type=click.Choice(METHODS), help="May be repeated; default: all.")
@click.option("--layer", metavar="LAYER", shell_complete=complete_layers,
              help="Layer for Grad-CAM; default: the last one with a map.")  # fmt: skip
@click.option("--samples", type=click.IntRange(1, 1000), default=24, show_default=True,
              help="Pictures for smooth and integrated.")  # fmt: skip
@size_option(320)
@click.option("--sanity", is_flag=True, help="Also show the maps of the same network with random weights.")
@output_options("outputs/inspect/saliency.png")
def command(
    photo: Path,
    network: ChosenNetwork,
    class_name: str | None,
    target: str | None,
    methods: tuple[str, ...],
    layer: str | None,
    samples: int,
    size: int,
    sanity: bool,
    out: Output,
) -> None:
    """Show which pixels of PHOTO a class, or any target, depends on, by several methods side by side.

    A map that is as good with random weights shows the photo's edges rather than what the network learned: --sanity
    shows both, with their rank correlation (Adebayo et al. 2018).
    """
    from dreamer.inspection.figures import draw_attributions
    from dreamer.inspection.photos import read_photo
    from dreamer.inspection.saliency import attributions, sanity_checks

    loaded = network.open()
    picture = read_photo(photo, size=size, device=loaded.device)
    score, name = chosen_score(loaded, picture.pixels, class_name, target)
    learned = attributions(score, picture.pixels, methods, samples=samples, layer=layer)
    for method, error in learned.left_out.items():
        click.echo(f"left out {method}: {error}", err=True)
    facts: dict[str, object] = {"photo": str(photo), "network": network.name, "target": name}
    lines, checks = [f"{photo.name}: {name}"], {}
    if sanity:
        # The classes of random weights mean nothing: the first stands for any.
        random = replace(network, weights="random", labels=None).open()
        random_score, _ = chosen_score(random, picture.pixels, "0" if target is None else None, target)
        checks = sanity_checks(learned, random_score, picture.pixels, samples=samples, layer=layer)
        correlations = {method: check.correlation for method, check in checks.items()}
        facts["correlation_with_random_weights"] = correlations
        lines += [f"  {method}: rank correlation with random weights {value}" for method, value in correlations.items()]
    side = max(200, min(size, 360))
    out.report(
        facts,
        lines,
        image=draw_attributions(learned, picture, network.name, name, checks=checks, side=side),
        arrays={method.replace("-", "_"): attribution[0].cpu().numpy() for method, attribution in learned.maps.items()},
    )
