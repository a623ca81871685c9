"""Clips of an evaluation to look at."""

from collections.abc import Sequence
from itertools import islice
from pathlib import Path

from animatic.metrics.distance import nearest
from animatic.pipelines.evaluation.job import Trio
from animatic.pipelines.evaluation.sets import Sets
from animatic.pipelines.evaluation.sources import Shown, Source
from animatic.storage.video_file import write_sheet
from animatic.types import Video

ROWS = 8
"""Clips on a sheet."""


def write_first(sheet: Path, source: Source) -> None:
    """Write a contact sheet of the first clips.

    Raises:
        UserError: if it cannot be written.
    """
    shown = list(islice(source.clips(), ROWS))
    _write(sheet, shown, [clip.name for clip in shown])


def write_nearest(folder: Path, trio: Trio, sets: Sets, eyes: str) -> Path:
    """Write the first clips, each above the real one that is nearest to a network.

    Raises:
        UserError: if it cannot be written.
    """
    assert trio.real is not None, "asked for only with real clips at hand"
    found = nearest_names(sets, eyes)
    made = _named(trio.made, [name for name, _, _ in found])
    real = _named(trio.real, [partner for _, partner, _ in found])
    shown, labels = [], []
    for name, partner, distance in found:
        shown += [made[name], real[partner]]
        labels += [name, f"nearest real clip: {partner}, at {distance:.3g} ({eyes})"]
    path = folder / f"nearest-{trio.split}.png"
    _write(path, shown, labels)
    return path


def nearest_names(sets: Sets, eyes: str) -> list[tuple[str, str, float]]:
    """Return the names of the first clips, of the real one nearest to each, and how far that is."""
    assert sets.real is not None, "asked for only with real clips at hand"
    features = sets.made.looks[eyes].features[:ROWS]
    distances, places = nearest(features, sets.real.looks[eyes].features)
    partners = [sets.real.names[place] for place in places.tolist()]
    return list(zip(sets.made.names[:ROWS], partners, distances.tolist(), strict=True))


def _named(source: Source, names: Sequence[str]) -> dict[str, Shown]:
    """Return the clips of these names; only they are kept in memory."""
    wanted, found = set(names), {}
    for shown in source.clips():
        if shown.name in wanted:
            found[shown.name] = shown
        if len(found) == len(wanted):
            break
    return found


def _write(path: Path, shown: Sequence[Shown], labels: Sequence[str]) -> None:
    write_sheet(path, [Video(clip.frames, 1.0) for clip in shown], labels=labels)
