"""The facts of films."""

from __future__ import annotations

import subprocess
from fractions import Fraction
from pathlib import Path

import pytest

from dreamer.errors import FilmError
from dreamer.film.executable import find_ffmpeg
from dreamer.film.facts import FilmFacts
from dreamer.film.probe import film_recipe, probe
from dreamer.presets.model.times import exact_rate
from tests.film.clips import clip, patches, write


def test_all_facts_of_a_film(tmp_path: Path) -> None:
    path = write(tmp_path / "a.mp4", patches(12), fps=Fraction(24000, 1001))
    tags = "tv, bt709/bt709/iec61966-2-1, progressive"
    assert probe(path) == FilmFacts(64, 48, Fraction(24000, 1001), 0.5, "h264", "yuv420p", tags, has_sound=False)


@pytest.mark.parametrize(
    ("rounded", "rate"),
    [
        ("29.97", Fraction(30000, 1001)),
        ("59.94", Fraction(60000, 1001)),
        ("23.98", Fraction(24000, 1001)),
        ("25", Fraction(25)),
        ("12.5", Fraction(25, 2)),
        ("119.88", Fraction(120000, 1001)),
    ],
)
def test_rounded_rates_become_exact(rounded: str, rate: Fraction) -> None:
    assert exact_rate(Fraction(rounded)) == rate


def test_a_thousand_frames_a_second(tmp_path: Path) -> None:
    assert probe(clip(tmp_path / "a.mp4", "testsrc=size=64x48:rate=2000:duration=0.05")).fps == 2000


def test_a_film_filmed_upright_is_not_commented_on(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    turned = tmp_path / "turned.mp4"
    level = write(tmp_path / "a.mp4", patches())
    command = [find_ffmpeg(), "-v", "error", "-display_rotation", "90", "-i", str(level), "-c", "copy", str(turned)]
    subprocess.run(command, check=True)
    facts = probe(turned)
    assert (facts.width, facts.height) == (48, 64)
    assert capfd.readouterr() == ("", "")


def test_sound_alone_is_not_a_film(tmp_path: Path) -> None:
    path = clip(tmp_path / "a.mp4", "sine=duration=1")
    with pytest.raises(FilmError, match="not a film"):
        probe(path)


def test_what_is_not_there_is_named(tmp_path: Path) -> None:
    for ask in (probe, film_recipe):
        with pytest.raises(FilmError, match=r"no such file"):
            ask(tmp_path / "a.mp4")
