"""Streams are known, uniform, and independent of one another."""

import numpy as np
import pytest

from animatic.data.stage.random_streams import Stream, _hashed, _mixed


def test_the_mixer_is_splitmix64():
    # The published generator starts at seed 0 by adding its step, then mixes.
    assert _mixed(0x9E3779B97F4A7C15) == 0xE220A8397B1DCDAF


def test_the_name_hash_is_fnv_1a():
    assert _hashed("") == 0xCBF29CE484222325
    assert _hashed("a") == 0xAF63DC4C8601EC8C


def test_a_stream_draws_the_numbers_it_always_drew():
    stream = Stream(7, "scene")
    drawn = [stream.uniform(), stream.uniform(-2.0, 2.0), stream.integer(1000)]
    assert drawn == [0.981427796196309, 0.4617844856122839, 798]


def test_many_numbers_are_the_single_ones_in_order():
    one_by_one = Stream(3, "camera")
    np.testing.assert_array_equal(
        Stream(3, "camera").uniforms(5), [one_by_one.uniform() for _ in range(5)]
    )


@pytest.mark.parametrize("other", [Stream(12, "light"), Stream(11, "lights"), Stream(-11, "light")])
def test_another_seed_or_factor_draws_unrelated_numbers(other):
    mine, theirs = Stream(11, "light").uniforms(2000), other.uniforms(2000)
    assert not np.isin(mine, theirs).any()
    assert abs(np.corrcoef(mine, theirs)[0, 1]) < 0.08


def test_numbers_are_uniform():
    drawn = Stream(5, "actor").uniforms(20_000)
    counts = np.histogram(drawn, bins=20, range=(0, 1))[0]
    chi_square = ((counts - 1000) ** 2 / 1000).sum()
    assert chi_square < 45  # 19 degrees of freedom: one seed in 1400 exceeds it
    assert abs(np.corrcoef(drawn[:-1], drawn[1:])[0, 1]) < 0.03


def test_neighbouring_seeds_have_uniform_first_numbers():
    drawn = np.array([Stream(seed, "action").uniform() for seed in range(4000)])
    assert abs(drawn.mean() - 0.5) < 0.02
    assert abs(np.corrcoef(drawn[:-1], drawn[1:])[0, 1]) < 0.06


def test_choices_are_as_likely_as_they_should_be():
    stream = Stream(1, "action")
    picked = [stream.choice("abc") for _ in range(3000)]
    assert all(900 < picked.count(letter) < 1100 for letter in "abc")
    assert 650 < sum(stream.chance(0.25) for _ in range(3000)) < 850
    assert {stream.integer(4) for _ in range(200)} == {0, 1, 2, 3}
