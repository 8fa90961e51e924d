from __future__ import annotations

import math

import pytest
import torch

from dreamer.dreaming.filters import (
    gaussian_blur,
    laplacian_bands,
    luma,
    merged_bands,
    resized,
    scharr_energy_gradient,
    sharpened,
    with_color_of,
)
from tests.dreaming.conftest import scharr


def picture(height: int = 30, width: int = 41) -> torch.Tensor:
    return torch.rand(2, 3, height, width, generator=torch.Generator().manual_seed(0), dtype=torch.float64)


def test_a_step_has_edges_of_one() -> None:
    step = torch.zeros(1, 1, 4, 6)
    step[..., 3:] = 1
    assert float(scharr(step).abs().amax()) == pytest.approx(1.0)
    # The two columns beside the step have responses of 1, each a difference of the pixels on both sides.
    gradient = scharr_energy_gradient(step.expand(1, 1, 4, 6))
    assert gradient[0, 0, 2, 1:5].tolist() == pytest.approx([-1, -1, 1, 1])


def test_the_gradient_of_edges_is_autograds_away_from_the_border() -> None:
    image = picture().requires_grad_(True)
    (expected,) = torch.autograd.grad(scharr(image).square().sum() / 2, image)
    gradient = scharr_energy_gradient(image.detach())
    assert torch.allclose(gradient[..., 2:-2, 2:-2], expected[..., 2:-2, 2:-2])


@pytest.mark.parametrize("sigma", [0.6, 0.8, 2.5, 7.0])
def test_blur_keeps_constants_and_spreads_as_a_gaussian(sigma: float) -> None:
    assert torch.allclose(gaussian_blur(torch.full((1, 3, 70, 90), 0.7), sigma), torch.tensor(0.7), atol=1e-5)
    spot = torch.zeros(1, 1, 127, 127)
    spot[..., 63, 63] = 1
    spread = gaussian_blur(spot, sigma)
    assert float(spread.sum()) == pytest.approx(1.0, abs=2e-2)
    distance = torch.arange(127) - 63.0
    width = (spread.sum((0, 1, 2)) * distance**2).sum().sqrt()
    assert float(width) == pytest.approx(sigma, rel=0.1, abs=0.1)


def test_a_blur_below_a_tenth_of_a_pixel_changes_nothing() -> None:
    image = picture()
    assert gaussian_blur(image, 0.05) is image


@pytest.mark.parametrize("size", [(30, 41), (64, 64), (7, 5)])
def test_laplacian_bands_merge_to_the_picture_and_hold_its_scales(size: tuple[int, int]) -> None:
    image = picture(*size)
    for count in (1, 4):
        assert torch.allclose(merged_bands(laplacian_bands(image, count)), image)
    checks = (torch.arange(64).view(-1, 1) + torch.arange(64)).remainder(2).double().expand(1, 1, 64, 64)
    sizes = [float(band.std()) for band in laplacian_bands(checks, 3)]
    assert sizes[0] > 10 * max(sizes[1:])


def test_luma_and_colors() -> None:
    assert torch.allclose(luma(torch.ones(1, 3, 2, 2)), torch.ones(1, 1, 2, 2))
    green = torch.tensor([0.0, 1.0, 0.0]).view(1, 3, 1, 1)
    assert luma(green).item() == pytest.approx(0.7152)
    gray, photo = torch.full((1, 3, 1, 1), 0.6), torch.tensor([0.6, 0.4, 0.5]).view(1, 3, 1, 1)
    mixed = with_color_of(gray, photo)
    assert luma(mixed).item() == pytest.approx(0.6)
    assert torch.allclose(mixed - luma(mixed), photo - luma(photo), atol=1e-6)


def test_resizing_keeps_the_mean_and_the_same_size_is_the_same_picture() -> None:
    image = picture(64, 64)
    assert resized(image, 64, 64) is image
    assert resized(image, 16, 24).shape == (2, 3, 16, 24)
    assert torch.allclose(resized(image, 16, 16).mean((2, 3)), image.mean((2, 3)), atol=0.01)


def test_sharpened_lifts_what_a_blur_takes_away() -> None:
    """A wave goes on as it is but larger: by the amount times the share that the blur takes of it."""
    wave = torch.cos(torch.arange(64) * math.pi / 4).expand(1, 3, 32, 64)
    share = 1 - math.exp(-0.5 * (math.pi / 4 * 1.5) ** 2)
    middle = (..., slice(8, -8))
    assert torch.allclose(sharpened(wave, 2.0, 1.5)[middle], (1 + 2 * share) * wave[middle], atol=0.02)
    assert sharpened(wave, 0.0, 1.5) is wave
