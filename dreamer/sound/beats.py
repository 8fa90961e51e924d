"""Beats in onset strengths: a tempo that may wander, and the path of beats that fits it and the onsets best.

Ellis 2007, "Beat tracking by dynamic programming", with a tempo for each moment (Viterbi through a tempogram) in place
of one for the song, and with the level of the meter (half, double, ...) chosen by the beats themselves.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

# Tempos that are told apart, in beats per minute.
SLOWEST, FASTEST = 40.0, 240.0
_TEMPOS = np.geomspace(SLOWEST, FASTEST, 125)
# The tempogram: windows of so many seconds, so far apart.
_WINDOW, _STEP = 8.0, 0.5
# What a change of tempo by one state between windows costs, against strengths of about 1.
_INERTIA = 0.05
# How much the whole song counts beside each window, and over how many states its tempos are blurred.
_WHOLE, _SHARED = 1.0, 7
# The most that it costs: what lasts may jump.
_JUMP = 60.0
# How firmly beats keep to the tempo, against onsets in standard deviations.
_TIGHTNESS = 400.0
# People tap at about this tempo, within so many octaves: Parncutt 1994.
_PREFERRED, _SPREAD = 115.0, 1.1
# Levels of the meter that are tried, over that of the tempo curve; thirds are seldom meant.
_LEVELS = {1 / 3: 0.7, 1 / 2: 1.0, 2 / 3: 0.7, 1.0: 1.0, 3 / 2: 0.7, 2.0: 1.0, 3.0: 0.7}
# How clear a pulse must be for there to be a beat at all: the share of the onsets' variance that returns with it.
CLEAR = 0.17
# Onsets whose deviation is less than this share of what is usual are noise.
_CONTRAST = 0.7
# A beat that is this far from an onset still counts as being on it.
_NEAR = 0.05
# How much of the fit is left of beats of which every second one has nothing under it.
_UNEVEN = 0.35


@dataclass(frozen=True)
class Pulse:
    """`beats`: seconds, ascending; `tempo`: beats per minute in the middle of the song; `clarity`: 0 to 1."""

    beats: np.ndarray
    tempo: float
    clarity: float


def find_beats(onsets: np.ndarray, accents: np.ndarray, rate: float) -> Pulse:
    """The beats of onset strengths, (N,) with `rate` a second; none where no pulse is clear enough.

    `accents`: strengths by loudness, which tell a beat from what lies between beats.
    """
    strength = _evened(onsets, rate)
    none = Pulse(np.zeros(0), 0.0, 0.0)
    if len(strength) < 2 * rate or not strength.any():
        return none
    tempo, clarity = _tempo_curve(strength, rate)
    peaks = _peak_strengths(_evened(accents, rate), rate)
    best, best_score = none, -1.0
    for level, trust in _LEVELS.items():
        curve = tempo * level
        middle = float(np.median(curve))
        if not SLOWEST <= middle <= FASTEST:
            continue
        frames = _path(strength, 60 * rate / curve)
        score = trust * _fit(frames, peaks, rate) * np.exp(-0.5 * (np.log2(middle / _PREFERRED) / _SPREAD) ** 2)
        if score > best_score:
            best, best_score = Pulse(frames / rate, middle, clarity), score
    return best if clarity >= CLEAR else Pulse(np.zeros(0), 0.0, clarity)


def _evened(onsets: np.ndarray, rate: float) -> np.ndarray:
    """Strengths over what is usual around them, in standard deviations of the whole; 0 where none stands out."""
    width = max(1, round(rate))
    usual = np.convolve(np.pad(onsets, width, "edge"), _blur(2 * width + 1), "valid")
    above = np.maximum(onsets - usual, 0)
    deviation = float(above.std())
    stands_out = deviation > max(_CONTRAST * float(usual.mean()), 1e-6)
    return above / deviation if stands_out else np.zeros_like(above)


def _tempo_curve(strength: np.ndarray, rate: float) -> tuple[np.ndarray, float]:
    """Beats per minute at each frame, at any level of the meter, and how clearly the pulse returns."""
    table = _tempogram(strength, rate)
    # What is strong in the whole song is so in each window, or a swung song would be counted now in two, now in three.
    whole = np.convolve(table.mean(0), _blur(_SHARED), "same")
    states = _viterbi(table * (whole / max(float(whole.max()), 1e-9)) ** _WHOLE)
    clarity = float(np.median(table[np.arange(len(table)), states]))
    middles = np.arange(len(table)) * _STEP * rate
    return np.interp(np.arange(len(strength)), middles, _TEMPOS[states]), clarity


def _tempogram(strength: np.ndarray, rate: float) -> np.ndarray:
    """(windows, tempos): the autocorrelation at one beat and its multiples, as a share of that at 0."""
    size = round(_WINDOW * rate)
    smooth = np.convolve(strength, _blur(5), "same")
    padded = np.pad(smooth, size // 2)
    lags = 60 * rate / _TEMPOS
    rows = []
    for first in range(0, len(strength), max(1, round(_STEP * rate))):
        piece = padded[first : first + size] * np.hanning(size)
        piece = piece - piece.mean()
        spectrum = np.abs(np.fft.rfft(piece, 2 * size)) ** 2
        correlation = np.fft.irfft(spectrum)[:size]
        correlation = correlation / max(float(correlation[0]), 1e-9) * (size / np.arange(size, 0, -1)).clip(max=2)
        at = [np.interp(lags * multiple, np.arange(size), correlation) for multiple in (1, 2, 3)]
        rows.append(np.maximum(np.average(at, axis=0, weights=(3, 2, 1)), 0))
    return np.stack(rows)


def _blur(width: int) -> np.ndarray:
    window: np.ndarray = np.hanning(width + 2)[1:-1]
    blur: np.ndarray = window / window.sum()
    return blur


def _viterbi(table: np.ndarray) -> np.ndarray:
    """The state of each window: strong, and hardly changing from one to the next."""
    count = table.shape[1]
    distance = np.abs(np.arange(count)[:, None] - np.arange(count)[None])
    cost = np.minimum(_INERTIA * distance**2.0, _JUMP)
    scores, back = table[0] * 4, []
    for row in table[1:]:
        reached = scores[:, None] - cost
        back.append(reached.argmax(0))
        scores = reached.max(0) + row * 4
    states = [int(scores.argmax())]
    for choices in reversed(back):
        states.append(int(choices[states[-1]]))
    return np.array(states[::-1])


def _path(strength: np.ndarray, periods: np.ndarray) -> np.ndarray:
    """The frames of beats that are on onsets and about a period apart, by dynamic programming."""
    longest = int(periods.max() * 2)
    scores = np.zeros(len(strength) + longest)
    back = np.full(len(strength), -1)
    smooth = np.convolve(strength, _blur(3), "same")
    gaps = np.arange(longest, 0, -1)
    logarithms = np.log(gaps)
    for frame in range(len(strength)):
        period = periods[frame]
        first, last = longest - int(2 * period), longest - max(1, int(period / 2)) + 1
        cost = _TIGHTNESS * (logarithms[first:last] - np.log(period)) ** 2
        reached = scores[frame + first : frame + last] - cost
        best = int(reached.argmax())
        if reached[best] > 0:
            back[frame] = frame - gaps[first + best]
        scores[frame + longest] = smooth[frame] + max(float(reached[best]), 0.0)
    ends = scores[longest:]
    frame = len(ends) - int(periods[-1]) + int(ends[-int(periods[-1]) :].argmax())
    frames = []
    while frame >= 0:
        frames.append(frame)
        frame = int(back[frame])
    return _trimmed(np.array(frames[::-1]), smooth)


def _trimmed(frames: np.ndarray, strength: np.ndarray) -> np.ndarray:
    """Without the beats at both ends that nothing sounds on."""
    on = np.array([strength[max(0, frame - 3) : frame + 4].max() for frame in frames])
    loud = np.flatnonzero(on > 0.2 * np.sqrt((on**2).mean()))
    return frames[loud[0] : loud[-1] + 1] if len(loud) else frames[:0]


def _peak_strengths(strength: np.ndarray, rate: float) -> np.ndarray:
    """Strengths at the peaks and 0 elsewhere, as shares of a strong one."""
    near = max(1, round(_NEAR * rate))
    highest = np.max([np.roll(strength, shift) for shift in range(-near, near + 1)], axis=0)
    peaks = np.where((strength >= highest) & (strength > 0.1), strength, 0.0)
    strong = float(np.percentile(peaks[peaks > 0], 80)) if peaks.any() else 1.0
    shares: np.ndarray = np.minimum(peaks / strong, 1.0)
    return shares


def _fit(frames: np.ndarray, peaks: np.ndarray, rate: float) -> float:
    """How well beats and onsets explain each other, 0 to 1: beats on nothing count more than onsets between beats."""
    near = max(1, round(_NEAR * rate))
    on = np.array([peaks[max(0, frame - near) : frame + near + 1].max() for frame in frames])
    if not on.any():
        return 0.0
    precision, recall = float(on.mean()) ** 2, float(on.sum() / peaks.sum())
    weaker, stronger = sorted((float(on[::2].mean()), float(on[1::2].mean()) if len(on) > 1 else 0.0))
    evenness = _UNEVEN + (1 - _UNEVEN) * weaker / max(stronger, 1e-9)
    return evenness * 2 * precision * recall / (precision + recall)
