"""Training a pocket network on labelled photographs."""

from dreamer.networks.training.loop import epochs_within, train
from dreamer.networks.training.photographs import Photographs, read_photographs
from dreamer.networks.training.plan import TrainingEpoch, TrainingEvent, TrainingPlan, TrainingResult, TrainingStep

__all__ = [
    "Photographs",
    "TrainingEpoch",
    "TrainingEvent",
    "TrainingPlan",
    "TrainingResult",
    "TrainingStep",
    "epochs_within",
    "read_photographs",
    "train",
]
