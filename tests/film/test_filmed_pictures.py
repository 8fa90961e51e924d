from __future__ import annotations

from pathlib import Path

from PIL import Image

from dreamer.film.filmed_pictures import FilmedPictures, first_frames
from dreamer.film.store import as_tensor
from tests.film.clips import patches, write


def gif(path: Path) -> str:
    frames = [Image.new("L", (16, 12), shade) for shade in (0, 120, 255)]
    frames[0].save(path, save_all=True, append_images=frames[1:], duration=100)
    return str(path)


def test_each_frame_has_its_own_and_those_after_the_end_the_last(tmp_path: Path) -> None:
    still = tmp_path / "still.png"
    Image.new("L", (8, 8)).save(still)
    text = gif(tmp_path / "mask.gif")
    pictures = FilmedPictures([text, str(still)])
    assert pictures.texts == [text]
    shades = [float(pictures.at(number)[text].mean()) for number in (0, 1, 2, 7, 1)]
    assert [round(shade, 1) for shade in shades] == [0.0, 0.5, 1.0, 1.0, 0.5]
    assert pictures.at(0)[text].shape == (1, 3, 12, 16)


def test_stills_take_the_first_frame_of_a_film(tmp_path: Path) -> None:
    assert first_frames([str(tmp_path / "mask.png")]) == {}
    film = write(tmp_path / "mask.mp4", patches(3))
    (frame,) = first_frames([str(film)]).values()
    assert frame.shape == (1, 3, 48, 64)
    assert float((frame - as_tensor(patches(1)[0])).abs().mean()) < 0.1
