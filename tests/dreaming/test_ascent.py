from __future__ import annotations

import pytest
import torch
from torch import Tensor

from dreamer.dreaming.ascent import Adam, Momentum, above_share
from dreamer.dreaming.dream import dream
from dreamer.dreaming.normalization import SIZES, band_normalized, normalized, rms, unit_rms
from dreamer.dreaming.transforms import ViewTransform, random_transform
from dreamer.presets.model.ascent import Transform
from tests.on_device import within
from tests.tiny import TinyNetwork

from .conftest import preset


@pytest.mark.parametrize("name", ["max", "mean", "std", "rms"])
def test_a_normalized_gradient_has_size_one_in_each_picture(name: str) -> None:
    gradient = torch.randn(3, 3, 9, 7) * torch.tensor([1e-6, 1.0, 1e3]).view(3, 1, 1, 1)
    assert torch.allclose(SIZES[name](normalized(gradient, name)), torch.ones(3), atol=1e-4)
    assert torch.equal(normalized(torch.zeros(1, 3, 4, 4), name), torch.zeros(1, 3, 4, 4))


def test_bands_lift_low_frequencies() -> None:
    waves = torch.sin(torch.arange(64) / 10).expand(1, 3, 64, 64)
    grain = torch.randn(1, 3, 64, 64, generator=torch.Generator().manual_seed(0))
    mixed = unit_rms(0.05 * waves + grain)
    shares = [float((each * waves).mean() / rms(each)) for each in (mixed, band_normalized(mixed, 4))]
    assert shares[1] > 3 * shares[0]


def test_with_max_no_value_moves_by_more_than_a_step(network: TinyNetwork, photo: Tensor) -> None:
    recipe = preset(octaves={"count": 1, "steps": 1}, ascent={"step_size": 0.03})
    change = (dream(recipe, network, photo) - photo).abs().max()
    assert 0.029 < change <= 0.0301


def test_steps_follow_a_schedule(network: TinyNetwork, photo: Tensor) -> None:
    one = {"octaves": {"count": 1, "steps": 1}}
    schedule = preset(**one, ascent={"step_size": {"from": 0.02, "to": 0.5}})
    number = preset(**one, ascent={"step_size": 0.02})
    assert torch.equal(dream(schedule, network, photo), dream(number, network, photo))


def test_a_schedule_ends_where_it_says(network: TinyNetwork, photo: Tensor) -> None:
    """With size max, no value moves by more than the sum of the steps, and one value may move by as much."""
    recipe = preset(
        {"class": "dog"},
        octaves={"count": 1, "steps": 3},
        ascent={"step_size": {"from": 0.01, "to": 0.05}, "jitter": 0},
    )
    change = (dream(recipe, network, photo) - photo).abs().max()
    assert 0.06 < change <= 0.0901


@pytest.mark.parametrize("name", ["mean", "std", "rms", "none"])
def test_every_normalization_dreams(name: str, network: TinyNetwork, photo: Tensor) -> None:
    recipe = preset(ascent={"normalization": name, "step_size": 0.003})
    change = (dream(recipe, network, photo) - photo).abs()
    assert 0.003 < change.max() < 0.2


@pytest.mark.parametrize("ascent", [{"momentum": 0.6}, {"optimizer": "adam"}, {"bands": 3}, {"smooth": 1.0}])
@pytest.mark.parametrize("space", ["pixels", "fourier"])
def test_every_way_to_step_climbs(ascent: dict[str, object], space: str, network: TinyNetwork, photo: Tensor) -> None:
    def energy(image: Tensor) -> float:
        return float(network.cut(["conv2"])(image)["conv2"].square().mean())

    recipe = preset(canvas={"space": space}, ascent={**ascent, "normalization": "rms"}, octaves={"steps": 8})
    assert energy(dream(recipe, network, photo)) > 1.05 * energy(photo)


def test_without_jitter_nothing_is_random(network: TinyNetwork, photo: Tensor) -> None:
    still, other = (dream(preset(seed=seed, ascent={"jitter": 0}), network, photo) for seed in (1, 2))
    assert torch.equal(still, other)


def test_momentum_and_adam_keep_the_gradients_size() -> None:
    gradient = torch.tensor([2.0, -3.0])
    momentum, adam = Momentum(0.5), Adam()
    assert torch.equal(Momentum(0.0)(gradient), gradient)
    for _ in range(40):
        pushed, evened = momentum(gradient), adam(gradient)
    assert torch.allclose(pushed, gradient, atol=1e-4)
    assert torch.allclose(evened, torch.tensor([1.0, -1.0]), atol=1e-3)


@pytest.mark.parametrize("share", [0.1, 0.29, 0.5, 0.9])
def test_clipping_zeroes_just_that_share(share: float) -> None:
    values = torch.rand(2, 1, 20, 10)
    kept = above_share(values, share)
    assert (kept == 0).sum((1, 2, 3)).tolist() == [round(share * 200)] * 2
    for value, mask in zip(values, kept, strict=True):
        assert value[mask == 0].max() < value[mask == 1].min()


def test_clipped_pixels_turn_gray(network: TinyNetwork) -> None:
    settings = {"canvas": {"start": "noise", "size": 32}, "octaves": {"count": 1, "steps": 1}}
    for clip in ({"clip_small_norm": 0.6}, {"clip_small_contribution": 0.6}):
        picture = dream(preset(**settings, ascent=clip), network)
        gray = (picture == 0.5).all(1).float().mean()
        assert float(gray) == pytest.approx(0.6, abs=0.02)


@pytest.mark.parametrize("ascent", [{"blur": {"from": 3.0, "to": 1.0}}, {"decay": 0.3}])
def test_blur_and_decay_spare_the_photo(ascent: dict[str, object], network: TinyNetwork, photo: Tensor) -> None:
    """They act on what was dreamt: with a step too small to see, nothing happens to the photo."""
    still = preset(ascent={**ascent, "step_size": 1e-9})
    assert torch.allclose(dream(still, network, photo), photo, atol=1e-6)
    without = dream(preset(), network, photo)
    assert not torch.allclose(dream(preset(ascent=ascent), network, photo), without, atol=1e-3)


def test_decay_and_blur_calm_noise(network: TinyNetwork) -> None:
    settings = {"canvas": {"start": "noise", "noise": "white", "size": 32}}
    loud = dream(preset(**settings), network).std()
    for calm in ({"decay": 0.2}, {"blur": 1.5}, {"blur": 1.5, "blur_every": 2}, {"smooth": 1.5}):
        assert dream(preset(**settings, ascent=calm), network).std() < loud


def test_jitter_is_rolled_back_exactly() -> None:
    image = torch.rand(1, 3, 12, 14, requires_grad=True)
    transform = random_transform(5, Transform(), (12, 14), torch.Generator().manual_seed(3))
    view = transform(image)
    assert not torch.equal(view, image)
    (back,) = torch.autograd.grad(view, image, view.detach())
    assert torch.equal(back, image.detach())


def test_without_jitter_or_transform_the_view_is_the_picture() -> None:
    image = torch.rand(1, 3, 8, 8)
    assert random_transform(0, Transform(), (8, 8), torch.Generator())(image) is image


@pytest.mark.parametrize("changes", [{"scale": 0.2}, {"rotate": 10.0}, {"scale": 0.1, "rotate": 5.0}])
def test_a_transform_keeps_size_and_about_the_middle(changes: dict[str, float]) -> None:
    transform = random_transform(0, Transform(**changes), (41, 61), torch.Generator().manual_seed(1))
    spot = torch.zeros(1, 1, 41, 61)
    spot[..., 19:22, 29:32] = 1
    view = transform(spot)
    assert view.shape == spot.shape
    assert view[..., 20, 30].item() > 0.9
    assert not torch.equal(view, spot)


def test_a_half_turn_on_any_aspect_is_exact() -> None:
    image = torch.rand(1, 3, 20, 30)
    assert torch.allclose(ViewTransform(angle=torch.pi)(image), image.flip(2, 3), atol=1e-4)


@pytest.mark.parametrize("view", [ViewTransform(3, -5), ViewTransform(-4, 2, 0.2, 1.1)])
def test_a_gradient_is_pulled_back_as_by_autograd(view: ViewTransform) -> None:
    image = torch.rand(1, 3, 12, 14, requires_grad=True)
    seen = view(image)
    gradient = torch.rand(1, 3, 12, 14)
    (expected,) = torch.autograd.grad(seen, image, gradient)
    # Autograd's way back through a turn adds in any order on a GPU.
    assert torch.allclose(view.pulled_back(gradient), expected, rtol=0, atol=within(0.0, 1e-5))


def test_a_window_of_a_rolled_picture_is_its_crop() -> None:
    image, view = torch.rand(1, 3, 12, 14), ViewTransform(5, -3)
    for top, left, height, width in ((0, 0, 12, 14), (3, 9, 4, 5), (8, 0, 4, 14), (0, 6, 7, 2)):
        crop = view(image)[:, :, top : top + height, left : left + width]
        assert torch.equal(view.window(image, top, left, height, width), crop)


def test_each_octave_takes_its_own_of_a_list(network: TinyNetwork, photo: Tensor) -> None:
    """Where only the last octave has steps, lists do what the last of their values does alone."""
    once = {"octaves": {"count": 2, "steps": [0, 3]}}
    listed = {
        "step_size": [5.0, {"from": 0.02, "to": 0.01}],
        "blur": [9.0, 0.6],
        "smooth": [9.0, 0.4],
        "jitter": [0, 3],
    }
    alone = {"step_size": {"from": 0.02, "to": 0.01}, "blur": 0.6, "smooth": 0.4, "jitter": 3}
    dreams = [dream(preset(**once, ascent=ascent), network, photo) for ascent in (listed, alone)]
    assert torch.equal(*dreams)


def test_over_the_run_a_number_starts_at_its_first_value_only_once(network: TinyNetwork, photo: Tensor) -> None:
    """At the last octave's only step the run is over: the step is the schedule's last."""
    one = {"octaves": {"count": 2, "steps": [1, 1]}}
    settings = [{"from": 0.03, "to": 0.001, "over": "run"}, [0.03, 0.001], {"from": 0.03, "to": 0.001}]
    over_run, listed, over_octave = (dream(preset(**one, ascent={"step_size": s}), network, photo) for s in settings)
    assert torch.equal(over_run, listed)
    assert not torch.equal(over_run, over_octave)


@pytest.mark.parametrize("start", ["white", "#204060", "noise"])
def test_decay_leads_back_to_the_plain_canvas(start: str, network: TinyNetwork) -> None:
    canvas = {"start": start, "background": "#204060", "contrast": 0.05, "size": 32}
    flat = torch.tensor(preset(canvas=canvas).canvas.plain_color).view(1, 3, 1, 1)
    dreams = [dream(preset(canvas=canvas, ascent={"decay": decay}), network) for decay in (0.0, 0.5)]
    assert (dreams[1] - flat).norm() < 0.6 * (dreams[0] - flat).norm()
