"""What a measure looks at, and what it gives."""

from dataclasses import dataclass

from animatic.pipelines.evaluation.eyes import Seen


@dataclass(frozen=True)
class Sets:
    """What a measure may look at: generated clips, and real ones where they are given.

    `rest` are more real clips, for the floor of real against real.
    """

    made: Seen
    real: Seen | None
    rest: Seen | None


@dataclass(frozen=True)
class Number:
    """A number, its standard error, and what real clips get in the place of generated ones."""

    value: float
    error: float | None = None
    floor: float | None = None
