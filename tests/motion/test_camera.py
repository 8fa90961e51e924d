from __future__ import annotations

import math

import pytest
import torch
from torch import Tensor

from dreamer.motion.camera import Camera, aspect_of, camera_over, grown, moved
from dreamer.presets.model.animation import Animation


@pytest.fixture
def picture() -> Tensor:
    """Smooth, 48 x 64, different everywhere."""
    y, x = torch.meshgrid(torch.linspace(0, 3, 48), torch.linspace(0, 4, 64), indexing="ij")
    return torch.stack([torch.sin(x) * 0.4 + 0.5, torch.cos(y) * 0.4 + 0.5, torch.sin(x + y) * 0.4 + 0.5]).unsqueeze(0)


ASPECT = aspect_of(48, 64)


def close(one: Camera, other: Camera) -> bool:
    pairs = zip((*one.linear, *one.shift), (*other.linear, *other.shift), strict=True)
    return all(math.isclose(a, b, abs_tol=1e-9) for a, b in pairs)


def test_the_frame_rate_does_not_change_the_path() -> None:
    animation = Animation(zoom=1.7, rotate=25, center=(0.3, 0.6))
    fine, coarse = Camera(), Camera()
    for _ in range(60):
        fine = fine.then(camera_over(animation, 1 / 60, ASPECT))
    for _ in range(24):
        coarse = coarse.then(camera_over(animation, 1 / 24, ASPECT))
    assert close(fine, coarse)
    assert close(fine, camera_over(animation, 1.0, ASPECT))
    assert fine.magnification == pytest.approx(1.7)


def test_a_move_and_the_move_back_cancel() -> None:
    camera = camera_over(Animation(zoom=1.3, rotate=40, pan_x=0.2, pan_y=-0.1), 1.0, ASPECT)
    assert close(camera.then(camera.reversed()), Camera())
    assert close(camera.reversed().then(camera), Camera())


def test_zoom_enlarges_about_its_center(picture: Tensor) -> None:
    zoomed = moved(picture, camera_over(Animation(zoom=2.0), 1.0, ASPECT), "reflect")
    expected = torch.nn.functional.interpolate(picture[..., 12:36, 16:48], size=(48, 64), mode="bicubic")
    assert torch.allclose(zoomed[..., 4:-4, 4:-4], expected[..., 4:-4, 4:-4], atol=0.01)
    corner = moved(picture, camera_over(Animation(zoom=2.0, center=(0.0, 0.0)), 1.0, ASPECT), "reflect")
    assert torch.allclose(corner[..., :2, :2], picture[..., :1, :1], atol=0.03)


def test_the_camera_pans_and_turns_the_way_it_says(picture: Tensor) -> None:
    right = moved(picture, camera_over(Animation(pan_x=0.25), 1.0, ASPECT), "wrap")
    assert torch.allclose(right, torch.roll(picture, -16, 3), atol=1e-3)
    down = moved(picture, camera_over(Animation(pan_y=0.25), 1.0, ASPECT), "wrap")
    assert torch.allclose(down, torch.roll(picture, -12, 2), atol=1e-3)
    square = picture[..., :48]
    turned = moved(square, camera_over(Animation(rotate=90), 1.0, (1.0, 1.0)), "reflect")
    inside = (..., slice(1, -1), slice(1, -1))
    assert torch.allclose(turned[inside], torch.rot90(square, 1, (2, 3))[inside], atol=1e-3)


@pytest.mark.parametrize("border", ["reflect", "wrap", "grow"])
def test_nothing_black_comes_in(border: str) -> None:
    white = torch.full((1, 3, 40, 56), 0.9)
    camera = camera_over(Animation(zoom=0.4, rotate=30, pan_x=0.3), 1.0, aspect_of(40, 56))
    view = moved(white, camera, border)
    assert torch.allclose(view, white, atol=1e-4)


def test_what_grows_is_rough_outside_only(picture: Tensor) -> None:
    camera = camera_over(Animation(zoom=0.5), 1.0, ASPECT)
    view = moved(picture, camera, "grow")
    rough = grown(view, camera, torch.Generator().manual_seed(0))
    changed = (rough - view).abs().mean(1)[0]
    assert float(changed[22:26, 30:34].max()) < 1e-3
    assert float(changed[:6].mean()) > 0.01


def test_standing_still_changes_nothing(picture: Tensor) -> None:
    assert moved(picture, Camera(), "reflect") is picture


def test_no_place_stays_sharper_than_the_others() -> None:
    """Along the axes of a zoom the pixels hardly move: copied frame after frame they would stand out as a cross."""
    noise = torch.rand((1, 3, 120, 160), generator=torch.Generator().manual_seed(3))
    camera = camera_over(Animation(zoom=1.35), 1 / 24, aspect_of(120, 160))
    detail = []
    for _ in range(8):
        view = moved(noise, camera, "reflect")
        detail.append((view[..., 1:] - view[..., :-1]).square().mean((0, 1, 2)).sqrt())
        noise = torch.rand((1, 3, 120, 160), generator=torch.Generator().manual_seed(len(detail)))
    columns = torch.stack(detail).mean(0)
    assert float(columns[77:82].mean() / columns.median()) == pytest.approx(1, abs=0.1)
    assert float(columns.max() / columns.min()) < 1.35
