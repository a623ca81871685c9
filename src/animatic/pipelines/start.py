"""What a training run begins with: a preset, or a checkpoint and its configuration."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from animatic.contracts import Family, Learner
from animatic.errors import UserError
from animatic.pipelines import catalog
from animatic.types import Weights

PRESET = "small"
"""What is trained if neither a preset nor a checkpoint is named."""

MOST_NAMED = 4
"""Weights that do not fit, and are named."""


@dataclass(frozen=True)
class Start:
    """A configuration, and where it comes from.

    Attributes:
        config: without the settings that a run replaces.
        preset: its name, if it is that of one.
        origin: name, hash and steps of the checkpoint that the run started from.
        weights: of this checkpoint, before the first step.
    """

    config: Any
    preset: str | None
    origin: dict[str, Any] | None = None
    weights: Weights | None = None


def find_start(
    family: Family, preset: str | None, checkpoint: str | None, former: Mapping[str, Any]
) -> Start:
    """Return what to begin with.

    Args:
        family: that is trained.
        preset: configuration; of a checkpoint, its own if this is None.
        checkpoint: shipped name, file or run folder to start from.
        former: what a run that goes on wrote of itself: its checkpoint is not read again.

    Raises:
        UserError: if there is no such preset or checkpoint, or it is of another family.
    """
    if checkpoint is None:
        preset = preset or PRESET
    if preset is not None and preset not in family.presets:
        known = ", ".join(family.presets)
        raise UserError(f"{family.name} has no preset {preset!r}; it has {known}")
    config = None if preset is None else family.presets[preset]
    if checkpoint is None:
        return Start(config, preset)
    origin = former.get("start_from") or {}
    if origin.get("checkpoint") == checkpoint:
        return Start(family.config_from_json(former["config"]), preset, origin)
    begun = catalog.checkpoint(checkpoint)
    if begun.family != family.name:
        raise UserError(f"{checkpoint} is a model of {begun.family}, not of {family.name}")
    config = config or family.config_from_json(begun.config)
    steps = begun.card.get("steps")
    origin = {"checkpoint": checkpoint, "sha256": begun.digest, "steps": steps}
    return Start(config, preset, origin, begun.weights)


def begin(learner: Learner, start: Start) -> str:
    """Hand the weights of a checkpoint to a learner, and say how many fit.

    Raises:
        UserError: if none does.
    """
    assert start.weights is not None
    assert start.origin is not None
    name = start.origin["checkpoint"]
    fitting = learner.start_from(start.weights)
    if not fitting:
        raise UserError(f"no weights of {name} fit this configuration")
    told = f"started from {name}: {len(fitting)} of {len(start.weights)} weights fit"
    rest = sorted(set(start.weights) - set(fitting))
    more = ", ..." if len(rest) > MOST_NAMED else ""
    return told + (f"; not {', '.join(rest[:MOST_NAMED])}{more}" if rest else "")
