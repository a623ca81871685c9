"""Clothes can be seen: never one pale or one dark figure, and no dark suit on dark water."""

import pytest

from animatic.data.stage.looks import (
    CLEAR_CONTRAST,
    contrast,
    fill_wardrobe,
    hsv,
    is_dark,
    is_pale,
    shows_on_water,
    wished,
)
from animatic.data.stage.random_streams import Stream

WARDROBES = [
    fill_wardrobe(Stream(seed, "actor"), ("male", "female")[seed % 2], "young", "asian")
    for seed in range(300)
]


def test_shirt_and_trousers_can_be_told_apart():
    assert min(contrast(w.shirt, w.trousers) for w in WARDROBES) >= CLEAR_CONTRAST


def test_nobody_is_all_pale_or_all_dark():
    assert not any(is_pale(w.shirt) and is_pale(w.trousers) for w in WARDROBES)
    assert not any(is_dark(w.shirt) and is_dark(w.trousers) for w in WARDROBES)


def test_some_clothes_are_pale_and_some_are_dark():
    shirts = [w.shirt for w in WARDROBES]
    assert 0.05 < sum(map(is_pale, shirts)) / len(shirts) < 0.25
    assert 0.05 < sum(map(is_dark, shirts)) / len(shirts) < 0.25


def test_suits_for_the_water_are_never_dark_or_pale():
    assert min(max(w.suit) for w in WARDROBES) >= 0.5
    assert not any(is_pale(w.suit) for w in WARDROBES)


def test_women_keep_their_top_and_most_men_do_not():
    men, women = WARDROBES[0::2], WARDROBES[1::2]
    assert all(w.keeps_top for w in women)
    assert 0.1 < sum(w.keeps_top for w in men) / len(men) < 0.4


def test_every_colour_can_be_shown():
    for w in WARDROBES:
        for colour in (w.skin, w.hair, w.shirt, w.trousers, w.accent, w.suit, w.shoes, w.helmet):
            assert 0.0 <= min(colour) <= max(colour) <= 1.0


@pytest.mark.parametrize(
    ("hue", "colour"), [(0.0, (1, 0, 0)), (1 / 3, (0, 1, 0)), (2 / 3, (0, 0, 1)), (0.5, (0, 1, 1))]
)
def test_hues_run_from_red_over_green_and_blue(hue, colour):
    assert hsv(hue, 1.0, 1.0) == pytest.approx(colour)


def test_a_wish_picks_among_all_options():
    assert [wished((1.0, 2.0, 3.0), wish) for wish in (0.0, 0.5, 0.99)] == [1.0, 2.0, 3.0]


def test_suits_are_not_as_blue_as_the_sea():
    assert all(shows_on_water(w.suit) for w in WARDROBES)
    assert sum(w.suit == w.shirt for w in WARDROBES) > 0.3 * len(WARDROBES)
