"""The figure of each tool: what an analysis found, as a Pillow image. `network` is the name that titles print."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from PIL import Image, ImageDraw
from torch import Tensor

from dreamer.drawing.scatter import draw_grid, draw_scatter
from dreamer.drawing.sheets import SheetTile, contact_sheet
from dreamer.inspection.activations import FeatureMap
from dreamer.inspection.attribution import saliency_map
from dreamer.inspection.deconvolution import Projection
from dreamer.inspection.embedding import Embedding, grid_places, neighbors, pixel_vectors
from dreamer.inspection.fooling import AdversarialExample, CueConflict
from dreamer.inspection.heatmaps import colored, overlaid, signed, sized, smoothed, to_image, unit_range
from dreamer.inspection.inversion import Inversion
from dreamer.inspection.kernels import Kernels, scaled_weights
from dreamer.inspection.occlusion import Occlusion
from dreamer.inspection.photos import Photo
from dreamer.inspection.saliency import Attributions, SanityCheck
from dreamer.inspection.scoring import ClassProbability
from dreamer.inspection.strongest_patches import TopPatch
from dreamer.inspection.suggestion import Suggestion
from dreamer.inspection.tracing import KernelTrace

_BLANK = (242, 242, 242)
NEIGHBOR_ROWS = 12


def draw_kernels(kernels: Kernels, network: str, *, channels: int = 16) -> Image.Image:
    """Kernels over colors, or templates, as pictures; others as rows of slices, one for each of `channels` inputs."""
    title = f"{network}, {kernels.layer}: {kernels.shape}"
    if kernels.expanded:
        tiles = [SheetTile(to_image(template), str(number)) for number, template in enumerate(kernels.weights)]
        return contact_sheet(tiles, side=96, title=title, smooth=False)
    weights = scaled_weights(kernels.weights)
    if weights.shape[1] == 3:
        tiles = [SheetTile(to_image(kernel), str(number)) for number, kernel in enumerate(weights)]
        return contact_sheet(tiles, side=72, title=title, smooth=False)
    tiles = [
        SheetTile(to_image(kernel[channel].expand(3, -1, -1)), f"{number} < {channel}")
        for number, kernel in enumerate(weights)
        for channel in range(min(channels, weights.shape[1]))
    ]
    columns = min(channels, weights.shape[1])
    return contact_sheet(tiles, columns=columns, side=44, title=title, smooth=False)


def draw_feature_maps(
    maps: Sequence[FeatureMap], photo: Photo, network: str, *, columns: int = 8, overlay: bool = False
) -> Image.Image:
    """Each map with its mean and peak; `overlay`: over the photo."""
    height, width = photo.pixels.shape[-2:]
    tiles = []
    for feature_map in maps:
        heat = unit_range(feature_map.activation.clamp_min(0))
        picture = overlaid(photo.pixels[0].cpu(), sized(heat, height, width)) if overlay else colored(heat)
        label = f"{feature_map.layer} {feature_map.kernel}\nmean {feature_map.mean:.3g}, peak {feature_map.peak:.3g}"
        tiles.append(SheetTile(to_image(picture), label))
    return contact_sheet(tiles, columns=columns, side=160, title=f"{network} on {photo.name}", smooth=overlay)


def draw_attributions(
    learned: Attributions,
    photo: Photo,
    network: str,
    target: str,
    *,
    checks: Mapping[str, SanityCheck] | None = None,
    side: int = 320,
) -> Image.Image:
    """The photo with the map of each method, then those of `checks` with random weights; each fitted into `side` px."""

    def over_photo(attribution: Tensor) -> Image.Image:
        heat = unit_range(smoothed(saliency_map(attribution), 1.2))
        return to_image(overlaid(photo.pixels[0], heat))

    tiles = [SheetTile(photo.image(), photo.name)]
    tiles += [SheetTile(over_photo(attribution), method) for method, attribution in learned.maps.items()]
    tiles += [
        SheetTile(over_photo(check.attribution), f"{method}, random weights\nrank correlation {check.correlation}")
        for method, check in (checks or {}).items()
    ]
    return contact_sheet(tiles, side=side, title=f"{network}: {target}")


def draw_occlusions(occlusions: Sequence[Occlusion], photo: Photo, network: str, class_name: str) -> Image.Image:
    """The photo, and for each square the map of where the probability falls."""
    tiles = [SheetTile(photo.image(), f"{photo.name}\n{class_name} {occlusions[0].probability:.1%}")]
    for occlusion in occlusions:
        label = f"square {occlusion.size}, stride {occlusion.stride}\ndeepest fall {occlusion.deepest:.1%}"
        tiles.append(SheetTile(to_image(overlaid(photo.pixels[0].cpu(), unit_range(occlusion.heat))), label))
    return contact_sheet(tiles, side=256, title=f"{network}: what {class_name} cannot do without")


def draw_projections(projections: Sequence[Projection], photo: Photo, network: str) -> Image.Image:
    """Each projection beside the patch of the photo that it comes from."""
    tiles = []
    for projection in projections:
        top, left, bottom, right = projection.box if projection.box[2] else (0, 0, *photo.pixels.shape[-2:])
        crop = (slice(None), slice(top, bottom), slice(left, right))
        label = f"{projection.layer} {projection.kernel}\nactivation {projection.strength:.3g}"
        tiles.append(SheetTile(to_image(signed(projection.picture[crop])), label))
        tiles.append(SheetTile(to_image(photo.pixels[0][crop]), "its patch"))
    title = f"{network}, {projections[0].layer} on {photo.name}: deconvnet"
    return contact_sheet(tiles, columns=6, side=160, title=title)


def draw_traces(traces: Sequence[KernelTrace], photo: Photo, network: str) -> Image.Image:
    """A row for each trace: heat map, box and silhouette."""
    pixels = photo.pixels[0].cpu()
    tiles = []
    for trace in traces:
        top, left, bottom, right = trace.box
        boxed = to_image(pixels)
        ImageDraw.Draw(boxed).rectangle((left, top, right - 1, bottom - 1), outline="#ffd23f", width=2)
        tiles += [
            SheetTile(to_image(overlaid(pixels, trace.heat)), f"{trace.layer} {trace.kernel}"),
            SheetTile(boxed, f"box {left}, {top} to {right}, {bottom}"),
            SheetTile(to_image(pixels * (0.12 + 0.88 * trace.mask)), "silhouette"),
        ]
    title = f"{network}, {traces[0].layer} on {photo.name}: traced back"
    return contact_sheet(tiles, columns=3, side=280, title=title)


def draw_silhouette(trace: KernelTrace, size: tuple[int, int]) -> Image.Image:
    """A trace's silhouette as a gray picture of (width, height), for a preset's `canvas.mask.picture`."""
    return to_image(trace.mask.expand(3, -1, -1)).convert("L").resize(size)


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


def draw_embedding(embedding: Embedding, photos: Sequence[Photo]) -> Image.Image:
    """The photos scattered by their points."""
    return draw_scatter([photo.image() for photo in photos], embedding.points.tolist())


def draw_embedding_grid(embedding: Embedding, photos: Sequence[Photo]) -> Image.Image:
    """The photos in a grid near their points."""
    return draw_grid([photo.image() for photo in photos], grid_places(embedding.points))


def draw_neighbors(embedding: Embedding, photos: Sequence[Photo], network: str) -> Image.Image:
    """The first photos, each with its nearest by features and its nearest by pixels."""
    count = embedding.nearest.shape[1]
    by_pixels = neighbors(pixel_vectors([photo.pixels for photo in photos]), count)
    images = [photo.image() for photo in photos]
    tiles = []
    for number in range(min(NEIGHBOR_ROWS, len(photos))):
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


def draw_adversarial_example(
    example: AdversarialExample,
    photo: Photo,
    before: Sequence[ClassProbability],
    after: Sequence[ClassProbability],
    network: str,
) -> Image.Image:
    """The photo, the change, magnified, and the photo with it, with the classes before and after."""
    change = to_image(signed(example.picture[0] - photo.pixels[0]))
    tiles = [
        SheetTile(photo.image(), f"{photo.name}\n{_listed(before)}"),
        SheetTile(change, f"the change, magnified\nlargest {example.size * 255:.1f} of 255"),
        SheetTile(to_image(example.picture[0]), f"with it\n{_listed(after)}"),
    ]
    return contact_sheet(tiles, columns=3, side=300, title=f"{network}: fooled")


def draw_cue_conflict(
    conflict: CueConflict,
    photo: Photo,
    style: Photo,
    classes: Sequence[Sequence[ClassProbability]],
    network: str,
) -> Image.Image:
    """The photo, the style and the photo with the style's texture, each with its `classes`."""
    images = (photo.image(), style.image(), to_image(conflict.restyled[0]))
    names = (photo.name, "the texture", "the photo with it")
    tiles = [
        SheetTile(image, f"{name}\n{_listed(best)}") for image, name, best in zip(images, names, classes, strict=True)
    ]
    return contact_sheet(tiles, columns=3, side=300, title=f"{network}: fooled")


def draw_inversions(inversions: Sequence[Inversion], photo: Photo, network: str) -> Image.Image:
    """The photo and what each layer retains of it."""
    tiles = [SheetTile(photo.image(), photo.name)]
    tiles += [
        SheetTile(to_image(inversion.picture[0]), f"{inversion.layer}\nerror {inversion.error:.1%}")
        for inversion in inversions
    ]
    return contact_sheet(tiles, side=220, title=f"{network}: what layers still know of {photo.name}")


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


def _listed(classes: Sequence[ClassProbability]) -> str:
    return "\n".join(f"{entry.probability:.1%} {entry.name}" for entry in classes)
