"""Reading films frame by frame."""

from __future__ import annotations

import os
import subprocess
from itertools import islice, pairwise
from pathlib import Path

import numpy as np
import pytest

from dreamer.errors import FilmError, ToolError
from dreamer.film.executable import find_ffmpeg
from dreamer.film.probe import probe
from dreamer.film.read import read_frames
from tests.film.clips import clip, fake_ffmpeg, patches, write


def test_rotation_is_applied(tmp_path: Path) -> None:
    upright = write(tmp_path / "a.mp4", patches())
    turned = tmp_path / "turned.mp4"
    command = [find_ffmpeg(), "-v", "error", "-display_rotation", "90", "-i", str(upright), "-c", "copy", str(turned)]
    subprocess.run(command, check=True)
    assert (probe(turned).width, probe(turned).height) == (48, 64)
    assert next(read_frames(turned)).shape == (64, 48, 3)


def test_a_span_of_frames_is_decoded(tmp_path: Path) -> None:
    path = write(tmp_path / "a.mp4", patches(8), quality=5)
    whole, part = list(read_frames(path)), list(islice(read_frames(path, first=2), 3))
    assert len(part) == 3
    assert all(np.array_equal(one, other) for one, other in zip(part, whole[2:5], strict=True))


@pytest.mark.parametrize("data", [b"", b"not a film", b"\x00\x00\x00\x20ftypisom"])
def test_what_is_no_film_is_refused(data: bytes, tmp_path: Path) -> None:
    path = tmp_path / "a.mp4"
    path.write_bytes(data)
    with pytest.raises(FilmError, match=r"a\.mp4"):
        list(read_frames(path))


def test_frames_come_by_number_from_far_in(tmp_path: Path) -> None:
    path = clip(tmp_path / "a.mp4", "testsrc=size=64x48:rate=30:duration=5", "-g", "40")
    whole = list(read_frames(path))
    assert len(whole) == 150
    assert all(np.array_equal(*pair) for pair in zip(read_frames(path, first=107), whole[107:], strict=True))
    assert list(read_frames(path, first=150)) == []


def test_no_frame_is_doubled_or_dropped_where_times_are_uneven(tmp_path: Path) -> None:
    brighter = "nullsrc=size=64x48:rate=30:duration=2,geq=lum='16+3*N':cb=128:cr=128,format=yuv420p"
    uneven = "select='not(mod(n,7))+not(mod(n,3))'"
    path = clip(tmp_path / "a.mp4", brighter, "-vf", uneven, "-fps_mode", "vfr")
    frames = list(read_frames(path))
    assert len(frames) == sum(number % 7 == 0 or number % 3 == 0 for number in range(60))
    assert all(before.mean() < now.mean() for before, now in pairwise(frames))


@pytest.mark.parametrize(
    ("matrix", "tagged", "height"),
    [("bt709", True, 64), ("bt601", True, 64), ("bt601", False, 64), ("bt709", False, 720)],
)
@pytest.mark.slow
def test_colors_are_read_by_the_films_own_matrix(matrix: str, tagged: bool, height: int, tmp_path: Path) -> None:
    filters = f"scale=out_color_matrix={matrix}:flags=accurate_rnd+full_chroma_int,format=yuv420p"
    name = "bt709" if matrix == "bt709" else "smpte170m"
    tags = name if tagged else "unknown"
    filters += f",setparams=colorspace={tags}:color_primaries={tags}:color_trc={tags}"
    source = f"color=c=0xC03020:size=64x{height}:rate=10:duration=0.2"
    path = clip(tmp_path / "a.mp4", source, "-vf", filters)
    assert ("bt709" in probe(path).color_tags) == (tagged and matrix == "bt709")
    assert np.abs(next(read_frames(path)).astype(int) - (0xC0, 0x30, 0x20)).max() <= 3


@pytest.mark.parametrize("suffix", [".mkv", ".ts", ".avi", ".m4v", ".mpg"])
@pytest.mark.slow
def test_containers_of_every_suffix_are_read(suffix: str, tmp_path: Path) -> None:
    path = clip(tmp_path / f"a{suffix}", "testsrc=size=64x48:rate=25:duration=1")
    assert len(list(read_frames(path))) == 25


@pytest.mark.slow
def test_ffmpeg_ends_with_the_iterator(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = clip(tmp_path / "a.mp4", "testsrc=size=640x480:rate=30:duration=10")
    fake_ffmpeg(tmp_path, f'echo $$ > {tmp_path}/pid; exec {find_ffmpeg()} "$@"', monkeypatch)
    frames = read_frames(path)
    next(frames)
    process = int((tmp_path / "pid").read_text())
    os.kill(process, 0)
    frames.close()
    with pytest.raises(ProcessLookupError):
        os.kill(process, 0)


def test_a_film_that_breaks_off_in_a_frame_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = write(tmp_path / "a.mp4", patches())
    fake_ffmpeg(tmp_path, f'{find_ffmpeg()} "$@" | head -c 20000', monkeypatch)
    frames = read_frames(path)
    assert len(list(islice(frames, 2))) == 2
    with pytest.raises(FilmError, match=r"a\.mp4"):
        next(frames)


def test_the_variable_of_imageio_is_left_as_it_was(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = write(tmp_path / "a.mp4", patches())
    monkeypatch.setenv("DREAMER_FFMPEG", find_ffmpeg())
    monkeypatch.setenv("IMAGEIO_FFMPEG_EXE", "elsewhere")
    assert len(list(read_frames(path))) == 6
    assert os.environ["IMAGEIO_FFMPEG_EXE"] == "elsewhere"


def test_an_ffmpeg_that_cannot_be_run_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = write(tmp_path / "a.mp4", patches())
    broken = tmp_path / "ffmpeg"
    broken.write_bytes(b"\x7fELF")
    broken.chmod(0o755)
    monkeypatch.setenv("DREAMER_FFMPEG", str(broken))
    with pytest.raises(ToolError, match="cannot be run"):
        list(read_frames(path))


@pytest.mark.parametrize(
    ("size", "matrix", "tags"),
    [
        ("64x48", "bt601", "colorspace=bt470bg:color_primaries=bt709:color_trc=bt709"),
        ("64x48", "bt709", "colorspace=bt709:color_primaries=smpte170m:color_trc=smpte170m"),
        ("64x48", "bt601", "colorspace=unknown:color_primaries=bt709:color_trc=bt709"),
        ("64x720", "bt709", "colorspace=unknown:color_primaries=bt709:color_trc=bt709"),
        ("64x720", "bt601", "colorspace=smpte170m:color_primaries=bt709:color_trc=bt709"),
    ],
)
def test_the_matrix_counts_whatever_the_other_tags_say(size: str, matrix: str, tags: str, tmp_path: Path) -> None:
    filters = f"format=gbrp,scale=out_color_matrix={matrix}:out_range=tv,format=yuv420p,setparams={tags}"
    path = clip(tmp_path / "a.mp4", f"color=0xc83c28:size={size}:rate=5:duration=1", "-vf", filters, "-qp", "1")
    assert np.abs(next(read_frames(path)).mean((0, 1)) - (200, 60, 40)).max() < 3
