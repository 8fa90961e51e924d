from __future__ import annotations

import os
import stat
import subprocess
import threading
import time
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from dreamer.errors import FilmError, OutputError, ToolError, UsageError
from dreamer.film.codecs import CODECS, film_codec
from dreamer.film.executable import encoders, find_ffmpeg
from dreamer.film.probe import film_recipe, probe
from dreamer.film.read import read_frames
from dreamer.film.write import FilmWriter
from dreamer.pictures import read_recipe

RECIPE = '{"dreamer":"0","title":"Träume = \\"夢\\"; 100%\\n#"}'
COLORS = ((255, 0, 0), (0, 255, 0), (0, 0, 255))


def patches(count: int = 6, width: int = 64, height: int = 48) -> list[np.ndarray]:
    """Red, green and blue thirds, with a white line that moves, so that frames can be told apart."""
    frames = []
    for number in range(count):
        frame = np.zeros((height, width, 3), np.uint8)
        for third, color in enumerate(COLORS):
            frame[:, third * width // 3 : (third + 1) * width // 3] = color
        frame[number * 2 : number * 2 + 2] = 255
        frames.append(frame)
    return frames


def write(path: Path, frames: list[np.ndarray], **options: object) -> Path:
    height, width = frames[0].shape[:2]
    fps = options.pop("fps", Fraction(30))
    with FilmWriter(path, width=width, height=height, fps=fps, **options) as writer:  # type: ignore[arg-type]
        for frame in frames:
            writer.add(frame)
    return path


def near(frame: np.ndarray) -> None:
    """The patches of a decoded frame are red, green and blue."""
    for third, color in enumerate(COLORS):
        middle = frame[-8:-4, third * 21 + 8 : third * 21 + 13].reshape(-1, 3).mean(0)
        assert np.abs(middle - color).max() < 8, (third, middle)


def needs(name: str) -> None:
    if not set(CODECS[name].encoders) & encoders(find_ffmpeg()):
        pytest.skip(f"this ffmpeg has no encoder for {name}")


def test_an_mp4_is_tagged_for_every_player(tmp_path: Path) -> None:
    path = write(tmp_path / "new" / "a.mp4", patches(), recipe=RECIPE, fps=Fraction(30000, 1001))
    facts = probe(path)
    assert (facts.width, facts.height, facts.codec, facts.pixel_format) == (64, 48, "h264", "yuv420p")
    assert facts.fps == Fraction(30000, 1001)
    assert all(tag in facts.color_tags for tag in ("tv", "bt709", "iec61966-2-1"))
    data = path.read_bytes()
    assert data.index(b"moov") < data.index(b"mdat")
    assert film_recipe(path) == RECIPE
    frames = list(read_frames(path))
    assert len(frames) == 6
    near(frames[0])
    assert [each.name for each in path.parent.iterdir()] == ["a.mp4"]


@pytest.mark.parametrize(("name", "suffix"), [("hevc", ".mp4"), ("av1", ".mp4"), ("prores", ".mov"), ("h264", ".mov")])
def test_other_codecs_show_the_same_colors(name: str, suffix: str, tmp_path: Path) -> None:
    needs(name)
    path = write(tmp_path / f"a{suffix}", patches(), codec=name, recipe=RECIPE)
    assert probe(path).codec == name
    frames = list(read_frames(path))
    assert len(frames) == 6
    near(frames[3])
    assert film_recipe(path) == RECIPE


@pytest.mark.parametrize("suffix", [".gif", ".webp", ".apng"])
def test_moving_pictures_open_with_their_frames_and_recipe(suffix: str, tmp_path: Path) -> None:
    needs(suffix[1:])
    path = write(tmp_path / f"a{suffix}", patches(), recipe=RECIPE, fps=Fraction(10))
    with Image.open(path) as image:
        assert (image.n_frames, image.size) == (6, (64, 48))
        assert image.info["loop"] == 0
        near(np.array(image.convert("RGB")))
    assert read_recipe(path) == RECIPE


def test_numbered_pictures_are_exact(tmp_path: Path) -> None:
    frames = patches()
    path = write(tmp_path / "numbered", frames)
    names = sorted(each.name for each in path.iterdir())
    assert names[0] == "000001.png"
    assert len(names) == 6
    for name, frame in zip(names, frames, strict=True):
        assert np.array_equal(np.array(Image.open(path / name)), frame)


@pytest.mark.parametrize(("name", "suffix"), [("h264", ".mp4"), ("hevc", ".mp4"), ("av1", ".mp4"), ("prores", ".mov")])
def test_odd_sizes_become_even_by_repeating_the_last_line_and_column(name: str, suffix: str, tmp_path: Path) -> None:
    needs(name)
    ramp = np.linspace(90, 250, 97).astype(np.uint8)[None, :, None]
    frame = np.broadcast_to(ramp, (63, 97, 3)) - np.arange(63, dtype=np.uint8)[:, None, None]
    path = write(tmp_path / f"a{suffix}", [frame] * 3, codec=name)
    assert (probe(path).width, probe(path).height) == (98, 64)
    for decoded in read_frames(path):
        pixels = decoded.astype(np.int16)
        assert np.abs(pixels[63] - pixels[62]).max() <= 6
        assert np.abs(pixels[:, 97] - pixels[:, 96]).max() <= 6
        assert np.abs(pixels[:63, :97] - frame).max() <= 12


def test_pictures_that_may_be_odd_stay_so(tmp_path: Path) -> None:
    path = write(tmp_path / "a.gif", [np.full((63, 97, 3), 200, np.uint8)] * 3)
    with Image.open(path) as image:
        assert image.size == (97, 63)


def test_quality_is_used(tmp_path: Path) -> None:
    noise = list(np.random.default_rng(0).integers(0, 256, (4, 48, 64, 3), np.uint8))
    fine = write(tmp_path / "fine.mp4", noise, quality=10)
    coarse = write(tmp_path / "coarse.mp4", noise, quality=45)
    assert coarse.stat().st_size < fine.stat().st_size / 2


def test_sound_is_taken_over(tmp_path: Path) -> None:
    tone = tmp_path / "tone.mp4"
    command = [find_ffmpeg(), "-v", "error", "-f", "lavfi", "-i", "testsrc=size=64x48:rate=30:duration=1"]
    subprocess.run([*command, "-f", "lavfi", "-i", "sine=duration=1", "-pix_fmt", "yuv420p", str(tone)], check=True)
    assert probe(tone).has_sound
    path = write(tmp_path / "a.mp4", patches(15), sound=tone)
    facts = probe(path)
    assert facts.has_sound
    assert facts.seconds is not None
    assert facts.seconds < 0.7


def test_rotation_is_applied(tmp_path: Path) -> None:
    upright = write(tmp_path / "a.mp4", patches())
    turned = tmp_path / "turned.mp4"
    command = [find_ffmpeg(), "-v", "error", "-display_rotation", "90", "-i", str(upright), "-c", "copy", str(turned)]
    subprocess.run(command, check=True)
    assert (probe(turned).width, probe(turned).height) == (48, 64)
    assert next(read_frames(turned)).shape == (64, 48, 3)


def test_a_span_of_frames_is_decoded(tmp_path: Path) -> None:
    path = write(tmp_path / "a.mp4", patches(8), quality=5)
    whole, part = list(read_frames(path)), list(read_frames(path, first=2, stop=5))
    assert len(part) == 3
    assert all(np.array_equal(one, other) for one, other in zip(part, whole[2:5], strict=True))


def test_leaving_by_an_exception_leaves_nothing(tmp_path: Path) -> None:
    def interrupted() -> None:
        with FilmWriter(tmp_path / "a.mp4", width=64, height=48, fps=Fraction(30)) as writer:
            writer.add(patches()[0])
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    assert list(tmp_path.iterdir()) == []


def fake_ffmpeg(folder: Path, script: str, monkeypatch: pytest.MonkeyPatch) -> None:
    fake = folder / "ffmpeg"
    fake.write_text(f'#!/bin/sh\ncase "$*" in *-encoders*) echo " V....D libx264 x"; exit 0;; esac\n{script}\n')
    fake.chmod(fake.stat().st_mode | stat.S_IXUSR)
    monkeypatch.setenv("DREAMER_FFMPEG", str(fake))


def test_an_ffmpeg_that_dies_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fake_ffmpeg(tmp_path, "echo 'No space left on device' >&2; exit 1", monkeypatch)
    with pytest.raises(FilmError, match="No space left on device") as caught:
        write(tmp_path / "out" / "a.mp4", patches(4, 640, 480) * 30)
    assert "a.mp4" in str(caught.value)
    assert list((tmp_path / "out").iterdir()) == []


def test_frames_wait_in_a_bounded_queue(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fake_ffmpeg(tmp_path, "sleep 1; cat > /dev/null; exit 1", monkeypatch)
    frames = patches(1, 640, 480)
    handed = []

    def hand() -> None:
        with (
            pytest.raises(FilmError),
            FilmWriter(tmp_path / "a.mp4", width=640, height=480, fps=Fraction(30)) as writer,
        ):
            for number in range(40):
                writer.add(frames[0])
                handed.append(number)

    thread = threading.Thread(target=hand)
    thread.start()
    time.sleep(0.5)
    assert len(handed) <= 10
    thread.join()
    assert len(handed) == 40


def test_without_ffmpeg_a_remedy_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DREAMER_FFMPEG", str(tmp_path / "none"))
    with pytest.raises(ToolError, match="Install ffmpeg"):
        find_ffmpeg()


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_folder_that_cannot_be_written(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    with pytest.raises(OutputError):
        write(tmp_path / "sub" / "a.mp4", patches())


def test_a_file_in_the_way_of_the_folder(tmp_path: Path) -> None:
    (tmp_path / "sub").write_text("x")
    with pytest.raises(OutputError, match="sub"):
        write(tmp_path / "sub" / "a.mp4", patches())


@pytest.mark.parametrize("data", [b"", b"no film", b"\x00\x00\x00\x20ftypisom"])
def test_what_is_no_film_is_refused(data: bytes, tmp_path: Path) -> None:
    path = tmp_path / "a.mp4"
    path.write_bytes(data)
    with pytest.raises(FilmError, match=r"a\.mp4"):
        list(read_frames(path))


def test_unknown_names_get_the_nearest_one(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="h264"):
        film_codec(Path("a.mp4"), "h246")
    with pytest.raises(OutputError, match="mp4"):
        film_codec(Path("a.mp5"))
    with pytest.raises(OutputError, match="mov"):
        film_codec(Path("a.mp4"), "prores")
