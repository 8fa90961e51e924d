from .activations import FeatureMap, feature_maps
from .attack_goals import AdversarialExample, Control
from .attribution import attribute, rank_correlation, saliency_map
from .choices import deepest_layer, strongest_on, strongest_over
from .cue_conflict import CueConflict, cue_conflict
from .deconvolution import Projection, project
from .embedding import embed, features_of, principal_components
from .fooling import fool, noise_control
from .inversion import Inversion, invert
from .kernels import Kernels, layer_kernels
from .occlusion import Occlusion, occlude
from .pixel_attack import fool_by_pixels, pixel_control
from .scoring import (
    ClassProbability,
    TargetScore,
    class_target,
    predicted_class,
    probabilities,
    target_score,
    top_classes,
)
from .strongest_patches import TopPatch, top_patches
from .suggestion import Suggestion, suggest_kernels
from .tracing import KernelTrace, trace_kernel

__all__ = [
    "AdversarialExample",
    "ClassProbability",
    "Control",
    "CueConflict",
    "FeatureMap",
    "Inversion",
    "KernelTrace",
    "Kernels",
    "Occlusion",
    "Projection",
    "Suggestion",
    "TargetScore",
    "TopPatch",
    "attribute",
    "class_target",
    "cue_conflict",
    "deepest_layer",
    "embed",
    "feature_maps",
    "features_of",
    "fool",
    "fool_by_pixels",
    "invert",
    "layer_kernels",
    "noise_control",
    "occlude",
    "pixel_control",
    "predicted_class",
    "principal_components",
    "probabilities",
    "project",
    "rank_correlation",
    "saliency_map",
    "strongest_on",
    "strongest_over",
    "suggest_kernels",
    "target_score",
    "top_classes",
    "top_patches",
    "trace_kernel",
]
