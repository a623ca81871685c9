"""What a measure looks at, and what it gives."""

from dataclasses import dataclass
from typing import Any

from torch import Tensor

from animatic.errors import UserError
from animatic.metrics.score import share_error
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


def share_of(value: float, count: int, floor: float | None = None) -> Number:
    """Return a share of so many independent clips, with its error."""
    return Number(value, share_error(value, count), floor)


def mean_of(values: Tensor) -> Number:
    """Return the mean of values, and its standard error if there are several."""
    values = values.double()
    error = (values.std() / len(values) ** 0.5).item() if len(values) > 1 else None
    return Number(values.mean().item(), error)


def check_alike(made: dict[str, Any], real: dict[str, Any]) -> None:
    """Refuse sources of different size or rate: the difference would be measured, not the clips.

    Args:
        made: what a source says about its clips.
        real: what another one says.

    Raises:
        UserError: naming both.
    """
    for key in ("resolution", "fps"):
        if made.get(key) != real.get(key):
            found = f"{made.get(key)} and {real.get(key)}"
            raise UserError(f"the {key} of the two sets differs: {found}")
