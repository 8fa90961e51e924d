from __future__ import annotations

from pathlib import Path

import pytest
import torch
from torch import Tensor, nn
from torchvision.models.optical_flow import raft_small

from dreamer.errors import WeightsError
from dreamer.motion.flow import dense_inverse_search, optical_flow
from dreamer.motion.raft import flow_search, load_raft, raft_entry
from tests.on_device import DEVICE


class Shift(nn.Module):
    """Claims that everything has moved by (3, -2) px, and keeps what it was given."""

    def forward(self, one: Tensor, other: Tensor) -> list[Tensor]:
        self.given = one
        flow = torch.zeros(1, 2, *one.shape[-2:])
        flow[:, 0], flow[:, 1] = 3, -2
        return [flow * 0, flow]


def test_pictures_are_padded_to_what_the_network_takes_and_the_last_flow_is_cut_back() -> None:
    model = Shift()
    flow = flow_search(model)(torch.rand(1, 3, 50, 141), torch.rand(1, 3, 50, 141))
    assert model.given.shape == (1, 3, 128, 144) and float(model.given.min()) < -0.5
    assert flow.shape == (1, 2, 50, 141) and flow[0, :, 7, 9].tolist() == [3, -2]


@pytest.mark.opencv
def test_its_flow_means_what_that_of_dense_inverse_search_means() -> None:
    generator = torch.Generator().manual_seed(2)
    big = nn.functional.interpolate(
        torch.rand((1, 3, 24, 30), generator=generator), scale_factor=8, mode="bicubic"
    ).clamp(0, 1)
    before, now = big[:, :, 20:148, 20:180], big[:, :, 22:150, 17:177]  # things move by (3, -2)
    flow = dense_inverse_search(before, now)[0, :, 40:-40, 40:-40].mean((1, 2))
    assert flow.tolist() == pytest.approx([3, -2], abs=0.3)

    class Known(nn.Module):
        def forward(self, one: Tensor, other: Tensor) -> list[Tensor]:
            sign = 1 if torch.allclose((one + 1)[..., :128, :160] / 2, before, atol=1e-6) else -1
            flow = torch.zeros(1, 2, *one.shape[-2:])
            flow[:, 0], flow[:, 1] = 3 * sign, -2 * sign
            return [flow]

    flow = optical_flow(before, now, flow_search(Known()))
    inner = (..., slice(10, -10), slice(10, -10))
    assert float((flow.carried(before) - now)[inner].abs().max()) < 0.01
    assert float(flow.visible[inner].mean()) == 1


def test_the_real_network_runs_from_the_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    entry = raft_entry()
    assert entry.url.startswith("https://") and len(entry.digest) >= 8
    monkeypatch.setattr("dreamer.networks.download.cache_folder", lambda: tmp_path)
    monkeypatch.setenv("DREAMER_OFFLINE", "1")
    with pytest.raises(WeightsError, match="raft_small"):
        load_raft(DEVICE)
    torch.manual_seed(0)
    torch.save(raft_small(weights=None).state_dict(), tmp_path / entry.file_name)
    flow = load_raft(DEVICE)(torch.rand(1, 3, 130, 130), torch.rand(1, 3, 130, 130))
    assert flow.shape == (1, 2, 130, 130) and torch.isfinite(flow).all()
