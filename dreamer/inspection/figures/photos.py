"""Photos in the order that a network gives them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from PIL import Image
from torch import Tensor

from dreamer.drawing.scatter import draw_grid, draw_scatter
from dreamer.drawing.sheets import SheetTile, contact_sheet
from dreamer.inspection.embedding import METHODS, Embedding, grid_places, neighbors, pixel_vectors
from dreamer.inspection.heatmaps import to_image
from dreamer.inspection.photos import Photo
from dreamer.inspection.sampling import evenly_spaced
from dreamer.inspection.scoring import ClassProbability
from dreamer.inspection.strongest_patches import TopPatch
from dreamer.inspection.suggestion import Suggestion

_BLANK = (242, 242, 242)
NEIGHBOR_ROWS = 12


def draw_top_patches(
    patches: Mapping[int, Sequence[TopPatch]],
    portraits: Sequence[Tensor],
    photos: Sequence[Photo],
    network: str,
    layer: str,
    *,
    count: int,
) -> Image.Image:
    """A row for each kernel: its portrait (3, h, w), then its patches with the photos' names, in `count` columns."""
    blank = SheetTile(Image.new("RGB", photos[0].image().size, _BLANK))
    tiles = []
    for (kernel, best), portrait in zip(patches.items(), portraits, strict=True):
        tiles.append(SheetTile(to_image(portrait), f"{layer} {kernel}\nits portrait"))
        tiles += [
            SheetTile(to_image(patch.pixels), f"{photos[patch.number].name}\n{patch.strength:.3g}") for patch in best
        ]
        tiles += [blank] * (count - len(best))
    title = f"{network}, {layer}: what excites it most"
    return contact_sheet(tiles, columns=count + 1, side=136, title=title)


def draw_embedding(
    embedding: Embedding,
    photos: Sequence[Photo],
    groups: Sequence[str],
    network: str,
    *,
    legend: str,
    thumbnails: bool = False,
) -> Image.Image:
    """The photos as points in the colors of their `groups`, or as thumbnails; `legend`: what the groups are."""
    queries = embedding.query_numbers
    count = f"{len(photos) - len(queries)} photos"
    return draw_scatter(
        embedding.points.tolist(),
        groups,
        images=[photo.image() for photo in photos] if thumbnails else None,
        title=f"{network}, {embedding.layer}: {count} by {METHODS[embedding.method]}",
        legend_title=legend,
        named={number: photos[number].name for number in queries},
    )


def draw_embedding_grid(embedding: Embedding, photos: Sequence[Photo]) -> Image.Image:
    """The photos in a grid near their points."""
    return draw_grid([photo.image() for photo in photos], grid_places(embedding.points))


def draw_neighbors(embedding: Embedding, photos: Sequence[Photo], network: str) -> Image.Image:
    """The queries, or a dozen of the photos, each with its nearest by features and its nearest by pixels."""
    count = embedding.nearest.shape[1]
    by_pixels = neighbors(pixel_vectors([photo.pixels for photo in photos]), count, embedding.queries)
    images = [photo.image() for photo in photos]
    asked = list(embedding.query_numbers) or evenly_spaced(range(len(photos)), min(NEIGHBOR_ROWS, len(photos)))
    tiles = []
    for number in asked:
        tiles.append(SheetTile(images[number], photos[number].name))
        for name, nearest in (("features", embedding.nearest[number]), ("pixels", by_pixels[number])):
            tiles += [SheetTile(images[other], f"{name} {rank}") for rank, other in enumerate(nearest.tolist(), 1)]
    return contact_sheet(tiles, columns=1 + 2 * count, side=110, title=f"{network}, {embedding.layer}: neighbors")


def draw_classes(photos: Sequence[Photo], classes: Sequence[Sequence[ClassProbability]], network: str) -> Image.Image:
    """Each photo with its most probable classes."""
    tiles = [
        SheetTile(
            photo.image(), "\n".join([photo.name, *(f"{entry.probability:6.1%}  {entry.name}" for entry in best)])
        )
        for photo, best in zip(photos, classes, strict=True)
    ]
    return contact_sheet(tiles, side=280, title=f"{network} sees")


def draw_suggestions(
    suggestions: Sequence[Suggestion], dreams: Sequence[Tensor], photo: Photo, network: str, *, side: int
) -> Image.Image:
    """A small dream (3, h, w) of each suggestion, fitted into `side` px."""
    tiles = [
        SheetTile(
            to_image(dream),
            f"{suggestion.layer} {suggestion.kernel}   +{suggestion.excess:.1f}\n{', '.join(suggestion.classes)}",
        )
        for suggestion, dream in zip(suggestions, dreams, strict=True)
    ]
    return contact_sheet(tiles, side=side, title=f"{photo.name}: what {network} sees in it")
