"""Which superpixels belong to a thing and which to what is around it: from evidence, colors and the picture's border.

What touches the border, or is connected to it by small steps of color, is more likely ground; the thing is where the
evidence is, and differs from the ground: Zhu, Liang, Wei & Sun 2014, "Saliency optimization from robust background
detection". Its threshold is where the cut is cleanest, and colors then decide what the network is too coarse to see,
as in Rother, Kolmogorov & Blake 2004, "GrabCut", but with soft areas and sums in place of a minimal cut.
"""

from __future__ import annotations

import torch
from torch import Tensor

from dreamer.finding.superpixels import Superpixels

# Distances in color, of which 1 can just be seen: within a surface; along a way that still connects; across an edge
# that is cut; between patches of one thing; between neighbors that decide alike.
SURFACE, WAY, CUT, LIKE, NEIGHBOR = 6.0, 6.0, 5.0, 4.0, 8.0
# Distances in place, in longer sides: of what a patch is compared with, and of one thing's colors.
NEAR, WITHIN = 0.25, 0.6
# How long a share of the border a region has, by its size, before it counts as ground.
BORDER = 0.7
LEAST_CONTRAST = 0.1  # what evidence counts where colors hardly differ
LEAST_LINK = 0.05  # of neighbors, however different
# Thresholds that are tried; what a clean cut counts, and what an even split.
THRESHOLDS, CLEAN, EVEN = 31, 2.0, 0.25
# How soft the threshold is, how sure it leaves a patch at most, and how decided each round makes it.
SOFTNESS, SURE, DECIDED, ROUNDS = 0.12, 5.0, 6.0, 8
# Parts that are smaller than this share of the largest are left out.
CRUMB = 0.06
_FAR = 1e6


def separated(patches: Superpixels, evidence: Tensor) -> Tensor:
    """(N,) in [0, 1]: how surely each patch belongs to the thing. `evidence`: (N,), at least 0, of any scale."""
    colors, places = _distances(patches.colors), _distances(patches.places)
    ground = _ground(patches, colors)
    near = torch.exp(-places.square() / (2 * NEAR**2))
    contrast = evened((colors * near * (ground * patches.areas)).sum(1), patches.areas)
    thing = evened(evened(evidence, patches.areas) * (contrast + LEAST_CONTRAST).sqrt(), patches.areas)
    likely = _smoothest(patches, colors, thing, ground)
    inside = _by_color(patches, colors, places, likely, _cleanest_threshold(patches, colors, likely))
    return inside * _without_crumbs(patches, inside > 0.5)


def _ground(patches: Superpixels, colors: Tensor) -> Tensor:
    """(N,) in [0, 1]: 1 where a patch, with all that is connected to it, lies along the border."""
    steps = torch.where(patches.touching, colors, _FAR)
    usual = steps.min(1).values.mean()
    ways = torch.where(patches.touching, (colors - usual).clamp_min(0), _FAR).fill_diagonal_(0)
    for middle in range(len(patches)):  # the shortest ways of all pairs, Floyd 1962
        ways = torch.minimum(ways, ways[:, middle : middle + 1] + ways[middle])
    connected = torch.exp(-ways.square() / (2 * WAY**2))
    size = (connected * (patches.areas / patches.areas.mean())).sum(1)
    outermost = patches.border / patches.border[patches.border > 0].mean()
    along_border = (connected * outermost).sum(1) / size.sqrt()
    return 1 - torch.exp(-along_border.square() / (2 * BORDER**2))


def _smoothest(patches: Superpixels, colors: Tensor, thing: Tensor, ground: Tensor) -> Tensor:
    """(N,) in [0, 1]: near 1 where the thing is, near 0 on the ground, and alike where colors are."""
    border = patches.border > 0
    second = (patches.touching.float() @ patches.touching.float()) > 0
    # The border is one: ground on one side of a photo is ground on the other.
    around = (patches.touching | second | (border.unsqueeze(0) & border.unsqueeze(1))).fill_diagonal_(False)
    links = (torch.exp(-colors.square() / (2 * SURFACE**2)) + LEAST_LINK) * around
    system = torch.diag(links.sum(1) + ground + thing + 1e-4) - links
    return evened(torch.linalg.solve(system, thing), patches.areas)


def _cleanest_threshold(patches: Superpixels, colors: Tensor, likely: Tensor) -> float:
    """Where to split: few and weak links are cut, and the parts differ."""
    areas = patches.areas / patches.areas.sum()
    links = (torch.exp(-colors.square() / (2 * CUT**2)) + 0.02) * patches.touching
    best, lowest = 0.5, float("inf")
    for threshold in torch.linspace(0.2, 0.8, THRESHOLDS).tolist():
        inside = likely > threshold
        share = float(areas[inside].sum())
        if not 0.003 < share < 0.9:
            continue
        cut = float(links[inside][:, ~inside].sum())
        conductance = cut / min(float(links[inside].sum()), float(links[~inside].sum()))
        gap = float((likely * areas)[inside].sum() / share - (likely * areas)[~inside].sum() / (1 - share))
        cost = conductance**CLEAN / max((share * (1 - share)) ** EVEN * gap**2, 1e-9)
        if cost < lowest:
            best, lowest = threshold, cost
    return best


def _by_color(patches: Superpixels, colors: Tensor, places: Tensor, likely: Tensor, threshold: float) -> Tensor:
    """(N,) in [0, 1]: which side the colors nearby are on, again and again."""
    alike = torch.exp(-colors.square() / (2 * LIKE**2) - places.square() / (2 * WITHIN**2))
    links = torch.exp(-colors.square() / (2 * NEIGHBOR**2)) * patches.touching
    smoothing = torch.linalg.inv(torch.diag(links.sum(1) + 1) - links)
    prior = ((likely - threshold) / SOFTNESS).clamp(-SURE, SURE)
    inside = torch.sigmoid(prior)
    for _ in range(ROUNDS):
        thing, ground = inside * patches.areas, (1 - inside) * patches.areas
        of_thing = (alike * thing).sum(1) / (thing.sum() + 1e-6)
        of_ground = (alike * ground).sum(1) / (ground.sum() + 1e-6)
        side = torch.log((of_thing + 1e-6) / (of_ground + 1e-6)).clamp(-4, 4)
        inside = torch.sigmoid(DECIDED * (smoothing @ torch.sigmoid(prior + side) - 0.5))
    return inside


def _without_crumbs(patches: Superpixels, inside: Tensor) -> Tensor:
    """(N,) 0 for patches whose connected part of the inside is small beside the largest, else 1."""
    links = (patches.touching & inside & inside.unsqueeze(1)).float() + torch.eye(len(patches))
    for _ in range(len(patches).bit_length()):  # each round doubles how far a patch reaches
        links = ((links @ links) > 0).float()
    sizes = links @ (patches.areas * inside)
    return ((sizes >= CRUMB * sizes.max()) | ~inside).float()


def _distances(points: Tensor) -> Tensor:
    return torch.cdist(points, points, compute_mode="donot_use_mm_for_euclid_dist")


def evened(values: Tensor, areas: Tensor, low: float = 0.03, high: float = 0.995) -> Tensor:
    """(N,) to [0, 1], where single small patches do not set the scale: shares of all area are below and above it."""
    order = values.argsort()
    below = areas[order].cumsum(0) / areas.sum()
    first, last = (values[order[min(int((below < share).sum()), len(values) - 1)]] for share in (low, high))
    return ((values - first) / (last - first).clamp_min(1e-9)).clamp(0, 1)
