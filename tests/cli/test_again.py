from __future__ import annotations

import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
import torch
from PIL import Image, ImageChops

from dreamer.recipes import recipe_of

from .conftest import Dreamer
from .test_render import TINY, photo

pytestmark = pytest.mark.usefixtures("networks_kept")

__all__ = ["photo"]


def same_pixels(one: str, other: str) -> bool:
    with Image.open(one) as first, Image.open(other) as second:
        return ImageChops.difference(first.convert("RGB"), second.convert("RGB")).getbbox() is None


@pytest.mark.parametrize("suffix", ["png", "tiff", "webp", "jpg"])
@pytest.mark.slow
def test_again_gives_the_same_pixels_from_any_format(suffix: str, dreamer: Dreamer, photo: Path) -> None:
    assert dreamer("render", "photo.png", "-p", "deep-dream", *TINY, "-o", f"one.{suffix}").exit_code == 0
    result = dreamer("again", f"one.{suffix}", "-o", f"two.{suffix}")
    assert result.exit_code == 0, result.output
    assert same_pixels(f"one.{suffix}", f"two.{suffix}")


@pytest.mark.slow
def test_a_printed_recipe_is_a_preset_that_renders_the_same(dreamer: Dreamer, photo: Path) -> None:
    dreamer("render", "photo.png", "-p", "two-worlds", "--size", "80", "--set", "octaves.steps=1", "-o", "one.png")
    printed = dreamer("recipe", "one.png")
    assert printed.exit_code == 0
    assert tomllib.loads(printed.stdout)["canvas"]["size"] == 80
    Path("mine.toml").write_text(printed.stdout)
    assert dreamer("render", "photo.png", "-p", "mine.toml", "-o", "two.png").exit_code == 0
    assert same_pixels("one.png", "two.png")


@pytest.mark.slow
def test_the_photo_is_found_by_its_digest(dreamer: Dreamer, photo: Path) -> None:
    dreamer("render", "photo.png", "-p", "deep-dream", *TINY, "-o", "out/one.png")
    photo.rename("moved.png")
    missing = dreamer("again", "out/one.png")
    assert missing.exit_code == 3 and "--input" in missing.output
    assert dreamer("again", "out/one.png", "-i", "moved.png", "-o", "two.png").exit_code == 0
    Image.new("RGB", (96, 64)).save("other.png")
    refused = dreamer("again", "out/one.png", "-i", "other.png")
    assert refused.exit_code == 3 and "not the photo" in refused.output


@pytest.mark.slow
def test_pictures_without_a_recipe_say_so(dreamer: Dreamer, photo: Path) -> None:
    for command in ("recipe", "again"):
        result = dreamer(command, "photo.png")
        assert result.exit_code == 1 and "holds no recipe" in result.output
    dreamer("render", "photo.png", "-p", "deep-dream", *TINY, "--no-recipe", "-o", "plain.png")
    assert dreamer("recipe", "plain.png").exit_code == 1
    assert dreamer("recipe", "absent.png").exit_code == 1


@pytest.mark.slow
def test_threads_and_precision_of_the_picture_are_taken_again(dreamer: Dreamer, photo: Path) -> None:
    small = ("--size", "96", "--set", "octaves.steps=3", "--precision", "bfloat16", "--threads", "1")
    first = dreamer("render", "photo.png", "-p", "whisper", "-o", "first.png", *small)
    assert first.exit_code == 0, first.output
    facts = recipe_of(Path("first.png")).facts
    assert (facts["precision"], facts["threads"]) == ("bfloat16", "1")
    threads = torch.get_num_threads()
    torch.set_num_threads(2)
    try:
        result = dreamer("again", "first.png", "-o", "second.png")
    finally:
        torch.set_num_threads(threads)
    assert result.exit_code == 0, result.output
    assert recipe_of(Path("second.png")).facts == facts
    assert same_pixels("first.png", "second.png")


@pytest.mark.slow
def test_a_picture_made_among_others_is_made_again_alone(dreamer: Dreamer, photo: Path) -> None:
    with Image.open(photo) as image:
        image.transpose(Image.Transpose.FLIP_LEFT_RIGHT).save("other.png")
    small = ("--size", "96", "--set", "octaves.steps=4")
    assert dreamer("render", "photo.png", "other.png", "-p", "caricature", "-o", "{stem}-1.png", *small).exit_code == 0
    assert recipe_of(Path("photo-1.png")).facts["together"] == "2"
    for name in ("photo", "other"):
        result = dreamer("again", f"{name}-1.png", "-o", f"{name}-2.png")
        assert result.exit_code == 0, result.output
        assert same_pixels(f"{name}-1.png", f"{name}-2.png")


@pytest.mark.slow
def test_a_dream_is_the_same_in_every_process(folder: Path) -> None:
    code = (
        "import hashlib; from dreamer import dream\n"
        "still = dream(None, 'flock', overrides=['octaves.steps=2', 'octaves.output_scale=1'], size=96, device='cpu')\n"
        "print(hashlib.sha256(still.pixels.numpy().tobytes()).hexdigest())"
    )
    runs = [subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True) for _ in range(4)]
    assert len({run.stdout for run in runs}) == 1


@pytest.mark.slow
def test_another_processor_is_named(dreamer: Dreamer, photo: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert dreamer("render", "photo.png", "-p", "whisper", "-o", "first.png", *TINY).exit_code == 0
    monkeypatch.setattr("dreamer.devices.processor_name", lambda device: "Abacus 9")
    result = dreamer("again", "first.png", "-o", "second.png")
    assert result.exit_code == 0, result.output
    assert "the pixels may differ slightly; it was made with processor" in result.stderr
    assert "Abacus 9" in result.stderr
