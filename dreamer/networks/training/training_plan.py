"""What a training run is to do, and what it reports."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from dreamer.networks.pocket import Architecture
from dreamer.networks.training.evaluation import Accuracy


@dataclass(frozen=True)
class TrainingPlan:
    """The settings of one training run; equal plans on equal photographs end with equal weights.

    `robust` is the largest L2 size, in [0, 1] pixels over the whole picture, of the worst-case perturbations that the
    network is trained on (0: none). `side` is the training picture's side in px; the first `small_share` of the
    epochs run at three quarters of it, which is faster and loses nothing. `average` is the largest decay, per step, of
    the moving average of the weights.
    """

    epochs: int = 20
    batch: int = 96
    side: int = 128
    small_share: float = 0.5
    learning_rate: float = 4e-3
    weight_decay: float = 0.05
    label_smoothing: float = 0.1
    cutmix_share: float = 0.25
    robust: float = 0.0
    average: float = 0.998
    seed: int = 0
    architecture: Architecture = field(default_factory=Architecture)

    @property
    def small_side(self) -> int:
        """The side of the smaller training pictures in px."""
        return self.side * 3 // 4

    def side_in(self, epoch: int) -> int:
        """The side of the training pictures in px, in an epoch counted from 0."""
        return self.small_side if epoch < int(self.epochs * self.small_share) else self.side


@dataclass(frozen=True)
class TrainingStep:
    """One batch is done. `epoch` and `batch` count from 1; `seconds_left` is an estimate for the whole run."""

    epoch: int
    epochs: int
    batch: int
    batches: int
    loss: float
    pictures_per_second: float
    seconds_left: float


@dataclass(frozen=True)
class TrainingEpoch:
    """One epoch is done and saved, in `seconds`. `accuracy`: of the averaged weights."""

    epoch: int
    epochs: int
    accuracy: Accuracy
    seconds: float


@dataclass(frozen=True)
class TrainingResult:
    """The finished weights file and its final accuracy."""

    path: Path
    accuracy: Accuracy


TrainingEvent = TrainingStep | TrainingEpoch | TrainingResult
