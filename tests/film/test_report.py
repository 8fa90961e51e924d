"""Measures of a film, and how its end meets its beginning."""

from __future__ import annotations

import json
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from dreamer.errors import OutputError
from dreamer.film.report import CURVES, FilmReport


def reported(*levels: int) -> FilmReport:
    """The report of a film of gray frames."""
    report = FilmReport(measuring=True)
    for level in levels:
        report.add(np.full((4, 6, 3), level, np.uint8))
    return report


def test_the_seam_compares_the_end_with_the_neighbors() -> None:
    assert reported(10, 20, 30, 20).seam() == pytest.approx(1)
    assert reported(10, 20, 30, 40).seam() == pytest.approx(3)
    assert reported(10).seam() == 0
    assert reported(10).size == (4, 6)
    assert reported().size == (0, 0)


def test_the_measures_of_every_frame_are_written_as_json(tmp_path: Path) -> None:
    path = tmp_path / "new" / "report.json"
    reported(0, 51, 102).write(path, Fraction(10))
    report = json.loads(path.read_text(encoding="utf-8"))
    assert set(report) == {*CURVES, "seam"}
    assert report["brightness"] == pytest.approx([0, 0.2, 0.4])
    assert [file.name for file in path.parent.iterdir()] == ["report.json"]


def test_the_measures_are_drawn_as_curves(tmp_path: Path) -> None:
    reported(0, 51, 102).write(tmp_path / "report.png", Fraction(10))
    with Image.open(tmp_path / "report.png") as image:
        assert image.width > image.height / 2


def test_a_report_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "sub").write_text("a file")
    with pytest.raises(OutputError, match="sub"):
        reported(0, 1).write(tmp_path / "sub" / "report.json", Fraction(10))
