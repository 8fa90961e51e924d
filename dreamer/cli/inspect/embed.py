"""`dreamer inspect embed`: a map of photos."""

from __future__ import annotations

from collections.abc import Sequence
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
    from dreamer.inspection.photos import Photo
    from dreamer.networks import Network


@click.command()
@click.argument("folder", metavar="FOLDER", type=click.Path(path_type=Path))
@network_options
@click.option("--layer", metavar="LAYER", shell_complete=complete_layers,
              help="Layer whose features are compared; default: the last one with a map.")  # fmt: skip
@click.option("--method", type=click.Choice(("pca", "tsne", "umap")), default="pca", show_default=True,
              help="tsne and umap need the extra dreamer[embed].")  # fmt: skip
@click.option("--limit", default=400, show_default=True, type=click.IntRange(3, 10000), metavar="N",
              help="At most N photos, as many of each folder as there can be.")  # fmt: skip
@click.option(
    "--color", type=click.Choice(("auto", "folder", "class")), default="auto", show_default=True,
    help="What colors stand for: folders, or the most probable class; auto: folders where there are several.",
)  # fmt: skip
@click.option("--thumbnails", is_flag=True, help="Draw the photos in place of points.")
@click.option("--query", "queries", type=click.Path(path_type=Path), multiple=True, metavar="PHOTO",
              help="Put this photo on the map, too, and list its nearest. May be repeated.")  # fmt: skip
@size_option(224)
@click.option("--seed", default=0, show_default=True, type=click.IntRange(0), help="Start of all random numbers.")
@click.option("--grid", type=click.Path(path_type=Path), metavar="FILE", help="Also draw a grid without overlaps.")
@click.option("--neighbors", type=click.Path(path_type=Path), metavar="FILE",
              help="Also draw nearest photos by features and by pixels: of the queries, or of a dozen.")  # fmt: skip
@output_options("outputs/inspect/embed.png")
def command(
    folder: Path,
    network: ChosenNetwork,
    layer: str | None,
    method: Method,
    limit: int,
    color: str,
    thumbnails: bool,
    queries: tuple[Path, ...],
    size: int,
    seed: int,
    grid: Path | None,
    neighbors: Path | None,
    out: Output,
) -> None:
    """Lay FOLDER's photos out on a map, where photos with similar features at a layer lie close together.

    Points are colored by folder or by class.
    """
    from dreamer.drawing.save import save_drawing
    from dreamer.inspection import figures
    from dreamer.inspection.embedding import embed_photos
    from dreamer.inspection.photos import read_photo

    photos = open_folder(folder, size, at_most=limit)
    photos += [read_photo(query, size=size) for query in queries]
    loaded, pixels = network.open(), [photo.pixels for photo in photos]
    embedding = embed_photos(loaded, pixels, layer=layer, method=method, seed=seed, queries=len(queries))
    groups, legend = _groups(loaded, folder, photos, len(queries), color)
    if grid is not None:
        save_drawing(figures.draw_embedding_grid(embedding, photos), grid)
    if neighbors is not None:
        save_drawing(figures.draw_neighbors(embedding, photos, network.name), neighbors)
    facts = [
        {"photo": photo.source, "group": group, "x": x, "y": y, "nearest": [photos[other].source for other in nearest]}
        for photo, group, (x, y), nearest in zip(
            photos, groups, embedding.points.tolist(), embedding.nearest.tolist(), strict=True
        )
    ]
    asked = [f"{fact['photo']}: near {', '.join(fact['nearest'])}" for fact in facts[len(photos) - len(queries) :]]
    out.report(
        {"network": network.name, "layer": embedding.layer, "method": method, "color": legend, "photos": facts},
        [
            f"{len(photos) - len(queries)} photos by {embedding.layer}, {method}",
            *asked,
            *(str(path) for path in (grid, neighbors) if path),
        ],
        image=figures.draw_embedding(embedding, photos, groups, network.name, legend=legend, thumbnails=thumbnails),
        arrays={"features": embedding.features.numpy(), "points": embedding.points.numpy()},
    )


def _groups(network: Network, folder: Path, photos: Sequence[Photo], queries: int, color: str) -> tuple[list[str], str]:
    """The group of each photo, of which the last are queries, and what the groups are: "folder" or "class"."""
    from dreamer.inspection.scoring import predicted_class

    places = [Path(photo.source).relative_to(folder).parent for photo in photos[: len(photos) - queries]]
    if color == "folder" or (color == "auto" and len(set(places)) > 1):
        return [str(place) if place.parts else folder.name for place in places] + ["query"] * queries, "folder"
    classes = [predicted_class(network, photo.pixels.to(network.device)) for photo in photos]
    return [network.classes[number] for number in classes], "class"
