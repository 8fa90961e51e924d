"""The figure of each tool: what an analysis found, as a Pillow image. `network` is the name that titles print."""

from dreamer.inspection.figures.activations import draw_feature_maps
from dreamer.inspection.figures.changes import draw_attacks, draw_cue_conflicts, draw_inversions
from dreamer.inspection.figures.evidence import draw_attributions, draw_occlusions
from dreamer.inspection.figures.kernels import draw_kernels
from dreamer.inspection.figures.masks import draw_mask_alone, draw_mask_over
from dreamer.inspection.figures.photos import (
    draw_classes,
    draw_embedding,
    draw_embedding_grid,
    draw_neighbors,
    draw_suggestions,
    draw_top_patches,
)
from dreamer.inspection.figures.projections import draw_projections, draw_silhouette, draw_traces

__all__ = [
    "draw_attacks",
    "draw_attributions",
    "draw_classes",
    "draw_cue_conflicts",
    "draw_embedding",
    "draw_embedding_grid",
    "draw_feature_maps",
    "draw_inversions",
    "draw_kernels",
    "draw_mask_alone",
    "draw_mask_over",
    "draw_neighbors",
    "draw_occlusions",
    "draw_projections",
    "draw_silhouette",
    "draw_suggestions",
    "draw_top_patches",
    "draw_traces",
]
