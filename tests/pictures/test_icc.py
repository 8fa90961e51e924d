from __future__ import annotations

import io
import struct

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image, ImageCms

from dreamer.pictures.icc import OtherProfile, parse_profile, primaries_of, srgb_light, srgb_profile, srgb_values
from tests.pictures.profiles import ADOBE_RGB, DISPLAY_P3, GAMMA, SRGB_CURVE, profile

TABLE = b"curv\0\0\0\0" + struct.pack(">I33H", 33, *(round((n / 32) ** 1.8 * 65535) for n in range(33))) + b"\0\0"
CURVES = {
    "a gamma": GAMMA,
    "the curve of sRGB": SRGB_CURVE,
    "a table": TABLE,
    "a straight line": b"curv" + bytes(8),
    "a parametric gamma": b"para" + bytes(8) + struct.pack(">i", 2 << 16),
    "a gamma with a flat foot": b"para\0\0\0\0\0\1\0\0" + struct.pack(">3i", 2 << 16, 68000, -2464),
    "a lifted gamma": b"para\0\0\0\0\0\2\0\0" + struct.pack(">4i", 2 << 16, 65000, 0, 500),
    "a curve with a foot": b"para\0\0\0\0\0\4\0\0" + struct.pack(">7i", 150000, 62000, 3500, 5000, 2600, 30, 20),
}


@pytest.mark.parametrize("name", CURVES)
def test_light_is_that_of_little_cms(name: str) -> None:
    data = profile(DISPLAY_P3, CURVES[name])
    values = np.random.default_rng(0).integers(30, 256, (64, 64, 3), np.uint8)
    own = parse_profile(data)
    srgb = parse_profile(srgb_profile())
    light = own.decoded(values.astype(np.float32) / 255) @ own.matrix_to(srgb).T
    inside = ((light > 0.001) & (light < 0.999)).all(-1)
    theirs = ImageCms.profileToProfile(
        Image.fromarray(values),
        ImageCms.ImageCmsProfile(io.BytesIO(data)),
        ImageCms.createProfile("sRGB"),
        renderingIntent=ImageCms.Intent.RELATIVE_COLORIMETRIC,
    )
    assert theirs is not None and inside.mean() > 0.2
    assert np.abs(srgb_values(light) * 255 - np.asarray(theirs))[inside].max() < 1.6


@pytest.mark.parametrize("name", CURVES)
def test_values_come_back_from_light(name: str) -> None:
    own = parse_profile(profile(ADOBE_RGB, CURVES[name]))
    values = np.repeat(np.linspace(0.05, 1, 200, dtype=np.float32)[:, None], 3, 1)
    assert np.abs(own.encoded(own.decoded(values)) - values).max() < 2e-4


def test_the_curve_of_srgb_goes_on_beyond_its_ends() -> None:
    values = np.linspace(-1, 2, 301, dtype=np.float32)
    assert np.abs(srgb_values(srgb_light(values)) - values).max() < 1e-5
    assert np.all(np.diff(srgb_light(values)) > 0)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"no profile" * 30,
        profile(DISPLAY_P3, GAMMA)[:300],
        profile(DISPLAY_P3, b"curv\0\0\0\0\0\0\0\x09\0\0"),
        profile(DISPLAY_P3, b"curv\0\0\0\0\0\0\0\2\0\x09\0\1"),
        profile(DISPLAY_P3, b"strange"),
        profile((DISPLAY_P3[0],) * 3, GAMMA),
        profile(DISPLAY_P3, GAMMA, A2B0=b"mft2"),
    ],
)
def test_what_is_not_made_of_primaries_and_curves_is_refused(data: bytes) -> None:
    with pytest.raises(OtherProfile):
        parse_profile(data)
    assert primaries_of(data) is None


@given(st.integers(0, 480), st.binary(min_size=1, max_size=8))
def test_a_damaged_profile_is_read_or_refused(place: int, damage: bytes) -> None:
    data = profile(DISPLAY_P3, SRGB_CURVE)
    primaries_of(data[:place] + damage + data[place + len(damage) :])


def test_the_profile_of_outputs_is_always_the_same() -> None:
    made = srgb_profile()
    srgb_profile.cache_clear()
    assert srgb_profile() == made
    assert made[24:36] == bytes.fromhex("07df 0006 0011 0000 0000 0000")
