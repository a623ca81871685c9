"""The polynomials stay as near to the functions as they promise."""

import math

import numpy as np
import pytest

from animatic.data.stage.kernels import polynomials

ANGLES = np.linspace(-40.0, 40.0, 801).tolist()


@pytest.mark.parametrize(
    ("ours", "theirs"), [(polynomials.sine, math.sin), (polynomials.cosine, math.cos)]
)
def test_waves_stay_within_two_thousandths(ours, theirs):
    assert max(abs(ours(x) - theirs(x)) for x in ANGLES) < 0.002


def test_decay_stays_within_a_thousandth():
    assert max(abs(polynomials.decay(x) - math.exp(-x)) for x in np.linspace(0, 30, 601)) < 0.001


def test_angles_stay_within_four_ten_thousandths():
    points = [(math.sin(x) * 3.0, math.cos(x) * 3.0) for x in ANGLES]
    assert max(abs(polynomials.angle_of(y, x) - math.atan2(y, x)) for y, x in points) < 0.0004


def test_floor_and_fraction_agree_with_the_library_below_zero_too():
    for x in (-2.0, -1.75, -0.25, 0.0, 0.25, 1.0, 7.5):
        assert polynomials.floor(x) == math.floor(x)
        assert polynomials.fraction(x) == x - math.floor(x)


@pytest.mark.parametrize(
    ("x", "count"), [(0.1, 0.0), (1.5, 0.0), (2.0, 1.0), (8.0, 3.0), (1e9, 7.0)]
)
def test_halvings_count_up_to_seven(x, count):
    assert polynomials.halvings(x) == count


def test_scattered_numbers_look_uniform_and_depend_on_both_integers():
    drawn = np.array([polynomials.scattered(i, 3) for i in range(-2000, 2000)])
    assert drawn.min() >= 0.0
    assert drawn.max() < 1.0
    assert abs(drawn.mean() - 0.5) < 0.02
    assert polynomials.scattered(5, 3) != polynomials.scattered(5, 4)
