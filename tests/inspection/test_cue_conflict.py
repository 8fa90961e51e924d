from __future__ import annotations

from pathlib import Path

import pytest
import torch
from torch import Tensor

from dreamer.inspection.cue_conflict import cue_conflict
from dreamer.inspection.scoring import probabilities
from dreamer.networks import Network
from dreamer.pictures import write_picture


@pytest.mark.slow
def test_the_weaker_the_texture_the_more_is_left_of_the_shape(pocket: Network, photo: Tensor, tmp_path: Path) -> None:
    style = photo.flip(2, 3) * torch.tensor([1.0, 0.4, 0.2]).view(1, 3, 1, 1)
    write_picture(tmp_path / "style.png", style[0])
    weak, strong = (
        cue_conflict(pocket, photo, str(tmp_path / "style.png"), style, size=64, strength=strength)
        for strength in (0.1, 1.0)
    )
    small = photo[:, :, : weak.restyled.shape[2] * 2, : weak.restyled.shape[3] * 2]
    left, erased = ((conflict.restyled.mean((0, 1)) - _reduced(small, conflict.restyled)).abs().mean()
                    for conflict in (weak, strong))  # fmt: skip
    assert left < erased
    after = probabilities(pocket, weak.restyled)[0]
    assert weak.shape_probability == pytest.approx(float(after[weak.shape_class]))
    assert weak.predicted_class == int(after.argmax())


def _reduced(photo: Tensor, like: Tensor) -> Tensor:
    return photo.mean((0, 1)).view(like.shape[2], 2, like.shape[3], 2).mean((1, 3))
