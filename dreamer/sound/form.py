"""The form of a song: which beats begin its bars, and where its sections begin."""

from __future__ import annotations

import itertools

import numpy as np

METERS = (4, 3)
# The first is meant where accents hardly tell the meters apart.
_ADVANTAGE = 1.15
# A section lasts so many seconds at least, and is told from what lies so many seconds around its beginning.
_SHORTEST, _AROUND = 8.0, 12.0


def find_bars(accents: np.ndarray) -> tuple[int, int]:
    """(beats in a bar, number of the first beat that begins one) by the accent of each beat, (N,)."""
    if len(accents) < 2 * max(METERS):
        return METERS[0], 0
    deviation = float(accents.std())
    if deviation < 1e-9:
        return METERS[0], 0
    evened = (accents - accents.mean()) / deviation
    found = []
    for meter in METERS:
        # How far the accented beats stand out, in standard errors of their mean.
        out = [evened[first::meter].mean() * np.sqrt(len(evened) / meter) for first in range(meter)]
        found.append((max(out), meter, int(np.argmax(out))))
    four, three = found
    _, meter, first = three if three[0] > _ADVANTAGE * four[0] else four
    return meter, first


def beat_accents(beats: np.ndarray, bass: np.ndarray, chroma: np.ndarray, rate: float) -> np.ndarray:
    """How much each beat sounds like the first of its bar: a bass note begins there, and the harmony changes.

    `beats`: seconds; `bass`: onset strengths, (N,), and `chroma`, (12, N), with `rate` a second.
    """
    if not len(beats):
        return np.zeros(0)
    frames = np.clip(np.rint(beats * rate).astype(int), 0, len(bass) - 1)
    begins = np.array([bass[max(0, frame - 4) : frame + 5].max() for frame in frames])
    edges = [*frames, chroma.shape[1]]
    spans = [_unit(chroma[:, first : max(first + 1, last)].mean(1)) for first, last in itertools.pairwise(edges)]
    changes = np.array([0.0, *(1 - float(one @ other) for one, other in itertools.pairwise(spans))])
    accents: np.ndarray = _evened(begins) + _evened(changes)
    return accents


def find_sections(features: np.ndarray, rate: float, bars: np.ndarray) -> list[float]:
    """Seconds at which sections begin, 0 the first: where what follows sounds unlike what was before.

    `features`: (F, N), `rate` a second; `bars`: seconds at which bars begin, where sections do, too.
    Foote 2000, "Automatic audio segmentation using a measure of audio novelty".
    """
    step = max(1, round(rate / 2))
    count = features.shape[1] // step
    reach = round(_AROUND * rate / step)
    if count < 2 * reach:
        return [0.0]
    evened = np.stack([_evened(row) for row in features[:, : count * step].reshape(len(features), count, step).mean(2)])
    columns = evened / np.maximum(np.linalg.norm(evened, axis=0), 1e-9)
    novelty = _novelty(columns.T @ columns, reach)
    starts = [0.0]
    level = novelty.mean() + novelty.std()
    for place in np.argsort(novelty)[::-1]:
        time = place * step / rate
        if novelty[place] < level:
            break
        if all(abs(time - other) >= _SHORTEST for other in [*starts, count * step / rate]):
            starts.append(float(bars[np.abs(bars - time).argmin()]) if len(bars) else float(time))
    return sorted(set(starts))


def _novelty(similar: np.ndarray, reach: int) -> np.ndarray:
    """How much more alike each side is to itself than both are to each other, at each place."""
    away = np.arange(-reach, reach) + 0.5
    kernel = np.outer(np.sign(away), np.sign(away)) * np.exp(-0.5 * ((away[:, None] ** 2 + away**2) / (reach / 2) ** 2))
    novelty = np.zeros(len(similar))
    for place in range(reach, len(similar) - reach):
        around = slice(place - reach, place + reach)
        novelty[place] = (similar[around, around] * kernel).sum()
    return novelty


def _unit(vector: np.ndarray) -> np.ndarray:
    unit: np.ndarray = vector / max(float(np.linalg.norm(vector)), 1e-9)
    return unit


def _evened(values: np.ndarray) -> np.ndarray:
    evened: np.ndarray = (values - values.mean()) / max(float(values.std()), 1e-9)
    return evened
