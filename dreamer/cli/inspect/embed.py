"""`dreamer inspect embed`: a map of photos."""

from __future__ import annotations

from pathlib import Path

import click

from dreamer.cli.inspect.sharing import (
    ChosenNetwork,
    Output,
    network_options,
    open_folder,
    output_options,
    save_image,
    size_option,
)
from dreamer.cli.options import complete_layers


@click.command()
@click.argument("folder", metavar="FOLDER", type=click.Path(path_type=Path))
@network_options
@click.option(
    "--layer", metavar="LAYER", shell_complete=complete_layers, help="Whose features; default: the last one with a map."
)
@click.option("--method", type=click.Choice(("pca", "tsne", "umap")), default="pca", show_default=True,
              help="tsne and umap need the extra dreamer[embed].")  # fmt: skip
@click.option("--limit", default=400, show_default=True, type=click.IntRange(3, 10000), help="Photos at most.")
@size_option(224)
@click.option("--seed", default=0, show_default=True, type=click.IntRange(0), help="Start of all random numbers.")
@click.option("--grid", type=click.Path(path_type=Path), metavar="FILE", help="Also a grid without overlaps.")
@click.option("--neighbors", type=click.Path(path_type=Path), metavar="FILE",
              help="Also each photo's nearest by features against its nearest by pixels.")  # fmt: skip
@output_options("outputs/inspect/embed.png")
def command(
    folder: Path,
    network: ChosenNetwork,
    layer: str | None,
    method: str,
    limit: int,
    size: int,
    seed: int,
    grid: Path | None,
    neighbors: Path | None,
    out: Output,
) -> None:
    """Lay FOLDER's photos out on a map, where what a layer finds alike lies close together."""
    from dreamer.drawing.scatter import draw_grid, draw_scatter
    from dreamer.drawing.sheets import Tile, contact_sheet
    from dreamer.inspection import embedding
    from dreamer.inspection.heatmaps import to_image
    from dreamer.networks.describing import described_layers

    loaded = network.open()
    chosen = layer or described_layers(loaded)[-1]
    photos = open_folder(folder, size, at_most=limit)
    features = embedding.features_of(loaded, [photo for _, photo in photos], chosen)
    points = embedding.embed(features, method, seed=seed)  # type: ignore[arg-type]
    images = [to_image(photo[0]) for _, photo in photos]
    written = []
    if grid is not None:
        save_image(draw_grid(images, embedding.grid_places(points)), grid)
        written.append(str(grid))
    names = [str(path) for path, _ in photos]
    near = embedding.neighbors(features, 5)
    if neighbors is not None:
        by_pixels = embedding.neighbors(embedding.pixel_vectors([photo for _, photo in photos]), 5)
        tiles = []
        for number in range(min(12, len(photos))):
            tiles.append(Tile(images[number], photos[number][0].name))
            tiles += [Tile(images[int(each)], f"features {rank}") for rank, each in enumerate(near[number], 1)]
            tiles += [Tile(images[int(each)], f"pixels {rank}") for rank, each in enumerate(by_pixels[number], 1)]
        sheet = contact_sheet(
            tiles, columns=1 + 2 * near.shape[1], side=110, title=f"{network.name}, {chosen}: neighbors"
        )
        save_image(sheet, neighbors)
        written.append(str(neighbors))
    facts = {
        "network": network.name,
        "layer": chosen,
        "method": method,
        "photos": [
            {
                "photo": name,
                "x": float(point[0]),
                "y": float(point[1]),
                "nearest": [names[int(each)] for each in nearest],
            }
            for name, point, nearest in zip(names, points, near, strict=True)
        ],
    }
    out.report(
        facts,
        [f"{len(photos)} photos by {chosen}, {method}", *written],
        image=draw_scatter(images, points.tolist()),
        arrays={"features": features.numpy(), "points": points.numpy()},
    )
