from __future__ import annotations

import pytest
import torch
from torch import Tensor

from dreamer.errors import TargetError
from dreamer.inspection.strongest_patches import top_patches
from dreamer.networks import Network


def test_the_most_activating_photos_come_first_with_their_patches(pocket: Network, photo: Tensor) -> None:
    photos = [photo * 0 + 0.5, photo, photo[:, :, :64, :80], photo.flip(2)]
    result = top_patches(pocket, photos, "inception3a", [5, 9], 3)
    for kernel, best in result.items():
        with torch.no_grad():
            peaks = [float(pocket.cut(["inception3a"])(each)["inception3a"][0, kernel].max()) for each in photos]
        order = sorted(range(4), key=lambda number: -peaks[number])[:3]
        assert [each.strength for each in best] == pytest.approx([peaks[number] for number in order], rel=1e-4)
        for each in best:
            top, left, bottom, right = each.box
            assert torch.equal(each.pixels, photos[each.number][0, :, top:bottom, left:right].cpu())
    with pytest.raises(TargetError, match="no kernel 4000"):
        top_patches(pocket, photos, "inception3a", [4000], 3)
