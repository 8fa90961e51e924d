"""The mathematics of a dream: targets, penalties, octaves, tiles, canvases, ascent. Tensors in, tensors out."""
