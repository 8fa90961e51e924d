"""Draw the sample pictures: sky.jpg, clouds over a lake and hills at golden hour, and dunes.jpg, moonlit dunes.

Run `python inputs/make_inputs.py`; numpy and Pillow are all it takes, and the pictures are the same each time.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
from PIL import Image

WIDTH, HEIGHT = 1280, 853
Y, X = np.mgrid[0:HEIGHT, 0:WIDTH].astype(np.float64)
Color = tuple[float, float, float]


def fractal(rng: np.random.Generator, exponent: float, stretch: float = 1.0, rows: int = HEIGHT) -> np.ndarray:
    """(rows, WIDTH) fractal noise that tiles, mean 0 and deviation 1; `stretch` > 1 draws it out sideways."""
    down, across = np.fft.fftfreq(rows)[:, None], np.fft.rfftfreq(WIDTH)[None, :] * stretch
    frequency = np.maximum(np.hypot(down, across), 1 / WIDTH)
    shaped = np.fft.irfft2(np.fft.rfft2(rng.standard_normal((rows, WIDTH))) * frequency**-exponent)
    return (shaped - shaped.mean()) / shaped.std()


def smooth(low: float, high: float, x: np.ndarray) -> np.ndarray:
    """0 below `low`, 1 above `high`, and an S-curve between."""
    t = ((x - low) / (high - low)).clip(0, 1)
    return t * t * (3 - 2 * t)


def gradient(stops: list[tuple[float, Color]], t: np.ndarray) -> np.ndarray:
    """Colors along `t` through (position, color) stops."""
    positions = [position for position, _ in stops]
    return np.stack([np.interp(t, positions, [color[i] for _, color in stops]) for i in range(3)], -1)


def over(below: np.ndarray, color: np.ndarray | Color, cover: np.ndarray) -> np.ndarray:
    """`color` painted on `below` where `cover` is 1."""
    return below + cover[..., None] * (np.asarray(color) - below)


def warped(picture: np.ndarray, dx: np.ndarray, dy: np.ndarray) -> np.ndarray:
    """A picture that tiles, seen through a displacement in px."""
    rows, columns = (Y + dy).round().astype(int) % HEIGHT, (X + dx).round().astype(int) % WIDTH
    return picture[rows, columns]


def ridge(rng: np.random.Generator, base: float, height: float, roughness: float) -> np.ndarray:
    """(WIDTH,) height in px of a range of hills."""
    line = fractal(rng, roughness, rows=8)[0]
    return base - height * (line - line.min()) / np.ptp(line)


def sky_over_lake(rng: np.random.Generator) -> np.ndarray:
    """Clouds lit from a low sun, hills in the haze, and their reflection."""
    horizon, sun_x, sun_y = 0.66 * HEIGHT, 0.68 * WIDTH, 0.56 * HEIGHT
    height = (1 - Y / horizon).clip(0, 1)
    blue = [(0.0, (1.0, 0.79, 0.52)), (0.2, (0.96, 0.68, 0.55)), (0.5, (0.52, 0.60, 0.76)), (1.0, (0.15, 0.27, 0.52))]
    picture = gradient(blue, height)
    distance = np.hypot((X - sun_x) * 0.8, Y - sun_y)
    glow = np.exp(-distance / 190)[..., None] * np.array([0.42, 0.30, 0.14])
    picture = picture + glow + np.exp(-((distance / 26) ** 2))[..., None] * np.array([0.5, 0.45, 0.35])
    for exponent, stretch, cover, bright in ((1.75, 1.7, 0.45, 0.85), (1.6, 3.0, 0.35, 1.0)):
        swirl = 26 * fractal(rng, 2.0), 26 * fractal(rng, 2.0)
        density = warped(fractal(rng, exponent, stretch), *swirl)
        thick = smooth(cover, cover + 1.5, density + 0.5 * height)
        # Light falls in from the sun's side: compare each place with one that is nearer to it.
        toward = warped(density, np.full_like(X, 16), np.full_like(Y, 14))
        light = (0.55 + 0.30 * (density - toward)).clip(0, 1)
        warm = gradient(
            [(0.0, (0.36, 0.36, 0.50)), (0.5, (0.93, 0.70, 0.60)), (1.0, (1.0, 0.95, 0.86))], light * bright
        )
        picture = over(picture, warm + 0.6 * glow, 0.9 * thick * smooth(0, 0.25, height))
    layers = [
        (0.64, 120, 2.1, (0.62, 0.55, 0.62)),
        (0.66, 95, 2.0, (0.42, 0.40, 0.50)),
        (0.675, 60, 1.8, (0.20, 0.23, 0.30)),
    ]
    for base, rise, roughness, color in layers:
        line = ridge(rng, base * HEIGHT, rise, roughness)
        texture = 1 + 0.10 * fractal(rng, 1.2)[..., None]
        haze = smooth(0, 110, Y - line[None, :])[..., None] * np.array([0.20, 0.13, 0.08])
        picture = over(picture, np.asarray(color) * texture + haze, smooth(-1, 1, Y - line[None, :]))
    shore = 0.70 * HEIGHT
    ripple = fractal(rng, 1.3, 8.0) * (1 + 14 * ((Y - shore) / HEIGHT).clip(0, 1))
    mirror = (2 * shore - Y + 3 * ripple).clip(0, HEIGHT - 1).round().astype(int)
    water = picture[mirror, (X + 2 * ripple).round().astype(int).clip(0, WIDTH - 1)] * np.array([0.72, 0.78, 0.86])
    water = water + (0.03 * ripple / (1 + ripple.std()))[..., None]
    picture = over(picture, water, smooth(shore - 1, shore + 1, Y))
    reeds = ridge(rng, 1.02 * HEIGHT, 0.16 * HEIGHT, 1.1) + 12 * np.abs(fractal(rng, 0.4, rows=8)[1])
    return over(picture, np.array([0.07, 0.09, 0.08]) * (1 + 0.3 * fractal(rng, 0.8)[..., None]),
                smooth(-1.5, 1.5, Y - reeds[None, :]))  # fmt: skip


def dunes_by_moonlight(rng: np.random.Generator) -> np.ndarray:
    """Rippled dunes under stars, a moon and a veil of cloud."""
    horizon = 0.45 * HEIGHT
    night = [(0.0, (0.55, 0.45, 0.56)), (0.35, (0.22, 0.25, 0.46)), (1.0, (0.04, 0.06, 0.17))]
    picture = gradient(night, (1 - Y / horizon).clip(0, 1))
    stars = rng.random((HEIGHT, WIDTH))
    picture = picture + (smooth(0.9985, 1, stars) * (1 - Y / horizon).clip(0, 1))[..., None]
    distance = np.hypot(X - 0.27 * WIDTH, Y - 0.17 * HEIGHT)
    picture = picture + (0.28 * np.exp(-distance / 110))[..., None] * np.array([0.9, 0.95, 1.1])
    picture = over(picture, (0.97, 0.95, 0.88), smooth(40, 37, distance) * (1 - 0.10 * smooth(0, 2, fractal(rng, 1.5))))
    veil = smooth(0.2, 2.2, warped(fractal(rng, 1.8, 3.0), 30 * fractal(rng, 2.0), 0 * X))
    picture = over(picture, (0.52, 0.50, 0.62), 0.5 * veil)
    for number in range(6):
        depth = number / 5
        crest = ridge(rng, horizon + (0.06 + 0.55 * depth**1.5) * HEIGHT, (50 + 130 * depth), 2.6)
        below = Y - crest[None, :]
        slope = np.gradient(crest)[None, :]
        lit = smooth(-0.8, 0.8, slope + 0.12 * fractal(rng, 1.8))
        ripples = np.sin((below / (2 + 7 * depth)) * 2.2 + 2.5 * fractal(rng, 2.2)) * (0.02 + 0.05 * depth)
        sand = gradient([(0.0, (0.16, 0.14, 0.25)), (0.5, (0.47, 0.36, 0.37)), (1.0, (0.86, 0.68, 0.52))], lit)
        sand = sand * (0.62 + 0.38 * depth) * (1.05 - 0.45 * smooth(0, 300, below))[..., None]
        sand = sand + (ripples + 0.012 * fractal(rng, 0.5))[..., None]
        picture = over(picture, sand, smooth(-0.8, 0.8, below))
    return picture


def main() -> None:
    """Draw both, with a little grain so that no gradient shows bands, and write them beside this file."""
    for name, seed, draw in (("sky", 5, sky_over_lake), ("dunes", 2, dunes_by_moonlight)):
        rng = np.random.default_rng(seed)
        picture = draw(rng) + 0.008 * rng.standard_normal((HEIGHT, WIDTH, 1))
        pixels = (picture.clip(0, 1) * 255).round().astype(np.uint8)
        Image.fromarray(pixels).save(Path(__file__).with_name(f"{name}.jpg"), quality=92, subsampling=0)


if __name__ == "__main__":
    main()
