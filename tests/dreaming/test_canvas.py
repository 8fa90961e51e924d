from __future__ import annotations

import pytest
import torch
from torch import Tensor

from dreamer.dreaming.canvas import FourierCanvas, PixelCanvas
from dreamer.dreaming.masks import draw_canvas_mask, draw_mask, grown
from dreamer.dreaming.noise import noise_picture, start_picture
from dreamer.dreaming.octaves import canvas_size, octave_sizes, output_size
from dreamer.presets import Canvas, Mask, Octaves

from .conftest import preset


@pytest.mark.parametrize("size", [(24, 32), (25, 31), (32, 17)])
def test_a_fourier_canvas_shows_any_picture(size: tuple[int, int]) -> None:
    picture = torch.rand(2, 3, *size, generator=torch.Generator().manual_seed(0)) * 0.9 + 0.05
    canvas = FourierCanvas(picture)
    assert torch.allclose(canvas.picture(), picture, atol=1e-4)
    canvas.replaced(1 - picture)
    assert torch.allclose(canvas.picture(), 1 - picture, atol=1e-4)


def test_a_fourier_step_along_the_gradient_raises_what_it_climbs() -> None:
    picture = torch.rand(1, 3, 16, 21) * 0.8 + 0.1
    wanted = torch.rand(1, 3, 16, 21)
    canvas = FourierCanvas(picture)
    before = (canvas.picture() * wanted).sum()
    pulled = canvas.pulled_back(wanted)
    canvas.moved(pulled, 1e-3)
    # To first order the score grows by the step times the squared gradient.
    assert float((canvas.picture() * wanted).sum() - before) == pytest.approx(
        1e-3 * float(pulled.square().sum()), rel=0.1
    )


@pytest.mark.parametrize("size", [(16, 21), (16, 20), (15, 20), (15, 21)])
def test_what_is_pulled_back_to_the_coefficients_is_autograds(size: tuple[int, int]) -> None:
    generator = torch.Generator().manual_seed(1)
    picture, wanted = (torch.rand(2, 3, *size, generator=generator) * 0.8 + 0.1 for _ in range(2))
    canvas = FourierCanvas(picture)
    parts = torch.view_as_real(canvas.values).clone().requires_grad_(True)
    (expected,) = torch.autograd.grad(canvas._decoded(torch.view_as_complex(parts)), parts, wanted)
    # What the imaginary part of a column that mirrors itself holds is never seen.
    shown = torch.autograd.grad(canvas._decoded(torch.view_as_complex(parts)), parts, canvas.picture())[0] != 0
    assert torch.allclose(canvas.pulled_back(wanted)[shown], expected[shown], atol=1e-5)
    assert torch.equal(canvas.picture(), canvas._decoded(canvas.values))


def test_a_pixel_canvas_stays_in_range() -> None:
    canvas = PixelCanvas(torch.full((1, 3, 2, 2), 0.9))
    canvas.moved(torch.ones(1, 3, 2, 2), 0.3)
    assert canvas.picture().max() == 1


def slope(picture: Tensor) -> float:
    """Exponent of the amplitude spectrum's fall with frequency."""
    height, width = picture.shape[-2:]
    amplitude = torch.fft.rfft2(picture - picture.mean((1, 2), keepdim=True)).abs().mean(0)
    frequency = torch.hypot(torch.fft.fftfreq(height).view(-1, 1), torch.fft.rfftfreq(width).view(1, -1))
    band = (frequency > 0.05) & (frequency < 0.4)
    x, y = frequency[band].log(), amplitude[band].log()
    return float(((x - x.mean()) * (y - y.mean())).sum() / (x - x.mean()).square().sum())


@pytest.mark.parametrize("color, expected", [("white", 0), ("pink", -1), ("brown", -2), ("blue", 1), ("gray", -1)])
def test_noise_has_its_spectrum_and_contrast(color: str, expected: float) -> None:
    noise = noise_picture(128, 128, color=color, contrast=0.1, generator=torch.Generator().manual_seed(0))
    assert slope(noise) == pytest.approx(expected, abs=0.15)
    assert float(noise.mean()) == pytest.approx(0.5, abs=0.01)
    assert float(noise.std()) == pytest.approx(0.1, abs=0.01)
    assert torch.equal(noise[0], noise[1]) == (color == "gray")


def test_noise_is_a_function_of_its_seed() -> None:
    first, again, other = (
        noise_picture(9, 14, color="pink", contrast=0.2, generator=torch.Generator().manual_seed(seed))
        for seed in (1, 1, 2)
    )
    assert torch.equal(first, again) and not torch.equal(first, other)


def test_sizes_of_the_canvas() -> None:
    assert canvas_size(preset(), (600, 800)) == (600, 800)
    assert canvas_size(preset(), None) == (512, 512)
    assert canvas_size(preset(canvas={"size": 400}), (600, 800)) == (300, 400)
    assert canvas_size(preset(canvas={"size": [320, 200]}), (600, 800)) == (200, 320)
    assert output_size(preset(canvas={"size": 400}, octaves={"output_scale": 1.5}), (600, 800)) == (450, 600)


def test_octaves_shrink_by_scale_but_not_below_what_the_network_takes() -> None:
    assert octave_sizes((512, 512), Octaves(count=3, scale=2.0), 32) == [(128, 128), (256, 256), (512, 512)]
    sizes = octave_sizes((100, 200), Octaves(count=8, scale=1.5), 40)
    assert min(min(size) for size in sizes) == 40
    assert all(abs(width / height - 2) < 0.05 for height, width in sizes)
    assert octave_sizes((39, 200), Octaves(count=1), 40) == [(40, 200)]
    assert octave_sizes((100, 200), Octaves(count=2, scale=2.0), 40, grid=(1, 32)) == [(50, 96), (100, 192)]


def test_octaves_of_sizes_written_by_hand() -> None:
    """In px where the canvas has no size of its own, else in proportion to it; neighbors may be equal."""
    written = {"octaves": {"count": 3, "sizes": [90, 120, 120]}}
    recipe = preset(**written)
    assert octave_sizes(output_size(recipe, None), recipe.octaves, 32) == [(90, 90), (120, 120), (120, 120)]
    assert octave_sizes(output_size(recipe, (600, 800)), recipe.octaves, 32) == [(68, 90), (90, 120), (90, 120)]
    assert output_size(preset(canvas={"size": 400}, **written), None) == (400, 400)
    assert Octaves(sizes=(90, 120, 120)).count == 3


@pytest.mark.parametrize(
    "start, color", [("white", 1.0), ("gray", 0.5), ("#c8c8c8", 200 / 255), ("DimGray", 105 / 255)]
)
def test_a_canvas_of_one_color(start: str, color: float) -> None:
    picture = start_picture(Canvas(start=start), 5, 7, torch.Generator())
    assert torch.equal(picture, torch.full((1, 3, 5, 7), color, device="cpu"))


def test_noise_lies_around_its_background() -> None:
    around = Canvas(start="noise", noise="white", contrast=0.02, background="#ff8040")
    noise = start_picture(around, 40, 40, torch.Generator().manual_seed(0))
    assert torch.allclose(noise.mean((2, 3)), torch.tensor([[1.0, 128 / 255, 64 / 255]], device="cpu"), atol=0.02)
    assert noise.max() <= 1
    assert noise[:, 1:].std((2, 3)).flatten().tolist() == pytest.approx([0.02, 0.02], rel=0.05)


def test_masks() -> None:
    ellipse = draw_mask(Mask(shape="ellipse", size=(0.5, 0.5), feather=0.1), 60, 80, {}, {})
    assert ellipse.shape == (1, 1, 60, 80)
    assert ellipse[0, 0, 30, 40] == 1 and ellipse[0, 0, 0, 0] == 0
    assert 0 < ellipse[0, 0, 30, 60] < 1
    inverted = draw_mask(Mask(shape="ellipse", size=(0.5, 0.5), feather=0.1, invert=True), 60, 80, {}, {})
    assert torch.allclose(inverted, 1 - ellipse)
    white = draw_mask(Mask(picture="a"), 20, 30, {"a": torch.ones(1, 3, 5, 5)}, {})
    assert torch.allclose(white, torch.ones(1, 1, 20, 30), atol=1e-5)


def test_what_is_found_is_a_mask_for_each_photo() -> None:
    areas = {"subject": torch.stack([torch.zeros(1, 5, 5), torch.ones(1, 5, 5)])}
    drawn = draw_mask(Mask(subject=True), 20, 30, {}, areas)
    assert drawn.flatten(1).amax(1).tolist() == [0, 1]
    inverted = draw_mask(Mask(subject=True, invert=True), 20, 30, {}, areas)
    assert inverted.flatten(1).amin(1).tolist() == [1, 0]


@pytest.mark.parametrize("mask", [Mask(shape="rectangle", size=(0.4, 0.4), feather=0), Mask(picture="a", feather=0)])
@pytest.mark.parametrize("grow", [0.1, -0.1, 0.3])
def test_masks_of_every_kind_grow_by_shares_of_the_shorter_side(mask: Mask, grow: float) -> None:
    square = torch.zeros(1, 3, 100, 150)
    square[..., 30:70, 45:105] = 1
    drawn = draw_mask(mask.model_copy(update={"grow": grow}), 100, 150, {"a": square}, {})
    row = (drawn[0, 0, 50] > 0.5).nonzero().flatten()
    assert abs(int(row[0]) - (45 - 100 * grow)) <= 2
    assert abs(int(row[-1]) - (104 + 100 * grow)) <= 2


def test_grown_corners_of_pictures_are_round() -> None:
    dot = torch.zeros(1, 1, 61, 61)
    dot[..., 30, 30] = 1
    disc = grown(dot, 12)[0, 0] > 0.5
    assert disc[30, 18] and disc[22, 22]
    assert not disc[20, 20]


def test_faces_are_left_out_of_every_mask() -> None:
    face = torch.zeros(1, 1, 40, 40).cpu()  # masks are drawn on the CPU
    face[..., :20, :] = 1
    canvas = Canvas(protect="faces")
    free = draw_canvas_mask(canvas, 40, 40, {}, {"faces": face})
    assert torch.equal(free, 1 - face)
    canvas = Canvas(protect="faces", mask=Mask(shape="rectangle", size=(0.5, 1.0), center=(0.25, 0.5), feather=0))
    half = draw_canvas_mask(canvas, 40, 40, {}, {"faces": face})
    assert half[0, 0, 30, 5] == 1
    assert half[0, 0, 10, 5] == 0 and half[0, 0, 30, 35] == 0
    assert torch.equal(draw_canvas_mask(Canvas(), 40, 40, {}, {}), torch.ones(1, 1, 40, 40).cpu())
