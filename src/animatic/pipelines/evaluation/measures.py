"""What is measured of two sets of clips, each number with its error and its floor."""

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import torch
from torch import Tensor

from animatic.errors import UserError
from animatic.metrics.distance import (
    frechet_distance,
    gaussian,
    kernel_distance,
    manifold,
    nearest,
)
from animatic.metrics.score import inception_score, jackknife
from animatic.pipelines.evaluation.composition import (
    action_of,
    composition,
    probed_composition,
    zero_shot,
)
from animatic.pipelines.evaluation.eyes import Look, Seen
from animatic.pipelines.evaluation.sets import Number, Sets, mean_of, share_of
from animatic.pipelines.evaluation.sources import Source

IS_SPLITS = 10
SEVERAL = "diversity needs several clips of each of several prompts; raise --num"


@dataclass(frozen=True)
class Measure:
    """How a number is had.

    Attributes:
        eyes: the network it looks through.
        about: what it says, for the card.
        source: where it is defined.
        needs_real: whether there is nothing to measure without real clips.
        take: the numbers, by name.
        least: clips of each set that it needs.
        protocol: what else a card must say.
        of_pairs: whether it must be known which action and scene each clip should show.
        needs_rest: whether it takes real clips that are not counted.
        of_several: whether it compares clips of one prompt.
    """

    eyes: str
    about: str
    source: str
    needs_real: bool
    take: Callable[[Sets, str], Mapping[str, Number]]
    least: int = 2
    protocol: Mapping[str, Any] = field(default_factory=dict)
    of_pairs: bool = False
    needs_rest: bool = False
    of_several: bool = False

    def check(self, name: str, made: Source, real: Source | None, rest: Source | None) -> None:
        """Refuse clips that this cannot be measured of, before any is looked at.

        Args:
            name: what a person calls this measure.
            made: generated clips.
            real: clips to compare with.
            rest: more real clips.

        Raises:
            UserError: if there are too few, or it is not known what they should show.
        """
        counted = [source for source in (made, real) if source is not None]
        for source in counted:
            if len(source) < self.least:
                raise UserError(f"{name} needs {self.least} clips at least, not {len(source)}")
        if self.of_several and sum(n > 1 for n in Counter(made.labels()).values()) < 2:
            raise UserError(SEVERAL)
        if self.needs_rest and rest is None:
            raise UserError(f"{name} needs real clips that are not counted; give more of them")
        for source in (*counted, rest) if self.of_pairs else ():
            for labels in () if source is None else source.labels():
                action_of(labels)


def _frechet(sets: Sets, eyes: str) -> Mapping[str, Number]:
    return _apart(sets, eyes, lambda x, y: frechet_distance(gaussian(x), gaussian(y)))


def _kernel(sets: Sets, eyes: str) -> Mapping[str, Number]:
    return _apart(sets, eyes, kernel_distance)


def _apart(
    sets: Sets, eyes: str, distance: Callable[[Tensor, Tensor], float]
) -> Mapping[str, Number]:
    made, real, rest = _looks(sets, eyes)
    value = distance(made.features, real.features)
    error = jackknife(lambda kept: distance(made.features[kept], real.features), len(made.features))
    floor = None if rest is None else distance(rest.features, real.features)
    return {"": Number(value, error, floor)}


def _manifold(sets: Sets, eyes: str) -> Mapping[str, Number]:
    made, real, rest = _looks(sets, eyes)
    values = manifold(real.features, made.features)
    floors = None if rest is None else manifold(real.features, rest.features)
    return {
        name: Number(value, None, None if floors is None else getattr(floors, name))
        for name, value in values._asdict().items()
    }


def _inception(sets: Sets, eyes: str) -> Mapping[str, Number]:
    value, error = inception_score(_shuffled(sets.made.looks[eyes].logits), IS_SPLITS)
    real = None
    if sets.real is not None:
        real = inception_score(_shuffled(sets.real.looks[eyes].logits), IS_SPLITS).value
    return {"": Number(value, error, real)}


def _shuffled(logits: Tensor) -> Tensor:
    """Return the rows in an order of seed 0: those of a folder stand class by class."""
    return logits[torch.randperm(len(logits), generator=torch.Generator().manual_seed(0))]


def _diversity(sets: Sets, eyes: str) -> Mapping[str, Number]:
    """Mean distance of two clips of one prompt, over the prompts that have several."""
    depth = min(len(labels) for labels in sets.made.labels)
    made = _spread(sets.made, eyes, depth)
    if made is None:
        raise UserError(SEVERAL)
    real = None if sets.real is None else _spread(sets.real, eyes, depth)
    return {"": replace(made, floor=None if real is None else real.value)}


def _spread(seen: Seen, eyes: str, depth: int) -> Number | None:
    """Return the mean distance within prompts, or nothing if too few have several clips.

    Prompts are told apart by so many labels: real clips may have more than was asked for.
    """
    groups: dict[Any, list[int]] = {}
    for row, labels in enumerate(seen.labels):
        groups.setdefault(labels[:depth], []).append(row)
    features = seen.looks[eyes].features.double()
    means = torch.tensor(
        [torch.pdist(features[rows]).mean().item() for rows in groups.values() if len(rows) > 1]
    )
    return mean_of(means) if len(means) > 1 else None


def _memorised(sets: Sets, eyes: str) -> Mapping[str, Number]:
    """Share of clips whose nearest real one is nearer than real ones are to one another."""
    made, real, rest = _looks(sets, eyes)
    among = nearest(real.features, real.features, leave_out_same=True)[0]
    limit = among.quantile(0.01)
    share = (nearest(made.features, real.features)[0] <= limit).double().mean().item()
    floor = None
    if rest is not None:
        floor = (nearest(rest.features, real.features)[0] <= limit).double().mean().item()
    return {"": share_of(share, len(made.features), floor)}


def _looks(sets: Sets, eyes: str) -> tuple[Look, Look, Look | None]:
    assert sets.real is not None, "asked for only with real clips at hand"
    rest = None if sets.rest is None else sets.rest.looks[eyes]
    return sets.made.looks[eyes], sets.real.looks[eyes], rest


_FVD = "Unterthiner et al. 2018, arXiv:1812.01717"
_KVD = "Binkowski et al. 2018, arXiv:1801.01401"
_PRDC = "Kynkäänniemi et al. 2019, arXiv:1904.06991; Naeem et al. 2020, arXiv:2002.09797"

MEASURES = {
    "fvd": Measure("i3d", "Fréchet video distance", _FVD, True, _frechet, 3),
    "fvd-stage": Measure("stage-net", "Fréchet distance (stage-net)", _FVD, True, _frechet, 3),
    "kvd": Measure("i3d", "kernel video distance, unbiased", _KVD, True, _kernel, 3),
    "kvd-stage": Measure("stage-net", "kernel distance (stage-net)", _KVD, True, _kernel, 3),
    "fid": Measure(
        "inception",
        "Fréchet distance of single frames",
        "Heusel et al. 2017, arXiv:1706.08500",
        True,
        _frechet,
        3,
    ),
    "kid": Measure("inception", "kernel distance of single frames", _KVD, True, _kernel, 3),
    "prdc": Measure("i3d", "precision, recall, density, coverage", _PRDC, True, _manifold, 6),
    "prdc-stage": Measure(
        "stage-net", "precision, recall, density, coverage (stage-net)", _PRDC, True, _manifold, 6
    ),
    "is": Measure(
        "i3d",
        "inception score of Kinetics classes",
        "Salimans et al. 2016, arXiv:1606.03498",
        False,
        _inception,
        IS_SPLITS,
        {"splits": IS_SPLITS},
    ),
    "is-c3d": Measure(
        "c3d",
        "inception score of UCF-101 classes, by C3D",
        "Saito & Saito 2018, arXiv:1811.09245",
        False,
        _inception,
        IS_SPLITS,
        {"splits": IS_SPLITS},
    ),
    "composition": Measure(
        "stage-net",
        "accuracy of action, scene and both (stage-net)",
        "after Li et al. 2018, arXiv:1710.00421, with another classifier",
        False,
        composition,
        of_pairs=True,
    ),
    "composition-i3d": Measure(
        "i3d",
        "accuracy of action, scene and both (linear probe of I3D)",
        "linear probes, Alain & Bengio 2016, arXiv:1610.01644, fitted to the clips under floor",
        True,
        probed_composition,
        of_pairs=True,
        needs_rest=True,
    ),
    "kinetics": Measure(
        "i3d",
        "accuracy of the action among the classes of Kinetics that show one of Stage, untrained",
        "our choice of classes",
        False,
        zero_shot,
        of_pairs=True,
    ),
    "diversity": Measure(
        "stage-net",
        "distance of clips of one prompt (stage-net)",
        "our choice; of real clips it is what other seeds of a pair differ by",
        False,
        _diversity,
        of_several=True,
    ),
    "memorised": Measure(
        "stage-net",
        "share nearer to a real clip than all but 1% of real clips are to another (stage-net)",
        "our choice",
        True,
        _memorised,
    ),
}
