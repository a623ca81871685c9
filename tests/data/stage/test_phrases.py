"""The tables name every action and scene once, and their words bend into sentences."""

from itertools import chain

import pytest

from animatic.data.stage import SCENES
from animatic.data.stage.phrases import (
    ACTION_PHRASES,
    COLOURS,
    LIGHT_PHRASES,
    PERSON_PHRASES,
    SCENE_PHRASES,
    colour_name,
    present,
)


def test_every_scene_has_phrases():
    assert set(SCENE_PHRASES) == set(SCENES)


def test_every_action_has_phrases_in_the_order_of_labels():
    performance = pytest.importorskip("animatic.data.stage.performance")
    assert tuple(ACTION_PHRASES) == tuple(performance.ACTIONS)


@pytest.mark.parametrize("table", [ACTION_PHRASES, SCENE_PHRASES, LIGHT_PHRASES])
def test_no_phrase_means_two_things(table):
    phrases = list(chain.from_iterable(table.values()))
    assert len(phrases) == len(set(phrases))


def test_every_gender_and_age_has_words():
    assert set(PERSON_PHRASES) == {
        (gender, age) for gender in ("male", "female") for age in ("young", "old", "child")
    }


@pytest.mark.parametrize(
    ("phrase", "expected"),
    [
        ("playing golf", "plays golf"),
        ("water skiing", "goes water skiing"),
        ("being towed on water skis", "is being towed on water skis"),
        ("out running", "is out running"),
    ],
)
def test_phrases_turn_into_the_present_tense(phrase, expected):
    assert present(phrase) == expected


@pytest.mark.parametrize(("name", "example"), COLOURS)
def test_an_example_of_a_colour_has_its_name(name, example):
    assert colour_name(example) == name


def test_a_shade_of_a_colour_keeps_its_name():
    assert colour_name((0.7, 0.1, 0.2)) == "red"
    assert colour_name((0.1, 0.2, 0.6)) == "blue"
