"""Photos as points on a map: the features of a layer brought to two dimensions.

Van der Maaten & Hinton 2008 for t-SNE, McInnes, Healy & Melville 2018 for UMAP; Krizhevsky et al. 2012, figure 4, for
neighbors by features against neighbors by pixels.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from dreamer.errors import ToolError, UsageError
from dreamer.inspection.photos import own_input
from dreamer.networks import LOGITS, Network
from dreamer.networks.kernel_statistics import described_layers

Method = Literal["pca", "tsne", "umap"]
METHODS: dict[Method, str] = {"pca": "principal components", "tsne": "t-SNE", "umap": "UMAP"}


@dataclass(frozen=True)
class Embedding:
    """Photos as points. `features`: (N, C); `points`: (N, 2) in [0, 1]; `nearest`: (N, k) numbers of other photos.

    The last `queries` photos are on the map, but nobody's neighbors.
    """

    layer: str
    method: Method
    features: Tensor
    points: Tensor
    nearest: Tensor
    queries: int = 0

    @property
    def query_numbers(self) -> range:
        """The numbers of the queries among the photos."""
        return range(len(self.points) - self.queries, len(self.points))


def embed_photos(
    network: Network,
    photos: Sequence[Tensor],
    *,
    layer: str | None = None,
    method: Method = "pca",
    seed: int = 0,
    nearest: int = 5,
    queries: int = 0,
) -> Embedding:
    """Embed photos (1, 3, H, W) in [0, 1] by the features of `layer`, by default the last one with a map.

    The last `queries` of them ask for their neighbors among the others.

    Raises TargetError for an unknown layer, UsageError for fewer than 3 photos, ToolError where an extra is missing.
    """
    chosen = layer or described_layers(network)[-1]
    features = features_of(network, photos, chosen)
    points = embed(features, method, seed=seed)
    return Embedding(chosen, method, features, points, neighbors(features, nearest, queries), queries)


def features_of(network: Network, photos: Sequence[Tensor], layer: str) -> Tensor:
    """(N, C): a layer's activations, averaged over positions, of photos (1, 3, H, W) of any sizes."""
    cut = network.cut([layer])
    rows = []
    with torch.no_grad():
        for photo in photos:
            activation = cut(own_input(network, layer, photo.to(network.device)))[layer].float()
            rows.append((activation if layer == LOGITS else activation.mean((2, 3)))[0].cpu())
    return torch.stack(rows)


def principal_components(features: Tensor, count: int = 2) -> tuple[Tensor, Tensor]:
    """(N, C) to (N, count) along the directions of largest variance, and their shares of it (count,).

    Each direction's largest component is positive, which fixes its sign. Pearson 1901.
    """
    centered = (features - features.mean(0)).double()
    _, strengths, directions = torch.linalg.svd(centered, full_matrices=False)
    directions = directions[:count]
    signs = directions.gather(1, directions.abs().argmax(1, keepdim=True)).sign()
    shares = strengths.square() / strengths.square().sum().clamp_min(1e-30)
    return (centered @ (directions * signs).T).float(), shares[:count].float()


def embed(features: Tensor, method: Method, *, seed: int = 0) -> Tensor:
    """(N, C) to (N, 2) in [0, 1]. Raises UsageError for fewer than 3 rows, ToolError where an extra is missing."""
    if len(features) < 3:
        raise UsageError(
            f"a map needs at least 3 photos, and there are {len(features)}", remedy="Name a folder with more of them."
        )
    if method == "pca":
        points = principal_components(features)[0]
    else:
        points = torch.from_numpy(_neighbor_map(method, features.numpy(), seed)).float()
    low, high = points.amin(0), points.amax(0)
    return (points - low) / (high - low).clamp_min(1e-12)


def _neighbor_map(method: Method, features: np.ndarray, seed: int) -> np.ndarray:
    remedy = "Install it with: pip install 'dreamer[embed]', or use --method pca."
    if method == "tsne":
        try:
            from sklearn.manifold import TSNE
        except ImportError as error:
            raise ToolError("t-SNE needs scikit-learn", remedy=remedy) from error
        perplexity = min(30.0, (len(features) - 1) / 3)
        points = TSNE(2, perplexity=perplexity, init="pca", random_state=seed).fit_transform(features)
    else:
        try:
            import umap
        except ImportError as error:
            raise ToolError("UMAP needs umap-learn", remedy=remedy) from error
        settings = {"n_neighbors": min(15, len(features) - 1), "random_state": seed, "n_jobs": 1}
        points = umap.UMAP(**settings).fit_transform(features)
    return np.asarray(points)


def grid_places(points: Tensor) -> list[tuple[int, int]]:
    """(row, column) for each of (N, 2) points in [0, 1], in a grid of about 3 : 2, near the points, one to a cell.

    Rows are filled from the top by y, and each row by x, so that neighbors stay neighbors.
    """
    count = len(points)
    columns = max(1, math.ceil(math.sqrt(count * 1.5)))
    by_height = points[:, 1].argsort().tolist()
    places: list[tuple[int, int]] = [(0, 0)] * count
    for row, first in enumerate(range(0, count, columns)):
        members = sorted(by_height[first : first + columns], key=lambda number: float(points[number, 0]))
        for column, member in enumerate(members):
            places[member] = (row, column)
    return places


def neighbors(vectors: Tensor, count: int, queries: int = 0) -> Tensor:
    """(N, count): the numbers of the nearest other rows of (N, C) by Euclidean distance, the nearest first.

    The last `queries` rows are nobody's neighbors.
    """
    among = len(vectors) - queries
    distances = torch.cdist(vectors.double(), vectors[:among].double())
    distances.fill_diagonal_(math.inf)
    return distances.argsort(1)[:, : min(count, among - 1)]


def pixel_vectors(photos: Sequence[Tensor], side: int = 32) -> Tensor:
    """(N, 3 * side * side): photos (1, 3, H, W) as their own small pixels."""
    return torch.cat([F.interpolate(photo, size=(side, side), mode="area").flatten(1) for photo in photos])
