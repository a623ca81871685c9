"""Do clips show the action and the scene that they should? Three ways to ask."""

from collections.abc import Mapping
from dataclasses import replace

import torch
from torch import Tensor

from animatic.errors import UserError
from animatic.metrics.probe import Probe
from animatic.pipelines.evaluation.eyes import Look, Seen
from animatic.pipelines.evaluation.sets import Number, Sets, share_of
from animatic.pipelines.judge import ACTIONS, SCENES, Pair


def composition(sets: Sets, eyes: str) -> Mapping[str, Number]:
    """Shares of clips whose action, scene and both the network names as they should be."""
    real = None if sets.real is None else _shares(sets.real, eyes)
    return _numbers(_shares(sets.made, eyes), real, len(sets.made))


def probed_composition(sets: Sets, eyes: str) -> Mapping[str, Number]:
    """Composition by linear probes that are fitted to real clips which are not counted."""
    assert sets.rest is not None, "refused before"
    logits = {}
    for known, names in enumerate((ACTIONS, SCENES)):
        classes = torch.tensor([names.index(pair_of(pair)[known]) for pair in sets.rest.labels])
        probe = Probe(sets.rest.looks[eyes].features, classes, len(names))
        for name, seen in (("made", sets.made), ("real", sets.real)):
            if seen is not None:
                logits.setdefault(name, []).append(probe(seen.looks[eyes].features))

    def shares(name: str, seen: Seen) -> dict[str, float]:
        look = Look(seen.looks[eyes].features, torch.cat(logits[name], dim=1))
        return _shares(replace(seen, looks={eyes: look}), eyes)

    real = None if sets.real is None else shares("real", sets.real)
    return _numbers(shares("made", sets.made), real, len(sets.made))


def _shares(seen: Seen, eyes: str) -> dict[str, float]:
    return {name: right.double().mean().item() for name, right in hits(seen, eyes).items()}


def _numbers(
    made: dict[str, float], real: dict[str, float] | None, count: int
) -> Mapping[str, Number]:
    return {
        name: share_of(share, count, None if real is None else real[name])
        for name, share in made.items()
    }


KINETICS = {
    "golf": (141, 142, 143),  # golf chipping, driving, putting
    "hockey": (154, 235),  # hockey stop, playing ice hockey
    "football": (171, 175, 297),  # juggling soccer ball, kicking it, shooting goal
    "biking": (22, 267, 271),  # biking through snow, riding a bike, riding mountain bike
    "jogging": (168, 281),  # jogging, running on treadmill
    "walking": (192, 273, 378),  # marching, riding or walking with horse, walking the dog
    "swimming": (339, 340, 341),  # backstroke, breast stroke, butterfly stroke
    "waterskiing": (383,),
    "kitesurfing": (177,),
    "sailing": (282,),
    "skiing": (308, 309, 310),  # skiing, crosscountry, slalom
    "surfing": (337,),
    "juggling": (69, 169, 170),  # contact juggling, balls, fire
    "cartwheel": (45,),
    "backflip": (147, 325),  # gymnastics tumbling, somersaulting
    "dancing": (18, 34, 75, 84, 85, 86, 87, 173, 277, 283, 342, 348, 349),  # thirteen dances
}
"""Classes of Kinetics-400, by number in the order of the alphabet, that show an action of Stage."""


def zero_shot(sets: Sets, eyes: str) -> Mapping[str, Number]:
    """Share of clips whose likeliest class among those of `KINETICS` is one of their action."""

    def share(seen: Seen) -> float:
        logits = seen.looks[eyes].logits
        best = torch.stack([logits[:, KINETICS[action]].amax(1) for action in ACTIONS], dim=1)
        wanted = torch.tensor([ACTIONS.index(action_of(labels)) for labels in seen.labels])
        return (best.argmax(1) == wanted).double().mean().item()

    made, real = share(sets.made), None if sets.real is None else share(sets.real)
    return {"action": share_of(made, len(sets.made), real)}


def pair_of(labels: tuple[str, ...]) -> Pair:
    """Return the action and scene that a clip should show.

    Raises:
        UserError: if that is not known.
    """
    if len(labels) == 2 and labels[0] in ACTIONS and labels[1] in SCENES:
        return labels[0], labels[1]
    raise UserError(
        "composition needs clips whose action and scene are known, such as golf/pool/1.mp4"
    )


def action_of(labels: tuple[str, ...]) -> str:
    """Return the action that a clip should show, whether or not its scene is known.

    Raises:
        UserError: if it is not known, or the scene is none.
    """
    if len(labels) == 1 and labels[0] in ACTIONS:
        return labels[0]
    return pair_of(labels)[0]


def hits(seen: Seen, eyes: str) -> dict[str, Tensor]:
    """Return, for each clip, whether its action, its scene and both were named rightly.

    Of clips that were made for an action alone, only that.

    Raises:
        UserError: if it is not known what a clip should show.
    """
    logits = seen.looks[eyes].logits
    actions, scenes = logits[:, : len(ACTIONS)].argmax(1), logits[:, len(ACTIONS) :].argmax(1)
    wanted = torch.tensor([ACTIONS.index(action_of(labels)) for labels in seen.labels])
    right = {"action": actions == wanted}
    if any(len(labels) == 1 for labels in seen.labels):
        return right
    wanted = torch.tensor([SCENES.index(pair_of(labels)[1]) for labels in seen.labels])
    right["scene"] = scenes == wanted
    return right | {"joint": right["action"] & right["scene"]}
