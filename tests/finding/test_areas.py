from __future__ import annotations

import pytest
import torch
from torch import Tensor

from dreamer.errors import TargetError
from dreamer.finding.areas import LARGEST, classes_to_find, find_areas
from dreamer.networks import Network


def test_each_photo_of_a_batch_has_the_area_it_has_alone(pocket: Network, ball: tuple[Tensor, Tensor]) -> None:
    image, _ = ball
    photos = torch.cat([image, image.flip(3)])
    together = find_areas(["subject"], pocket, photos)["subject"]
    assert together.shape == (2, 1, 120, 160)
    assert torch.equal(together[1:], find_areas(["subject"], pocket, photos[1:])["subject"])


def test_large_photos_are_searched_at_a_reduced_size(pocket: Network, shipped_picture: Tensor) -> None:
    large = torch.nn.functional.interpolate(shipped_picture, size=(1000, 1500))
    assert max(find_areas(["subject"], pocket, large)["subject"].shape) == LARGEST


def test_words_stand_for_classes(pocket: Network) -> None:
    dogs = {pocket.classes[number] for number in classes_to_find(pocket, "dog")}
    assert {"beagle", "samoyed"} <= dogs
    with pytest.raises(TargetError, match="there is no class 'unicorn'"):
        classes_to_find(pocket, "unicorn")
