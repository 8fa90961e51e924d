from .activations import FeatureMap, feature_maps
from .attribution import attribute, rank_correlation, saliency_map
from .choices import deepest_layer, strongest_on, strongest_over
from .deconvolution import Projection, project
from .embedding import embed, features_of, principal_components
from .fooling import AdversarialExample, CueConflict, cue_conflict, fool
from .inversion import Inversion, invert
from .kernels import Kernels, layer_kernels
from .occlusion import Occlusion, occlude
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
    "invert",
    "layer_kernels",
    "occlude",
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
