from __future__ import annotations

import numpy as np
import pytest

from dreamer.drawing.color_scales import DIVERGING, GRAY, HEAT, ColorScale, gray_scale, heat_scale


def test_what_is_never_below_zero_rises_from_dark_to_light() -> None:
    scale = heat_scale(np.array([[0.0, 1.0], [2.0, 4.0]]))
    assert (scale.low, scale.high, scale.clipped) == (0.0, 4.0, False)
    lightness = scale.colors(np.linspace(0, 4, 9)).sum(-1)
    assert (np.diff(lightness) > 0).all()


def test_zero_is_neutral_and_the_sign_chooses_blue_or_red() -> None:
    scale = heat_scale(np.array([-0.5, 2.0]))
    assert (scale.low, scale.high) == (-2.0, 2.0)
    below, zero, above = scale.colors(np.array([-1.0, 0.0, 1.0]))
    assert np.ptp(zero) < 0.01 and below[2] > below[0] + 0.2 and above[0] > above[2] + 0.2


def test_strong_outliers_are_clipped_and_told() -> None:
    values = np.append(np.linspace(0, 1, 999), 100)
    assert heat_scale(values).high == 100
    scale = heat_scale(values, share=0.995)
    assert scale.high < 1.1 and scale.clipped
    assert np.array_equal(scale.colors(np.array(100.0)), scale.colors(np.array(scale.high)))


@pytest.mark.parametrize("make", [heat_scale, gray_scale])
def test_a_map_of_zeros_has_a_scale(make: type[ColorScale]) -> None:
    scale = make(np.zeros((3, 3)))  # type: ignore[call-arg,arg-type]
    assert scale.high == 1.0 and np.isfinite(scale.colors(np.zeros((3, 3)))).all()


def test_rare_values_are_seen_where_the_share_alone_would_be_zero() -> None:
    assert heat_scale(np.append(np.zeros(999), 3.0), share=0.9).high == 3.0


@pytest.mark.parametrize("colormap", [HEAT, DIVERGING])
def test_the_photo_shows_through_where_nothing_is(colormap: object) -> None:
    scale = heat_scale(np.array([1.0]), signed=colormap is DIVERGING, over_photo=True)
    dark, light = scale.colors(np.zeros(2), np.array([0.1, 0.9]))
    assert (light > dark + 0.3).all()
    hot = scale.colors(np.ones(2), np.array([0.1, 0.9]))
    assert np.abs(hot[1] - hot[0]).max() < np.abs(light - dark).max() + 0.1


def test_signed_pictures_are_gray_at_zero() -> None:
    scale = gray_scale(np.array([-1.0, 0.25]))
    assert scale.colormap is GRAY and scale.colors(np.array(0.0)).tolist() == [0.5, 0.5, 0.5]
