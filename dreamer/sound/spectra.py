"""What librosa hears in samples: spectra, onsets, and what they are made of. Nothing else imports librosa."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from types import ModuleType

import numpy as np

from dreamer.errors import SoundError
from dreamer.sound.decode import RATE

HOP = 256
FRAMES_PER_SECOND = RATE / HOP
BANDS = {"bass": (20.0, 200.0), "mid": (200.0, 2000.0), "treble": (2000.0, RATE / 2)}
_WINDOW, _SHORT_WINDOW = 2048, 1024
# Long songs go through in blocks: the spectra of an hour would fill the memory.
_BLOCK, _MARGIN = 4096, 64
_MEL = 80
# What lasts for so many pairs of frames is a tone, what fills so many bins a hit.
_TONE, _HIT = 17, 25
_LOWEST_PITCH, _PITCHES, _OVERTONES = 65.4, 61, 5  # from C2, five octaves of semitones


@dataclass(frozen=True)
class Spectra:
    """Of N frames, `FRAMES_PER_SECOND` a second, each by its middle.

    `powers`: (N,) each, by name; `centroid` and `pitch`: octaves above 1 Hz, (N,); `mel`: (80, N) power in mel bands by
    short windows, which are exact in time; `chroma`: (12, N).
    """

    powers: dict[str, np.ndarray]
    centroid: np.ndarray
    pitch: np.ndarray
    mel: np.ndarray
    chroma: np.ndarray


def load_librosa() -> ModuleType:
    """librosa. Raises SoundError where it is not installed."""
    try:
        import librosa
    except ImportError as error:
        remedy = "Install it: pip install 'dreamer[sound]'."
        raise SoundError("hearing a song needs librosa, which is not installed", remedy=remedy) from error
    module: ModuleType = librosa
    return module


def spectra(samples: np.ndarray, progress: Callable[[float], None] = lambda share: None) -> Spectra:
    """Everything that curves and beats are computed from. `samples`: (N,) float32, `RATE` a second.

    `progress` is called with the share that is done.
    """
    count = len(samples) // HOP + 1
    blocks = []
    for first in range(0, count, _BLOCK):
        blocks.append(_block(samples, first, min(first + _BLOCK, count)))
        progress(min(first + _BLOCK, count) / count)
    return Spectra(
        {name: np.concatenate([block.powers[name] for block in blocks]) for name in blocks[0].powers},
        np.concatenate([block.centroid for block in blocks]),
        np.concatenate([block.pitch for block in blocks]),
        np.concatenate([block.mel for block in blocks], axis=1),
        np.concatenate([block.chroma for block in blocks], axis=1),
    )


def mel_power(samples: np.ndarray) -> np.ndarray:
    """(80, N) float32: the power in mel bands by short windows, `FRAMES_PER_SECOND` a second."""
    librosa = load_librosa()
    short = np.abs(_padded_stft(librosa, samples, _SHORT_WINDOW)) ** 2
    filters = librosa.filters.mel(sr=RATE, n_fft=_SHORT_WINDOW, n_mels=_MEL, fmin=20)
    mel: np.ndarray = (filters @ short).astype(np.float32)
    return mel


def onset_strengths(mel: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """How much begins at each frame, (N,) of 0 and more: what is heard, how loud it is, and that of the bass alone.

    Rises of mel bands over two frames, with vibrato held back: Böck & Widmer 2013, "Maximum filter vibrato suppression
    for onset detection". The low bands are few, and count as much as all together.
    """
    librosa = load_librosa()
    power = mel / max(float(mel.max()), 1e-10)
    low = int(np.searchsorted(librosa.mel_frequencies(_MEL, fmin=20, fmax=RATE / 2), BANDS["bass"][1]))

    def rises(bands: np.ndarray) -> np.ndarray:
        strength: np.ndarray = librosa.onset.onset_strength(
            S=bands, sr=RATE, hop_length=HOP, lag=2, max_size=3, center=False
        )
        # A rise over two frames is largest as the beginning passes through the middle of the window.
        return _scaled(np.append(strength[1:], 0.0))

    heard, loud = power**0.25, power**0.5
    bass = rises(loud[:low])
    return rises(heard) + rises(heard[:low]), rises(loud) + bass, bass


def _scaled(values: np.ndarray) -> np.ndarray:
    deviation = float(values.std())
    return values / deviation if deviation > 1e-9 else np.zeros_like(values)


def timbre(mel: np.ndarray) -> np.ndarray:
    """(13, N) cepstral coefficients of mel bands."""
    librosa = load_librosa()
    coefficients: np.ndarray = librosa.feature.mfcc(S=librosa.power_to_db(mel, top_db=60), n_mfcc=13)
    return coefficients


def _block(samples: np.ndarray, first: int, last: int) -> Spectra:
    """Frames `first` to `last`, computed with a margin on both sides, so that blocks fit together."""
    librosa = load_librosa()
    margin = min(first, _MARGIN)
    piece = samples[(first - margin) * HOP : (last + _MARGIN) * HOP]
    kept = slice(margin, margin + last - first)
    spectrum = np.abs(_padded_stft(librosa, piece, _WINDOW))
    magnitude = spectrum[:, kept]
    harmonic, percussive = (magnitude * mask[:, kept] for mask in _masks(librosa, spectrum))
    power = magnitude**2
    frequencies = librosa.fft_frequencies(sr=RATE, n_fft=_WINDOW)
    parts = {name: power[(frequencies >= low) & (frequencies < high)] for name, (low, high) in BANDS.items()}
    parts |= {"loud": power, "percussive": percussive**2, "harmonic": harmonic**2}
    return Spectra(
        {name: part.sum(0) for name, part in parts.items()},
        _centroid(magnitude, frequencies),
        _pitch(harmonic, frequencies),
        mel_power(piece)[:, kept],
        librosa.feature.chroma_stft(S=harmonic**2, sr=RATE, n_fft=_WINDOW, tuning=0.0, norm=None),
    )


def _masks(librosa: ModuleType, spectrum: np.ndarray) -> Iterator[np.ndarray]:
    """Which share of each value is harmonic, and which percussive, by every second frame.

    Fitzgerald 2010, "Harmonic/percussive separation using median filtering".
    """
    for mask in librosa.decompose.hpss(spectrum[:, ::2], kernel_size=(_TONE, _HIT), mask=True):
        yield np.repeat(mask, 2, axis=1)


def _padded_stft(librosa: ModuleType, samples: np.ndarray, window: int) -> np.ndarray:
    """The spectrum of each frame; what is shorter than a window is filled up with silence."""
    missing = max(0, window - len(samples))
    result: np.ndarray = librosa.stft(np.pad(samples, (0, missing)), n_fft=window, hop_length=HOP)
    return result


def _centroid(magnitude: np.ndarray, frequencies: np.ndarray) -> np.ndarray:
    total = magnitude.sum(0)
    center = (magnitude * frequencies[:, None]).sum(0) / np.maximum(total, 1e-9)
    centroid: np.ndarray = np.log2(np.maximum(center, 1.0))
    return centroid


def _pitch(magnitude: np.ndarray, frequencies: np.ndarray) -> np.ndarray:
    """The semitone whose overtones are strongest, in octaves above 1 Hz."""
    pitches = _LOWEST_PITCH * 2 ** (np.arange(_PITCHES) / 12)
    strength = np.zeros((_PITCHES, magnitude.shape[1]))
    for overtone in range(1, _OVERTONES + 1):
        bins = np.rint(pitches * overtone / frequencies[1]).astype(int)
        strength += 0.8 ** (overtone - 1) * magnitude[np.minimum(bins, len(frequencies) - 1)]
    pitch: np.ndarray = np.log2(pitches[strength.argmax(0)])
    return pitch
