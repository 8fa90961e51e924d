"""Draw marble.jpg, the style picture of the `style` preset: inks floated on water and combed, as in paper marbling.

Run `python presets/pictures/marble.py`; the picture is the same each time.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
from PIL import Image

SIDE = 640
INKS = np.array(
    [(18, 32, 66), (26, 83, 121), (222, 205, 170), (180, 58, 42), (236, 172, 74), (244, 236, 220), (34, 98, 96)]
)


def clouds(rng: np.random.Generator, exponent: float) -> np.ndarray:
    """(SIDE, SIDE) noise with a power-law spectrum, of mean 0 and deviation 1."""
    rows, columns = np.fft.fftfreq(SIDE)[:, None], np.fft.rfftfreq(SIDE)[None, :]
    frequency = np.maximum(np.hypot(rows, columns), 1 / SIDE)
    shaped = np.fft.irfft2(np.fft.rfft2(rng.standard_normal((SIDE, SIDE))) * frequency**-exponent, s=(SIDE, SIDE))
    return (shaped - shaped.mean()) / shaped.std()


def main() -> None:
    """Float bands of ink, comb them, and write the picture."""
    rng = np.random.default_rng(11)
    y, x = np.mgrid[0:SIDE, 0:SIDE] / SIDE
    x = x + 0.05 * clouds(rng, 2.0)
    y = y + 0.05 * clouds(rng, 2.0)
    for teeth, depth in ((5, 0.09), (9, 0.045)):
        y = y + depth * np.abs(np.sin(np.pi * teeth * x)) ** 0.7
        x = x + depth * 0.8 * np.sin(2 * np.pi * teeth * y)
    bands = 14 * y + 3 * np.sin(2 * np.pi * x) + 0.25 * clouds(rng, 1.6)
    index = np.floor(bands).astype(int)
    edge = np.abs(bands - np.round(bands))
    order = rng.integers(0, len(INKS), 4096)
    color = INKS[order[index % 4096]] + 7.0 * clouds(rng, 1.0)[..., None]
    # Inks pull away from each other, which leaves a thin bright line between them.
    color = color + 40 * np.exp(-((edge / 0.035) ** 2))[..., None]
    Image.fromarray(color.clip(0, 255).astype(np.uint8)).save(Path(__file__).with_name("marble.jpg"), quality=82)


if __name__ == "__main__":
    main()
