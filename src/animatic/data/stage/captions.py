"""Sentences that are true of a clip: a canonical one, then paraphrases."""

from typing import Protocol, runtime_checkable

from animatic.data.stage.phrases import (
    ACTION_PHRASES,
    CLOTHES_PHRASES,
    LIGHT_PHRASES,
    PERSON_PHRASES,
    SCENE_PHRASES,
    SNOWFALL_PHRASES,
    colour_name,
    present,
)
from animatic.data.stage.random_streams import Stream

MOST_CAPTIONS = 64
"""More would make some clips repeat themselves."""

_LIGHT_SHARE, _SNOWFALL_SHARE = 0.35, 0.4
_FORMS = (
    *("{action} {scene}",) * 5,
    *("{person} is {action} {scene}",) * 4,
    *("{person} {action} {scene}",) * 3,
    *("{person} {acts} {scene}",) * 3,
    *("{scene}, {person} is {action}",) * 2,
    "{scene}, {person} {acts}",
    "{scene}, {action}",
)


@runtime_checkable
class Wearer(Protocol):
    """What a caption can say of a person."""

    @property
    def gender(self) -> str:
        """Either "male" or "female"."""
        ...

    @property
    def age(self) -> str:
        """One of "young", "old" and "child"."""
        ...

    @property
    def shirt_colour(self) -> tuple[float, float, float] | None:
        """Red, green and blue from 0 to 1; None where no shirt is worn."""
        ...


@runtime_checkable
class Scenery(Protocol):
    """What a caption can say of a clip; `clip.Facts` is one."""

    @property
    def action(self) -> str:
        """A key of `ACTION_PHRASES`."""
        ...

    @property
    def scene(self) -> str:
        """A key of `SCENE_PHRASES`."""
        ...

    @property
    def light(self) -> str:
        """A key of `LIGHT_PHRASES`."""
        ...

    @property
    def appearance(self) -> Wearer:
        """The person."""
        ...

    @property
    def snowfall(self) -> bool:
        """Whether snow is falling."""
        ...

    @property
    def indoor(self) -> bool:
        """Whether a roof shuts the daylight out."""
        ...


def canonical(action: str, scene: str) -> str:
    """Return the plain caption, such as "playing golf in the pool"."""
    return f"{ACTION_PHRASES[action][0]} {SCENE_PHRASES[scene][0]}"


def captions(facts: Scenery, seed: int, num: int = 4) -> tuple[str, ...]:
    """Return different captions of a clip, the canonical one first.

    Args:
        facts: what the clip shows.
        seed: the clip's; the same facts and seed give the same captions.
        num: how many, at most `MOST_CAPTIONS`.
    """
    assert 1 <= num <= MOST_CAPTIONS, num
    stream = Stream(seed, "caption")
    found = {canonical(facts.action, facts.scene): None}
    while len(found) < num:
        found[_paraphrase(facts, stream)] = None
    return tuple(found)


def _paraphrase(facts: Scenery, stream: Stream) -> str:
    action = stream.choice(ACTION_PHRASES[facts.action])
    scene = stream.choice(SCENE_PHRASES[facts.scene])
    person = _person(facts.appearance, stream)
    sentence = stream.choice(_FORMS).format(
        action=action, acts=present(action), scene=scene, person=person
    )
    return sentence + _weather(facts, stream)


def _person(wearer: Wearer, stream: Stream) -> str:
    person = stream.choice(PERSON_PHRASES[wearer.gender, wearer.age])
    clothes = stream.choice(CLOTHES_PHRASES)
    if not stream.chance(0.3) or wearer.shirt_colour is None:
        return person
    return f"{person} {clothes.format(colour_name(wearer.shirt_colour))}"


def _weather(facts: Scenery, stream: Stream) -> str:
    """Say that snow falls, or else how light it is, or neither."""
    if facts.snowfall and stream.chance(_SNOWFALL_SHARE):
        return f" {stream.choice(SNOWFALL_PHRASES)}"
    if not facts.indoor and stream.chance(_LIGHT_SHARE):
        return f" {stream.choice(LIGHT_PHRASES[facts.light])}"
    return ""
