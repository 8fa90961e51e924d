from __future__ import annotations

import pytest

from dreamer.errors import TargetError
from dreamer.inspection import atlas
from dreamer.networks import Network


def test_pairs_go_from_one_kernel_to_the_other(pocket: Network) -> None:
    subjects = list(atlas.pair_subjects(pocket, "maxpool2", [(3, 7)], 3))
    assert [each.targets[0].direction for each in subjects] == [{"3": 1.0}, {"3": 0.7071, "7": 0.7071}, {"7": 1.0}]


def test_every_kernel_is_a_subject_and_others_are_refused(pocket: Network) -> None:
    assert len(list(atlas.kernel_subjects(pocket, ["maxpool1", "maxpool2"]))) == 32 + 96
    assert len(list(atlas.class_subjects(pocket))) == len(pocket.classes)
    with pytest.raises(TargetError, match="0 to 31"):
        list(atlas.kernel_subjects(pocket, ["maxpool1"], [32]))
    with pytest.raises(TargetError, match="--classes"):
        list(atlas.kernel_subjects(pocket, ["logits"]))
