"""Songs that tests synthesize, so that what is heard can be held against what was written."""

from __future__ import annotations

import wave
from collections.abc import Iterable
from pathlib import Path

import numpy as np

from dreamer.sound.decode import RATE


def silence(seconds: float) -> np.ndarray:
    return np.zeros(round(seconds * RATE), np.float32)


def tone(frequency: float, seconds: float, volume: float = 0.5) -> np.ndarray:
    time = np.arange(round(seconds * RATE)) / RATE
    return (volume * np.sin(2 * np.pi * frequency * time)).astype(np.float32)


def click(frequency: float = 1000.0, volume: float = 0.8, length: float = 0.03) -> np.ndarray:
    """A tone that dies away."""
    time = np.arange(round(4 * length * RATE)) / RATE
    return (volume * np.sin(2 * np.pi * frequency * time) * np.exp(-time / length)).astype(np.float32)


def hat(volume: float = 0.3) -> np.ndarray:
    """Noise that dies away."""
    noise = np.random.default_rng(3).standard_normal(round(0.05 * RATE))
    return (volume * noise * np.exp(-np.arange(len(noise)) / RATE / 0.01)).astype(np.float32)


def at(times: Iterable[float], sound: np.ndarray, seconds: float) -> np.ndarray:
    """The sound at each of those times."""
    samples = silence(seconds)
    for time in times:
        first = round(time * RATE)
        end = min(first + len(sound), len(samples))
        if 0 <= first < end:
            samples[first:end] += sound[: end - first]
    return samples


def steady(bpm: float, seconds: float, first: float = 0.5) -> np.ndarray:
    """Times of beats."""
    return np.arange(first, seconds - 0.1, 60 / bpm)


def wandering(low: float, high: float, seconds: float, swing: float = 20.0) -> np.ndarray:
    """Times of beats whose tempo goes from `low` to `high` and back every `swing` seconds."""
    times, time = [], 0.5
    while time < seconds - 0.1:
        times.append(time)
        time += 60 / (low + (high - low) * (0.5 - 0.5 * np.cos(2 * np.pi * time / swing)))
    return np.array(times)


def band(beats: np.ndarray, seconds: float, *, meter: int = 4, off_beats: bool = True) -> np.ndarray:
    """A kick on every beat and a low bass note at each bar, a hat between the beats, and a chord that changes a bar."""
    samples = at(beats, click(60, 0.7, 0.06), seconds)
    samples += at(beats[::meter], click(90, 0.6, 0.15), seconds)
    if off_beats:
        samples += at((beats[1:] + beats[:-1]) / 2, hat(), seconds)
    for number, (begin, end) in enumerate(zip(beats[::meter], [*beats[meter::meter], seconds], strict=False)):
        chord = [(261.6, 329.6, 392.0), (349.2, 440.0, 523.3)][number % 2]
        samples += at([begin], sum(tone(note, end - begin, 0.08) for note in chord), seconds)
    return samples


def f_measure(found: Iterable[float], truth: Iterable[float], tolerance: float = 0.07) -> float:
    """The harmonic mean of precision and recall; each beat counts once."""
    left = sorted(found)
    wanted = sorted(truth)
    hits, first = 0, 0
    for time in wanted:
        while first < len(left) and left[first] < time - tolerance:
            first += 1
        if first < len(left) and left[first] <= time + tolerance:
            hits, first = hits + 1, first + 1
    return 2 * hits / max(len(left) + len(wanted), 1)


def save(path: Path, samples: np.ndarray) -> Path:
    """Write samples as a WAV file."""
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(RATE)
        file.writeframes((np.clip(samples, -1, 1) * 32767).astype("<i2").tobytes())
    return path
