"""Training a pocket network on labelled photographs."""

from dreamer.networks.training.budget import epochs_within, seconds_of
from dreamer.networks.training.evaluation import Accuracy, evaluate
from dreamer.networks.training.fine_tuning import architecture_like
from dreamer.networks.training.loop import train
from dreamer.networks.training.photographs import Photographs, read_photographs, stored_side
from dreamer.networks.training.training_plan import (
    TrainingEpoch,
    TrainingEvent,
    TrainingPlan,
    TrainingResult,
    TrainingStep,
)

__all__ = [
    "Accuracy",
    "Photographs",
    "TrainingEpoch",
    "TrainingEvent",
    "TrainingPlan",
    "TrainingResult",
    "TrainingStep",
    "architecture_like",
    "epochs_within",
    "evaluate",
    "read_photographs",
    "seconds_of",
    "stored_side",
    "train",
]
