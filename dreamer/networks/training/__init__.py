"""Training a pocket network on labelled photographs."""

from dreamer.networks.training.evaluation import Accuracy, evaluate
from dreamer.networks.training.loop import epochs_within, train
from dreamer.networks.training.photographs import Photographs, read_photographs, stored_side
from dreamer.networks.training.plan import TrainingEpoch, TrainingEvent, TrainingPlan, TrainingResult, TrainingStep

__all__ = [
    "Accuracy",
    "Photographs",
    "TrainingEpoch",
    "TrainingEvent",
    "TrainingPlan",
    "TrainingResult",
    "TrainingStep",
    "epochs_within",
    "evaluate",
    "read_photographs",
    "stored_side",
    "train",
]
