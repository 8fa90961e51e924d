from __future__ import annotations

import sys

import numpy as np
import pytest

from dreamer.errors import SoundError
from dreamer.sound import spectra as room
from dreamer.sound.spectra import spectra, timbre
from tests.sound.songs import band, steady, tone

pytestmark = pytest.mark.librosa


def test_in_blocks_as_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    samples = band(steady(120, 6), 6)
    whole = spectra(samples)
    shares: list[float] = []
    monkeypatch.setattr(room, "_BLOCK", 200)
    blocks = spectra(samples, shares.append)
    assert blocks.mel == pytest.approx(whole.mel, abs=1e-3)
    for name, power in whole.powers.items():
        assert blocks.powers[name] == pytest.approx(power, rel=1e-3, abs=1e-3), name
    assert shares == sorted(shares)
    assert shares[-1] == 1
    assert len(shares) == 3


def test_timbre_tells_sounds_apart() -> None:
    mel = spectra(np.concatenate([tone(200, 2), tone(3000, 2)])).mel
    coefficients = timbre(mel)
    assert coefficients.shape == (13, mel.shape[1])
    assert abs(coefficients[1, 50] - coefficients[1, -50]) > 10


def test_without_librosa_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "librosa", None)
    with pytest.raises(SoundError, match="needs librosa") as caught:
        spectra(tone(200, 0.1))
    assert "dreamer[sound]" in str(caught.value)
