from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
import torch
from PIL import Image

import dreamer
from dreamer import Network, Picture, animate, dream, load_network, load_preset, read_picture, write_picture
from dreamer.errors import PictureError, PresetError
from dreamer.recipes import parse_recipe, recipe_of

TINY = ["octaves.count=1", "octaves.steps=2", "targets.0.layer=conv2", "canvas.size=64"]


@pytest.fixture(scope="module")
def network() -> Network:
    return load_network("pocket", device="cpu")


@pytest.fixture
def photo(tmp_path: Path) -> Path:
    path = tmp_path / "photo.png"
    write_picture(path, torch.rand(3, 48, 64, generator=torch.Generator().manual_seed(0)))
    return path


def test_a_photo_in_any_form_dreams_the_same(photo: Path, network: Network) -> None:
    picture = read_picture(photo)
    with Image.open(photo) as image:
        forms = [photo, str(photo), picture, image.copy(), picture.pixels]
    stills = [dream(form, overrides=TINY, network=network) for form in forms]
    assert all(torch.equal(still.pixels, stills[0].pixels) for still in stills)
    assert stills[0].pixels.shape == (3, 48, 64)
    assert float((stills[0].pixels - picture.pixels).abs().mean()) > 0.001


def test_a_seed_decides(photo: Path, network: Network) -> None:
    one, same, other = (dream(photo, overrides=TINY, network=network, seed=seed).pixels for seed in (1, 1, 2))
    assert torch.equal(one, same)
    assert not torch.equal(one, other)


def test_a_saved_still_carries_its_recipe(photo: Path, network: Network, tmp_path: Path) -> None:
    still = dream(photo, "deep-dream", overrides=TINY, network=network, size=48)
    still.save(tmp_path / "out" / "a.jpg")
    recipe = recipe_of(tmp_path / "out" / "a.jpg")
    assert (recipe.input_name, recipe.preset.canvas.size) == ("photo.png", 48)
    assert still.recipe is not None
    assert parse_recipe(still.recipe, where="still") == recipe
    assert still.image().size == (48, 36)
    assert dream(read_picture(photo), overrides=TINY, network=network).recipe is not None
    assert dream(read_picture(photo).pixels, overrides=TINY, network=network).recipe is None


def test_without_a_photo_from_noise(network: Network) -> None:
    preset = load_preset("deep-dream", TINY)
    still = dream(preset=preset, size=(64, 48), network=network)
    assert still.pixels.shape == (3, 48, 64)
    assert float(still.pixels.std()) > 0.01


def test_alpha_is_kept_and_preview_is_smaller(network: Network) -> None:
    alpha = torch.ones(1, 48, 64)
    photo = Picture(torch.rand(3, 48, 64), alpha, "", "")
    still = dream(photo, overrides=TINY, network=network, size=96, preview=True)
    assert still.pixels.shape[1:] == (36, 48)
    assert still.alpha is not None
    assert still.alpha.shape == (1, 36, 48)


def test_a_film_is_one_call_too(photo: Path, network: Network, tmp_path: Path) -> None:
    settings = [*TINY, 'animation.length="4f"', "animation.lead_in=1"]
    film = animate(photo, tmp_path / "out" / "a.gif", "infinite-zoom", overrides=settings, network=network)
    assert (film.frames, film.width, film.height) == (4, 64, 48)
    with Image.open(tmp_path / "out" / "a.gif") as image:
        assert image.n_frames == 4  # type: ignore[attr-defined]
    assert recipe_of(tmp_path / "out" / "a.gif").preset_name == "infinite-zoom"


def test_progress_is_listened_to(photo: Path, network: Network) -> None:
    events: list[object] = []
    dream(photo, overrides=TINY, network=network, listen=events.append)
    assert [type(event).__name__ for event in events] == ["OctaveStarted", "StepDone", "StepDone"]


@pytest.mark.parametrize("wrong", [torch.rand(1, 48, 64), torch.rand(48, 64), 7])
def test_what_is_no_photo_is_refused(wrong: object, network: Network) -> None:
    with pytest.raises(PictureError, match="cannot dream over"):
        dream(wrong, overrides=TINY, network=network)  # type: ignore[arg-type]


def test_overrides_need_a_name(network: Network) -> None:
    with pytest.raises(TypeError, match="overrides"):
        dream(None, load_preset("flock"), overrides=TINY, network=network)
    with pytest.raises(PresetError, match="deep-dream"):
        dream(None, "deep-dreem", network=network)


def test_importing_dreamer_leaves_torch_alone() -> None:
    code = "import sys, dreamer, dreamer.cli; sys.exit('torch' in sys.modules or 'PIL' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_every_public_name_is_there() -> None:
    assert set(dreamer.__all__) <= set(dir(dreamer))
    assert all(getattr(dreamer, name) is not None for name in dreamer.__all__)
    with pytest.raises(AttributeError, match="dreams"):
        _ = dreamer.dreams


def test_a_folder_goes_through_presets_and_is_not_done_twice(photo: Path, tmp_path: Path) -> None:
    out = tmp_path / "dreams"
    settings = {"overrides": TINY, "precision": "float32", "device": "cpu"}
    first = dreamer.batch([photo.parent], ["deep-dream"], out, sweep=["seed=1,2"], **settings)
    assert (first.done, first.failed) == (2, {})
    assert len(list(out.rglob("photo.png"))) == 2
    second = dreamer.batch([photo.parent], ["deep-dream"], out, sweep=["seed=1,2"], **settings)
    assert (second.done, second.skipped) == (0, 2)
