"""`dreamer inspect embed`: a map of photos."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from dreamer.cli.inspect.sharing import (
    ChosenNetwork,
    Output,
    network_options,
    open_folder,
    output_options,
    size_option,
)
from dreamer.cli.options import complete_layers

if TYPE_CHECKING:
    from dreamer.inspection.embedding import Method


@click.command()
@click.argument("folder", metavar="FOLDER", type=click.Path(path_type=Path))
@network_options
@click.option("--layer", metavar="LAYER", shell_complete=complete_layers,
              help="Layer whose features are compared; default: the last one with a map.")  # fmt: skip
@click.option("--method", type=click.Choice(("pca", "tsne", "umap")), default="pca", show_default=True,
              help="tsne and umap need the extra dreamer[embed].")  # fmt: skip
@click.option("--limit", default=400, show_default=True, type=click.IntRange(3, 10000), help="At most N photos.",
              metavar="N")  # fmt: skip
@size_option(224)
@click.option("--seed", default=0, show_default=True, type=click.IntRange(0), help="Start of all random numbers.")
@click.option("--grid", type=click.Path(path_type=Path), metavar="FILE", help="Also draw a grid without overlaps.")
@click.option("--neighbors", type=click.Path(path_type=Path), metavar="FILE",
              help="Also draw each photo's nearest by features against its nearest by pixels.")  # fmt: skip
@output_options("outputs/inspect/embed.png")
def command(
    folder: Path,
    network: ChosenNetwork,
    layer: str | None,
    method: Method,
    limit: int,
    size: int,
    seed: int,
    grid: Path | None,
    neighbors: Path | None,
    out: Output,
) -> None:
    """Lay FOLDER's photos out on a map, where photos with similar features at a layer lie close together."""
    from dreamer.drawing.save import save_drawing
    from dreamer.inspection import figures
    from dreamer.inspection.embedding import embed_photos

    photos = open_folder(folder, size, at_most=limit)
    embedding = embed_photos(network.open(), [p.pixels for p in photos], layer=layer, method=method, seed=seed)
    if grid is not None:
        save_drawing(figures.draw_embedding_grid(embedding, photos), grid)
    if neighbors is not None:
        save_drawing(figures.draw_neighbors(embedding, photos, network.name), neighbors)
    facts = [
        {"photo": photo.source, "x": x, "y": y, "nearest": [photos[other].source for other in nearest]}
        for photo, (x, y), nearest in zip(photos, embedding.points.tolist(), embedding.nearest.tolist(), strict=True)
    ]
    out.report(
        {"network": network.name, "layer": embedding.layer, "method": method, "photos": facts},
        [f"{len(photos)} photos by {embedding.layer}, {method}", *(str(path) for path in (grid, neighbors) if path)],
        image=figures.draw_embedding(embedding, photos),
        arrays={"features": embedding.features.numpy(), "points": embedding.points.numpy()},
    )
