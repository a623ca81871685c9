"""From a checkpoint or a folder to a table of numbers, each with its protocol card."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict, replace
from functools import cache
from pathlib import Path
from typing import Any

import torch

import animatic
from animatic.data.stage.captions import canonical
from animatic.errors import UserError
from animatic.pipelines.device import choose_device
from animatic.pipelines.evaluation import bits, counterfactual, pairs, prediction, taught
from animatic.pipelines.evaluation.eyes import EYES, Eyes, Seen, observe, stage_net
from animatic.pipelines.evaluation.gallery import write_first, write_nearest
from animatic.pipelines.evaluation.job import (
    Job,
    Row,
    Trio,
    is_folder_of_clips,
    load_reader_of_text,
    trios,
)
from animatic.pipelines.evaluation.measures import MEASURES, Measure
from animatic.pipelines.evaluation.plots import plot_composition
from animatic.pipelines.evaluation.protocols import compared_with
from animatic.pipelines.evaluation.sets import Sets, check_alike
from animatic.pipelines.evaluation.sources import PAIRS, ContinuedClips, Source
from animatic.pipelines.judge import Pair
from animatic.storage.atomic import write_text
from animatic.types import Frames

ENOUGH = 2048
"""Clips from which on the bias of a Fréchet distance is small beside what is compared."""

OTHERS = (*pairs.SOURCES, *taught.SOURCES, counterfactual.NAME, bits.NAME, prediction.NAME)
"""What is not measured of features alone."""


def evaluate(job: Job) -> list[Row]:
    """Return the numbers; with `out`, they are written as JSON too.

    Raises:
        UserError: if anything that is named cannot be read, or does not fit together.
    """
    measures = _measures(job)
    device = choose_device(job.device)
    eyes = [EYES[name](device) for name in sorted({m.eyes for m in measures.values()})]
    rows = [*_of_pairs(job, device), *_of_changes(job, device), *_of_classes(job, device)]
    rows += bits.rows(job)
    if measures or prediction.NAME in job.metrics:
        clips = list(trios(job, with_floor=any(m.needs_real for m in measures.values())))
        rows += _of_frames(job, clips, device)
        rows += _of_features(job, clips, measures, eyes, device) if measures else ()
    if job.protocol is not None:
        rows = [replace(row, card=compared_with(job.protocol, row.card)) for row in rows]
    if job.out is not None:
        table = {
            "animatic": animatic.__version__,
            "torch": torch.__version__,
            "rows": [asdict(row) for row in rows],
        }
        content = json.dumps(table, indent=2, ensure_ascii=False, allow_nan=False)
        write_text(job.out, content + "\n")
    return rows


def _of_features(
    job: Job,
    clips: Sequence[Trio],
    measures: dict[str, Measure],
    eyes: Sequence[Eyes],
    device: torch.device,
) -> Iterator[Row]:
    shown = None
    for trio in clips:
        for name, measure in measures.items():
            measure.check(name, trio.made, trio.real, trio.rest)

    @cache  # real clips are the same for each number of given frames
    def looked(source: Source | None, kind: str, split: str) -> Seen | None:
        title = f"looking at {kind}, {split}"
        return None if source is None else observe(source, eyes, job.window, title, device)

    for trio in clips:
        split = trio.split.partition(",")[0]
        made = observe(trio.made, eyes, job.window, f"looking at clips, {trio.split}", device)
        real = looked(trio.real, "real clips", split)
        sets = Sets(made, real, looked(trio.rest, "more real clips", split))
        yield from _numbers(job, measures, eyes, trio.split, sets)
        if job.plots is not None and "composition" in measures:
            plot_composition(job.plots, trio.split, made, measures["composition"].eyes)
        if job.plots is not None and trio.real is not None:
            write_nearest(job.plots, trio, sets, eyes[-1].name)
        shown = trio.made
    if job.sheet is not None and shown is not None:
        write_first(job.sheet, shown)


def _of_pairs(job: Job, device: torch.device) -> Iterator[Row]:
    names = [name for name in job.metrics if name in pairs.SOURCES]
    if not names:
        return
    made = Path(job.what)
    if job.against is None or not made.is_dir():
        raise UserError(f"{names[0]} compares clips of the same name in two folders; give both")
    numbers, card = pairs.compare(names, made, job.against, job.num, job.window, device)
    for name, number in numbers.items():
        yield Row(name, "pairs", number, {"source": pairs.SOURCES[name], **card})


def _of_changes(job: Job, device: torch.device) -> Iterator[Row]:
    name = counterfactual.NAME
    if name not in job.metrics:
        return
    if is_folder_of_clips(job.what):
        raise UserError(f"{name} changes words of prompts; give a checkpoint")
    model, eyes = load_reader_of_text(job), stage_net(device)

    def made(pair: Pair, seed: int) -> Frames:
        return model.generate(canonical(*pair), seed=seed).frames

    for split in PAIRS:
        numbers, card = counterfactual.counterfactual(
            made, split, job.num, eyes, with_real=job.data is not None, device=device
        )
        about = {"metric": "one word changed, the same seed", "source": counterfactual.SOURCE}
        for part, number in numbers.items():
            yield Row(f"{name} {part}", split, number, {**about, **card})


def _of_frames(job: Job, clips: Sequence[Trio], device: torch.device) -> Iterator[Row]:
    for trio in clips if prediction.NAME in job.metrics else ():
        if not isinstance(trio.made, ContinuedClips):
            raise UserError(f"{prediction.NAME} is of models that continue first frames")
        numbers, card = prediction.predictions(trio.made, trio.split, device, job.plots)
        for part, number in numbers.items():
            about = {"source": prediction.SOURCE, **card}
            yield Row(f"{prediction.NAME} {part}", trio.split, number, about)


def _of_classes(job: Job, device: torch.device) -> Iterator[Row]:
    names = [name for name in job.metrics if name in taught.SOURCES]
    for trio in trios(job, with_floor=True, halved=True) if names else ():
        assert trio.real is not None, "asked for only with real clips at hand"
        numbers, card = taught.classify(names, trio.made, trio.real, trio.rest, job.window, device)
        for name, number in numbers.items():
            about = {"source": taught.SOURCES[name.partition(" ")[0]]}
            yield Row(name, trio.split, number, {**about, **card})


def _measures(job: Job) -> dict[str, Measure]:
    """Return what is measured of features; refuse what cannot be, before any work is done."""
    if job.num < 2:
        raise UserError(f"num {job.num} must be at least 2")
    if min(job.window.frames, job.window.stride) < 1:
        raise UserError(
            f"frames {job.window.frames} and stride {job.window.stride} must be at least 1"
        )
    if not job.metrics:
        raise UserError("no metric is asked for")
    for name in job.metrics:
        if name not in (*MEASURES, *OTHERS):
            raise UserError(
                f"there is no metric {name!r}; there are {', '.join((*MEASURES, *OTHERS))}"
            )
        compares = MEASURES[name].needs_real if name in MEASURES else name in taught.SOURCES
        if compares and job.against is None and job.data is None:
            raise UserError(f"{name} compares with real clips; give --data or a second folder")
    measures = {name: MEASURES[name] for name in job.metrics if name in MEASURES}
    _check_outputs(job, pictures=bool(measures) or prediction.NAME in job.metrics)
    return measures


def _check_outputs(job: Job, *, pictures: bool) -> None:
    for path in (job.sheet, job.out):
        if path is not None and not path.parent.is_dir():
            raise UserError(f"the folder {path.parent} does not exist; make it or give another")
    if job.sheet is not None and job.sheet.suffix.lower() != ".png":
        raise UserError(f"the sheet {job.sheet} must end in .png")
    if job.plots is not None and not job.plots.is_dir():
        raise UserError(f"the folder {job.plots} does not exist; make it or give another")
    if not pictures and (job.sheet is not None or job.plots is not None):
        raise UserError(f"no picture belongs to {', '.join(job.metrics)}; add a metric of features")


def _numbers(
    job: Job, measures: dict[str, Measure], eyes: Sequence[Eyes], split: str, sets: Sets
) -> Iterator[Row]:
    if sets.real is not None:
        check_alike(sets.made.about, sets.real.about)
    by_name = {network.name: network for network in eyes}
    for name, measure in measures.items():
        for seen in (sets.made, sets.real):
            if seen is not None and len(seen) < measure.least:
                raise UserError(f"{name} needs {measure.least} clips at least, not {len(seen)}")
        network = by_name[measure.eyes]
        if network.whole and sets.real is not None:
            lengths = sorted(sets.made.lengths | sets.real.lengths)
            if len(lengths) > 1:
                found = ", ".join(map(str, lengths))
                raise UserError(f"{name} sees whole clips, and theirs differ in frames: {found}")
        card = {
            "metric": measure.about,
            "source": measure.source,
            **measure.protocol,
            "window": "whole clips" if network.whole else job.window.about(),
            "values": "[-1, 1]",
            **network.about,
            "made": _told(sets.made),
            "real": _told(sets.real),
            "floor": _told(sets.rest),
            "warnings": _warnings(measure, sets),
        }
        for part, number in measure.take(sets, measure.eyes).items():
            yield Row(f"{name} {part}".strip(), split, number, card)


def _told(seen: Seen | None) -> dict[str, Any] | None:
    if seen is None:
        return None
    return {"n": len(seen), "too_short": seen.too_short, **seen.about}


def _warnings(measure: Measure, sets: Sets) -> list[str]:
    warnings = []
    few = min(len(sets.made), len(sets.made) if sets.real is None else len(sets.real))
    if measure.needs_real and few < ENOUGH:
        warnings.append(f"{few} clips: read it beside the floor, and compare equal numbers only")
    if measure.needs_real and sets.rest is None:
        warnings.append("no real clips were left for a floor")
    both = (sets.made,) if sets.real is None else (sets.made, sets.real)
    files = [seen.about["clips"] for seen in both if seen.about["clips"].startswith("the folder")]
    return warnings + [f"{clips}: the loss of its files is in the number" for clips in files]
