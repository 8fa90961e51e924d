from __future__ import annotations

import sys
from pathlib import Path
from types import ModuleType, SimpleNamespace

import pytest
import torch

from dreamer.errors import ToolError
from dreamer.finding import faces
from dreamer.finding.faces import Face, face_area, faces_in
from tests.finding.silhouettes import photograph


@pytest.fixture(autouse=True)
def fresh_detector() -> None:
    faces._detector.cache_clear()


def with_opencv(monkeypatch: pytest.MonkeyPatch, **names: object) -> None:
    module = ModuleType("cv2")
    vars(module).update(names)
    monkeypatch.setitem(sys.modules, "cv2", module)


def test_heads_are_kept_whole_and_softly(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(faces, "faces_in", lambda photo: [Face(40, 30, 20, 20)])
    area = face_area(torch.zeros(1, 3, 100, 120))[0, 0]
    assert area[32:50, 42:58].min() == 1  # the detector's box
    assert area[24, 50] == 1  # the brow above it
    assert area[:, :30].max() == 0
    assert ((area > 0) & (area < 1)).any()


def test_no_face_protects_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(faces, "faces_in", lambda photo: [])
    assert not face_area(torch.rand(1, 3, 40, 40)).any()


def test_boxes_come_from_left_to_right(monkeypatch: pytest.MonkeyPatch) -> None:
    boxes = [(50, 5, 20, 20), (9, 4, 30, 30)]
    detector = SimpleNamespace(detectMultiScale=lambda *args, **options: boxes)
    with_opencv(
        monkeypatch, CascadeClassifier=lambda path: detector, data=SimpleNamespace(haarcascades="x"), __version__="4"
    )
    assert faces_in(torch.zeros(1, 3, 400, 600)) == [Face(9, 4, 30, 30), Face(50, 5, 20, 20)]
    # A small photo is enlarged, and the boxes are its own.
    assert faces_in(torch.zeros(1, 3, 200, 300)) == [Face(4, 2, 15, 15), Face(25, 2, 10, 10)]


@pytest.mark.faces
def test_a_face_in_a_photograph(shared: Path) -> None:
    (face,) = faces_in(photograph("photos-3-of-4.tar:french_horn/00131.jpg", shared))
    assert 70 < face.left + face.width / 2 < 86
    assert 22 < face.top + face.height / 2 < 38
    assert faces_in(photograph("lighthouse.png", shared)) == []


def test_without_a_detector_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    with_opencv(monkeypatch, __version__="5.0.0")
    with pytest.raises(ToolError, match=r"OpenCV 5.0.0 has no face detector") as error:
        faces_in(torch.zeros(1, 3, 60, 90))
    assert "dreamer[faces]" in str(error.value)
    faces._detector.cache_clear()
    monkeypatch.setitem(sys.modules, "cv2", None)
    with pytest.raises(ToolError, match="needs OpenCV"):
        faces_in(torch.zeros(1, 3, 60, 90))
