from __future__ import annotations

import torch

from dreamer.finding.windows import _starts, class_windows
from dreamer.networks import LOGITS


class Reddish:
    """A network of two classes, of which the second is what is red."""

    input_side = 16

    class _Cut:
        smallest = 8

        def __call__(self, image: torch.Tensor) -> dict[str, torch.Tensor]:
            red = image[:, 0].mean((1, 2)) - image[:, 1].mean((1, 2))
            return {LOGITS: torch.stack([torch.zeros_like(red), 20 * red - 5], 1)}

    def cut(self, layers: list[str]) -> _Cut:
        return self._Cut()


def test_windows_overlap_by_half_from_end_to_end() -> None:
    assert _starts(100, 40) == [0, 20, 40, 60]
    assert _starts(40, 40) == [0]


def test_a_class_is_probable_where_it_is() -> None:
    photo = torch.full((1, 3, 60, 90), 0.3)
    photo[:, 0, 35:55, 60:80] = 1
    around, most = class_windows(Reddish(), photo, [1])  # type: ignore[arg-type]
    height, width = around.shape[-2:]
    top, left = divmod(int(around.argmax()), width)
    assert 0.5 < top / height < 0.95
    assert 0.6 < left / width < 0.95
    assert most > 0.5
    assert class_windows(Reddish(), torch.full((1, 3, 60, 90), 0.3), [1])[1] < 0.01  # type: ignore[arg-type]
