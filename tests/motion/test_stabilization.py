from __future__ import annotations

import pytest
import torch
from torch import Tensor

from dreamer.dreaming.filters import gaussian_blur
from dreamer.dreaming.statistics import picture_statistics
from dreamer.motion.stabilization import fresh_grain, stabilized
from dreamer.presets.model.animation import Stabilization


@pytest.fixture
def picture() -> Tensor:
    noise = torch.rand(1, 3, 96, 128, generator=torch.Generator().manual_seed(2))
    return (0.5 + (gaussian_blur(noise, 2) - 0.5) * 2.5 + (noise - 0.5) * 0.05).clamp(0, 1)


DRIFTS = {
    "darker": lambda image: image * 0.8,
    "garish": lambda image: ((image - 0.5) * 1.3 + 0.5).clamp(0, 1),
    "gray": lambda image: torch.lerp(image, image.mean(1, keepdim=True).expand_as(image), 0.4),
    "soft": lambda image: gaussian_blur(image, 0.6),
}


@pytest.mark.parametrize("drift", DRIFTS)
def test_a_drift_is_taken_back(drift: str, picture: Tensor) -> None:
    reference = picture_statistics(picture)
    measures = picture_statistics(stabilized(DRIFTS[drift](picture), reference, Stabilization()))
    assert measures.brightness == pytest.approx(reference.brightness, rel=0.02)
    assert measures.contrast == pytest.approx(reference.contrast, rel=0.05)
    assert measures.saturation == pytest.approx(reference.saturation, rel=0.05)
    assert measures.sharpness == pytest.approx(reference.sharpness, rel=0.2)


@pytest.mark.parametrize("name", ["brightness", "contrast", "saturation"])
def test_each_measure_can_be_let_go(name: str, picture: Tensor) -> None:
    drifted = ((picture - 0.5) * 0.7 + 0.4).clamp(0, 1)
    loose = Stabilization(**{name: 0.0, "detail": 0.0, "sharpness": 0.0})
    before, after = (
        picture_statistics(drifted),
        picture_statistics(stabilized(drifted, picture_statistics(picture), loose)),
    )
    assert getattr(after, name) == pytest.approx(getattr(before, name), rel=0.03)
    other = "contrast" if name == "brightness" else "brightness"
    assert getattr(after, other) == pytest.approx(getattr(picture_statistics(picture), other), rel=0.03)


def test_letting_everything_go_changes_nothing(picture: Tensor) -> None:
    loose = Stabilization(brightness=0, contrast=0, saturation=0, detail=0, sharpness=0)
    drifted = picture * 0.7
    assert torch.allclose(stabilized(drifted, picture_statistics(picture), loose), drifted, atol=1e-6)


def test_blobs_are_broken_up_again(picture: Tensor) -> None:
    """A picture of the right contrast whose contrast has all gone to the coarse scales."""
    blobs = gaussian_blur(picture, 6)
    blobs = (0.5 + (blobs - blobs.mean()) * float(picture.std() / blobs.std())).clamp(0, 1)
    reference = picture_statistics(picture)
    kept = picture_statistics(stabilized(blobs, reference, Stabilization()))
    coarse = [picture_statistics(blobs).scales[-1], kept.scales[-1], reference.scales[-1]]
    assert coarse[0] > coarse[1] * 1.2
    assert abs(coarse[1] - coarse[2]) < abs(coarse[0] - coarse[2])


def test_grain_replaces_what_the_zoom_has_emptied() -> None:
    gray = torch.full((1, 3, 64, 64), 0.5)
    generator = torch.Generator().manual_seed(0)
    assert fresh_grain(gray, 1.0, 0.1, generator) is gray
    grain = fresh_grain(gray, 2.0, 0.1, generator) - gray
    assert float(grain.std()) == pytest.approx(0.1 * 0.75**0.5, rel=0.05)
