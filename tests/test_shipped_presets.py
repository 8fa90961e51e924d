"""Every preset that ships, on the network that ships, at a fraction of its size."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from torch import Tensor

from dreamer import Network, load_network, load_preset
from dreamer.jobs.stills import render_stills
from dreamer.motion.frames import FrameLoop
from dreamer.pictures import Picture
from dreamer.pictures.named import preset_pictures
from dreamer.presets import Preset
from dreamer.presets.adjust import with_first_octaves
from dreamer.presets.source.lookup import preset_files

FILES = sorted((Path(__file__).parents[1] / "presets").glob("*.toml"))
STILLS = [file for file in FILES if load_preset(file).animation is None]
FILMS = [file for file in FILES if load_preset(file).animation is not None]


@pytest.fixture(scope="module")
def network() -> Network:
    return load_network("pocket", device="cpu")


def small(preset: Preset) -> Preset:
    """The preset at 96 px and one step an octave."""
    preset = with_first_octaves(preset, 2)
    canvas = preset.canvas.model_copy(update={"size": (96, 96) if preset.canvas.start != "photo" else 96})
    octaves = preset.octaves.model_copy(update={"steps": 1, "output_scale": 1.0})
    return preset.model_copy(update={"canvas": canvas, "octaves": octaves})


def test_there_are_enough_and_all_are_listed() -> None:
    assert len(STILLS) >= 12
    assert len(FILMS) >= 8
    assert {file.stem for file in FILES} <= set(preset_files())
    titles = [load_preset(file).title for file in FILES]
    assert len(set(titles)) == len(titles)
    assert all(load_preset(file).description for file in FILES)


@pytest.mark.parametrize("file", STILLS, ids=lambda file: file.stem)
@pytest.mark.slow
def test_a_still_changes_its_canvas(file: Path, network: Network, shipped_picture: Tensor) -> None:
    preset = small(load_preset(file))
    if preset.network.name != "pocket" or preset.network.negative_slope:
        network = load_network(preset.network, device="cpu")
    photo = shipped_picture[0] if preset.canvas.start == "photo" else None
    (still,) = render_stills(preset, network, [None if photo is None else Picture(photo, None, "", "")])
    assert still.pixels.isfinite().all()
    assert float(still.pixels.std()) > 0.005
    if photo is not None:
        untouched = torch.nn.functional.interpolate(photo[None], size=still.pixels.shape[1:], mode="area")[0]
        assert float((still.pixels - untouched).abs().mean()) > 0.001


@pytest.mark.parametrize("file", FILMS, ids=lambda file: file.stem)
@pytest.mark.slow
def test_a_film_begins(file: Path, network: Network, shipped_picture: Tensor) -> None:
    preset = small(load_preset(file))
    photo = shipped_picture if preset.canvas.start == "photo" else None
    pictures = preset_pictures(preset)
    frames = [frame.picture for frame in FrameLoop(preset, network, photo, pictures=pictures).frames(stop=3)]
    assert len(frames) == 3
    assert all(frame.isfinite().all() for frame in frames)
    assert all(float((frame - frames[0]).abs().mean()) > 0 for frame in frames[1:])
