"""A score passes through its keys, repeats with its stride, and does not overshoot."""

import numpy as np
import pytest

from animatic.data.stage.score import Score

TIMES = np.array((0.0, 0.3, 0.5, 1.0))
KEYS = np.array(((0.0, 1.0), (0.0, 2.0), (1.0, 0.0), (1.5, 1.0)))


@pytest.fixture
def score():
    return Score(TIMES, KEYS)


@pytest.mark.parametrize("row", range(3))
def test_a_score_passes_through_its_keys(score, row):
    np.testing.assert_allclose(score.at(TIMES[row]), KEYS[row], atol=1e-12)


def test_each_round_is_a_stride_further_on(score):
    np.testing.assert_allclose(score.at(2.4), score.at(0.4) + 2 * np.array((1.5, 0.0)), atol=1e-9)
    np.testing.assert_allclose(score.at(-0.7), score.at(0.3) - np.array((1.5, 0.0)), atol=1e-9)


def test_a_column_that_stands_still_between_keys_stays_still(score):
    assert all(score.at(t)[0] == pytest.approx(0.0) for t in np.linspace(0, 0.3, 7))


def test_a_score_never_overshoots_its_keys(score):
    values = np.array([score.at(t) for t in np.linspace(0, 0.999, 200)])
    assert values[:, 1].max() <= 2.0 + 1e-9
    assert values[:, 1].min() >= -1e-9


def test_a_score_is_smooth_across_rounds(score):
    step = 1e-5
    before = (score.at(1.0 - step) - score.at(1.0 - 2 * step)) / step
    after = (score.at(1.0 + 2 * step) - score.at(1.0 + step)) / step
    np.testing.assert_allclose(before, after, atol=1e-2)
