"""Which clips are rendered, with which seeds, and which of them training may see.

Sixteen pairs of an action and a scene never appear in training, so that a model's clips of them
show whether it composes. Plausible pairs mostly stay in training.
"""

from dataclasses import dataclass
from itertools import product
from typing import Literal, get_args

from animatic.data.stage.phrases import ACTION_PHRASES, SCENE_PHRASES
from animatic.data.stage.random_streams import Stream
from animatic.errors import UserError

Pair = tuple[str, str]
"""An action and a scene."""

Split = Literal["train", "validation", "heldout", "counterfactual"]
SPLITS: tuple[Split, ...] = get_args(Split)

HELD_OUT: frozenset[Pair] = frozenset(
    {
        ("golf", "pool"),
        ("football", "pool"),
        ("sailing", "snow"),
        ("kitesurfing", "snow"),
        ("swimming", "grass"),
        ("waterskiing", "grass"),
        ("juggling", "forest"),
        ("backflip", "forest"),
        ("skiing", "beach"),
        ("hockey", "beach"),
        ("biking", "sea"),
        ("walking", "sea"),
        ("jogging", "ice"),
        ("cartwheel", "ice"),
        ("surfing", "desert"),
        ("dancing", "desert"),
    }
)
"""Every action once and every scene twice."""

PAIRS: tuple[Pair, ...] = tuple(product(ACTION_PHRASES, SCENE_PHRASES))
SEEN: tuple[Pair, ...] = tuple(pair for pair in PAIRS if pair not in HELD_OUT)

HELD_OUT_EVERY = 25
"""One clip in so many shows a held-out pair: 4%."""

VALIDATION_EVERY = 20
"""One clip in so many of each seen pair is kept from training."""

COUNTERFACTUAL_SEED = 1 << 32
"""Where the seeds of counterfactual pairs begin: beyond those of any plan."""


@dataclass(frozen=True)
class Job:
    """One clip to render; the key is its name in its data set."""

    key: str
    seed: int
    action: str
    scene: str
    split: Split


def plan(num_clips: int, first_seed: int = 0) -> list[Job]:
    """Return the clips of a data set; a larger plan begins with the smaller one.

    Args:
        num_clips: how many; every pair of a kind gets the same number, or one more.
        first_seed: seed of the first clip; the others follow.

    Raises:
        UserError: if there is nothing to render, or seeds would run into the counterfactuals'.
    """
    if num_clips < 1:
        raise UserError(f"{num_clips} clips were asked for; give 1 or more")
    if not 0 <= first_seed <= COUNTERFACTUAL_SEED - num_clips:
        raise UserError(
            f"the first seed is {first_seed}; give 0 to {COUNTERFACTUAL_SEED} less the clips"
        )
    seen, held_out = _shuffled(SEEN), _shuffled(tuple(sorted(HELD_OUT)))
    jobs = []
    for index in range(num_clips):
        num_held_out, is_held_out = index // HELD_OUT_EVERY, _is_last(index, HELD_OUT_EVERY)
        if is_held_out:
            pair, split = held_out[num_held_out % len(held_out)], "heldout"
        else:
            pair, split = _seen_clip(index - num_held_out, seen)
        jobs.append(_job(index, first_seed + index, pair, split))
    return jobs


def counterfactuals(num_pairs: int, first_seed: int = COUNTERFACTUAL_SEED) -> list[tuple[Job, Job]]:
    """Return pairs of clips that differ in one thing: the scene, then the action, in turns.

    Both clips of a pair have one seed, hence one person, and both are pairs that training may see.
    """
    return [_twins(index, first_seed + index) for index in range(num_pairs)]


def _seen_clip(number: int, pairs: tuple[Pair, ...]) -> tuple[Pair, Split]:
    """Return the n-th seen clip's pair, and its split: pairs take turns to give one away."""
    turn, place = divmod(number, len(pairs))
    split: Split = "validation" if _is_last(turn + place, VALIDATION_EVERY) else "train"
    return pairs[place], split


def _is_last(number: int, of_every: int) -> bool:
    return number % of_every == of_every - 1


def _twins(index: int, seed: int) -> tuple[Job, Job]:
    stream = Stream(seed, "counterfactual")
    action, scene = pair = stream.choice(SEEN)
    if index % 2 == 0:
        others = tuple(other for other in SEEN if other[0] == action and other != pair)
    else:
        others = tuple(other for other in SEEN if other[1] == scene and other != pair)
    first, second = 2 * index, 2 * index + 1
    return (
        _job(first, seed, pair, "counterfactual"),
        _job(second, seed, stream.choice(others), "counterfactual"),
    )


def _job(index: int, seed: int, pair: Pair, split: Split) -> Job:
    action, scene = pair
    return Job(f"{index:06d}-{action}-{scene}", seed, action, scene, split)


def _shuffled(pairs: tuple[Pair, ...]) -> tuple[Pair, ...]:
    """Mix the order, so that the beginning of a plan shows something of everything."""
    stream, rest = Stream(0, "plan"), list(pairs)
    return tuple(rest.pop(stream.integer(len(rest))) for _ in pairs)
