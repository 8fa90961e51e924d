from __future__ import annotations

import statistics
from pathlib import Path

import pytest
import torch
from torch import Tensor

from dreamer.finding.areas import classes_to_find, find_areas
from dreamer.finding.things import thing_area
from dreamer.networks import Network
from tests.finding.silhouettes import HELD_OUT, TUNED, Outline, overlap, photograph, silhouette


def overlaps(outlines: dict[str, Outline], network: Network, shared: Path) -> dict[str, float]:
    found = {}
    for name, outline in outlines.items():
        photo = photograph(name, shared)
        area = find_areas(["subject"], network, photo)["subject"]
        found[name] = overlap(area[0, 0] > 0.5, silhouette(outline, *area.shape[-2:]))
    return found


@pytest.mark.slow
def test_subjects_of_photographs_that_it_was_not_tuned_on(pocket: Network, shared: Path) -> None:
    found = overlaps(HELD_OUT, pocket, shared)
    assert len(found) == 10
    assert statistics.median(found.values()) >= 0.6, found


@pytest.mark.slow
def test_subjects_of_photographs_that_it_was_tuned_on(pocket: Network, shared: Path) -> None:
    found = overlaps(TUNED, pocket, shared)
    assert statistics.median(found.values()) >= 0.65, found


def test_a_ball_is_the_subject_of_its_picture(pocket: Network, ball: tuple[Tensor, Tensor]) -> None:
    image, inside = ball
    area = thing_area(pocket, image)
    assert area.shape == (1, 1, 120, 160)
    assert overlap(area[0, 0] > 0.5, inside) > 0.9
    assert torch.equal(area, thing_area(pocket, image))


def test_what_is_not_there_is_not_found(pocket: Network, ball: tuple[Tensor, Tensor]) -> None:
    assert not thing_area(pocket, ball[0], classes_to_find(pocket, "grand piano")).any()


def test_the_horse_and_not_what_is_beside_it(pocket: Network, shared: Path) -> None:
    photo = photograph("photos-3-of-4.tar:horse/00459.jpg", shared)
    horse = thing_area(pocket, photo, classes_to_find(pocket, "horse"))[0, 0]
    assert float(horse[:, 60:].sum()) > 10 * float(horse[:, :60].sum())
