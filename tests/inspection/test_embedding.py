from __future__ import annotations

import pytest
import torch
from torch import Tensor

from dreamer.dreaming.picture_targets import gram
from dreamer.errors import UsageError
from dreamer.inspection.embedding import embed, features_of, grid_places, neighbors, pixel_vectors, principal_components
from dreamer.networks import Network
from tests.inspection.conftest import assert_close


def rows(count: int = 40, width: int = 12) -> Tensor:
    """On the CPU, where features of photos are kept."""
    generator = torch.Generator().manual_seed(4)
    return (torch.randn((count, width), generator=generator) * torch.linspace(3, 0.1, width)).cpu()


@pytest.mark.slow
def test_principal_components_agree_with_scikit_learn() -> None:
    decomposition = pytest.importorskip("sklearn.decomposition", reason="scikit-learn is not installed")
    features = rows()
    ours, shares = principal_components(features, 3)
    model = decomposition.PCA(3, svd_solver="full").fit(features.double().numpy())
    theirs = torch.from_numpy(model.transform(features.double().numpy())).float().cpu()
    signs = (ours * theirs).sum(0).sign()
    assert_close(ours, theirs * signs)
    assert torch.allclose(shares, torch.from_numpy(model.explained_variance_ratio_).float().cpu(), atol=1e-5)


@pytest.mark.parametrize("method", ["pca", "tsne"])
@pytest.mark.slow
def test_maps_keep_groups_together(method: str) -> None:
    if method == "tsne":
        pytest.importorskip("sklearn", reason="scikit-learn is not installed")
    groups = torch.cat([rows(20), rows(20) + 30])
    points = embed(groups, method)  # type: ignore[arg-type]
    assert float(points.min()) >= 0 and float(points.max()) <= 1
    first, second = points[:20].mean(0), points[20:].mean(0)
    assert float((first - second).norm()) > 2 * float((points[:20] - first).norm(dim=1).mean())


def test_too_few_photos_are_told() -> None:
    with pytest.raises(UsageError, match="at least 3"):
        embed(rows(2), "pca")


def test_nearest_rows_and_grid_places() -> None:
    features = torch.tensor([[0.0], [0.1], [5.0], [5.2], [0.25]])
    assert neighbors(features, 1)[:, 0].tolist() == [1, 0, 3, 2, 1]
    assert neighbors(features, 1, queries=1)[:, 0].tolist() == [1, 0, 3, 2, 1]
    assert 4 not in neighbors(features, 3, queries=1) and 4 in neighbors(features, 3)
    places = grid_places(torch.rand((23, 2), generator=torch.Generator().manual_seed(1)))
    assert len(set(places)) == 23
    assert max(row for row, _ in places) == 3
    corners = grid_places(torch.tensor([[0.0, 0.0], [1.0, 0.0], [0.0, 1.0], [1.0, 1.0], [0.5, 0.0], [0.5, 1.0]]))
    assert corners == [(0, 0), (0, 2), (1, 0), (1, 2), (0, 1), (1, 1)]


def test_features_are_means_over_positions(pocket: Network, photo: Tensor) -> None:
    found = features_of(pocket, [photo, photo.flip(3)], "inception4c")
    with torch.no_grad():
        expected = pocket.cut(["inception4c"])(photo)["inception4c"].mean((2, 3))[0].cpu()
    assert_close(found[0], expected)
    assert pixel_vectors([photo]).shape == (1, 3 * 32 * 32)


def test_gram_matrices_agree_with_a_plain_einsum() -> None:
    activation = torch.rand((2, 5, 7, 9), generator=torch.Generator().manual_seed(2))
    plain = torch.einsum("bihw,bjhw->bij", activation, activation) / (7 * 9)
    assert_close(gram(activation), plain)
