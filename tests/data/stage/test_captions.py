"""Captions say what the clip shows, in different words, and nothing that it does not show."""

from dataclasses import dataclass, field
from itertools import product

import pytest

from animatic.data.stage.captions import canonical, captions
from animatic.data.stage.phrases import (
    ACTION_PHRASES,
    COLOURS,
    LIGHT_PHRASES,
    PERSON_PHRASES,
    SCENE_PHRASES,
    SNOWFALL_PHRASES,
    present,
)

PAIRS = tuple(product(ACTION_PHRASES, SCENE_PHRASES))
COLOUR_WORDS = {name for name, _ in COLOURS}


@dataclass
class Somebody:
    gender: str = "male"
    age: str = "young"
    shirt_colour: tuple[float, float, float] | None = (0.8, 0.1, 0.1)


@dataclass
class Sight:
    action: str = "golf"
    scene: str = "beach"
    light: str = "clear"
    appearance: Somebody = field(default_factory=Somebody)
    snowfall: bool = False
    indoor: bool = False


def many(facts, num_seeds=25, num=8):
    return [text for seed in range(num_seeds) for text in captions(facts, seed, num)]


def says(texts, phrases):
    return [text for text in texts if any(phrase in text for phrase in phrases)]


@pytest.mark.parametrize(
    ("action", "scene", "expected"),
    [
        ("golf", "grass", "playing golf on grass"),
        ("golf", "pool", "playing golf in the pool"),
        ("sailing", "snow", "sailing in snow"),
        ("swimming", "pool", "swimming in the pool"),
    ],
)
def test_the_first_caption_is_the_canonical_one(action, scene, expected):
    assert canonical(action, scene) == expected
    assert captions(Sight(action, scene), seed=3)[0] == expected


@pytest.mark.parametrize(("action", "scene"), PAIRS)
def test_every_caption_names_the_action_and_the_scene(action, scene):
    verbs = [form for phrase in ACTION_PHRASES[action] for form in (phrase, present(phrase))]
    texts = many(Sight(action, scene), num_seeds=2)
    assert says(texts, verbs) == texts
    assert says(texts, SCENE_PHRASES[scene]) == texts


def test_captions_of_a_clip_differ_and_can_be_had_again():
    first = captions(Sight(), seed=5, num=20)
    assert len(set(first)) == 20
    assert captions(Sight(), seed=5, num=20) == first
    assert captions(Sight(), seed=6, num=20) != first


def test_more_captions_begin_with_the_same_ones():
    assert captions(Sight(), seed=5, num=12)[:4] == captions(Sight(), seed=5)


def test_a_shirt_is_called_by_its_colour():
    assert {word for text in many(Sight()) for word in text.split()} & COLOUR_WORDS == {"red"}


def test_no_colour_is_named_without_a_shirt():
    texts = many(Sight(light="clear", appearance=Somebody(shirt_colour=None)))
    assert not {word for text in texts for word in text.split()} & COLOUR_WORDS


@pytest.mark.parametrize(("light", "phrases"), LIGHT_PHRASES.items())
def test_the_light_is_named_truly_and_only_outdoors(light, phrases):
    others = [text for kind, texts in LIGHT_PHRASES.items() if kind != light for text in texts]
    assert says(many(Sight(light=light)), phrases)
    assert not says(many(Sight(light=light)), others)
    assert not says(many(Sight(light=light, indoor=True)), phrases)


def test_snowfall_is_named_only_when_snow_falls():
    assert says(many(Sight(scene="snow", snowfall=True)), SNOWFALL_PHRASES)
    assert not says(many(Sight(scene="snow")), SNOWFALL_PHRASES)


@pytest.mark.parametrize(("gender", "age"), PERSON_PHRASES)
def test_people_are_called_what_they_are(gender, age):
    somebody = Somebody(gender, age)
    texts = set(many(Sight(appearance=somebody)))
    assert says(texts, PERSON_PHRASES[gender, age])
    wrong = {"male": (" woman", " girl"), "female": (" man", " boy")}[gender]
    assert not says({f" {text}" for text in texts}, wrong)


def test_every_phrase_is_used():
    texts = many(Sight("biking", "beach"), num_seeds=100)
    for phrase in (*ACTION_PHRASES["biking"], *SCENE_PHRASES["beach"]):
        assert says(texts, [phrase])
