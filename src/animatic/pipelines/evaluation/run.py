"""From a checkpoint or a folder to a table of numbers, each with its protocol card."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, field
from itertools import islice
from pathlib import Path
from typing import Any

import torch

import animatic
from animatic.data.stage.captions import canonical
from animatic.errors import UserError
from animatic.pipelines.device import choose_device
from animatic.pipelines.evaluation.counterfactual import NAME, SOURCE, counterfactual
from animatic.pipelines.evaluation.eyes import (
    Eyes,
    Seen,
    Window,
    i3d,
    inception,
    observe,
    stage_net,
)
from animatic.pipelines.evaluation.measures import MEASURES, Measure
from animatic.pipelines.evaluation.pairs import SOURCES, compare
from animatic.pipelines.evaluation.plots import plot_composition
from animatic.pipelines.evaluation.sets import Number, Sets
from animatic.pipelines.evaluation.sources import (
    PAIRS,
    FolderClips,
    GeneratedClips,
    Pair,
    Source,
    StageClips,
)
from animatic.pipelines.generate import Model, load
from animatic.storage.atomic import write_text
from animatic.storage.run_folder import RunFolder
from animatic.storage.video_file import check_output, write_sheet
from animatic.types import Frames

SHEET_ROWS = 8

ENOUGH = 2048
"""Clips from which on the bias of a Fréchet distance is small beside what is compared."""


@dataclass(frozen=True)
class Job:
    """What is measured, and where the numbers go.

    Attributes:
        what: a checkpoint (name, file or run folder), or a folder of clips.
        against: a folder of real clips.
        data: a rendered Stage data set.
        metrics: names of `MEASURES`.
        num: clips of each set, at most.
        window: which frames count.
        out: JSON file for the table and its cards.
        sheet: contact sheet of the first generated clips of held-out pairs.
        plots: folder for pictures of the composition.
        device: cpu, cuda or auto.
    """

    what: str
    against: Path | None = None
    data: Path | None = None
    metrics: Sequence[str] = ("composition",)
    num: int = 512
    window: Window = field(default_factory=Window)
    out: Path | None = None
    sheet: Path | None = None
    plots: Path | None = None
    device: str = "auto"


@dataclass(frozen=True)
class Row:
    """A number, and all that a stranger needs to get it again."""

    metric: str
    split: str
    number: Number
    card: dict[str, Any]


def evaluate(job: Job) -> list[Row]:
    """Return the numbers; with `out`, they are written as JSON too.

    Raises:
        UserError: if anything that is named cannot be read, or does not fit together.
    """
    measures = _measures(job)
    device = choose_device(job.device)
    rows = _of_pairs(job, device) + _of_changes(job, device)
    eyes = [_EYES[name](device) for name in sorted({m.eyes for m in measures.values()})]
    sets = _sets(job, any(m.needs_real for m in measures.values())) if measures else ()
    for split, made, real, rest in sets:
        seen = [
            None if source is None else observe(source, eyes, job.window, title, device)
            for source, title in (
                (made, f"looking at clips, {split}"),
                (real, f"looking at real clips, {split}"),
                (rest, f"looking at more real clips, {split}"),
            )
        ]
        first = seen[0]
        assert first is not None, "every job has clips to measure"
        rows += _numbers(job, measures, eyes, split, Sets(first, seen[1], seen[2]))
        if job.plots is not None and "composition" in measures:
            plot_composition(job.plots, split, first, measures["composition"].eyes)
    if job.out is not None:
        table = {
            "animatic": animatic.__version__,
            "torch": torch.__version__,
            "rows": [asdict(row) for row in rows],
        }
        write_text(job.out, json.dumps(table, indent=2, ensure_ascii=False) + "\n")
    return rows


def _of_pairs(job: Job, device: torch.device) -> list[Row]:
    names = [name for name in job.metrics if name in SOURCES]
    if not names:
        return []
    made = Path(job.what)
    if job.against is None or not made.is_dir():
        raise UserError(f"{names[0]} compares clips of the same name in two folders; give both")
    numbers, card = compare(names, made, job.against, job.num, job.window, device)
    return [
        Row(name, "pairs", number, {"source": SOURCES[name], **card})
        for name, number in numbers.items()
    ]


def _of_changes(job: Job, device: torch.device) -> list[Row]:
    if NAME not in job.metrics:
        return []
    if _is_folder_of_clips(job.what):
        raise UserError(f"{NAME} changes words of prompts; give a checkpoint")
    model, eyes, rows = _load(job), stage_net(device), []

    def made(pair: Pair, seed: int) -> Frames:
        return model.generate(canonical(*pair), seed=seed).frames

    for split in PAIRS:
        numbers, card = counterfactual(
            made, split, job.num, eyes, with_real=job.data is not None, device=device
        )
        told = {"metric": "one word changed, the same seed", "source": SOURCE, **card}
        rows += [Row(f"{NAME} {name}", split, number, told) for name, number in numbers.items()]
    return rows


_EYES = {"stage-net": stage_net, "i3d": i3d, "inception": inception}


def _measures(job: Job) -> dict[str, Measure]:
    if job.num < 2:
        raise UserError(f"num {job.num} must be at least 2")
    if min(job.window.frames, job.window.stride) < 1:
        raise UserError(
            f"frames {job.window.frames} and stride {job.window.stride} must be at least 1"
        )
    for name in job.metrics:
        if name in (*SOURCES, NAME):
            continue
        if name not in MEASURES:
            known = ", ".join((*MEASURES, *SOURCES, NAME))
            raise UserError(f"there is no metric {name!r}; there are {known}")
        if MEASURES[name].needs_real and job.against is None and job.data is None:
            raise UserError(f"{name} compares with real clips; give --data or a second folder")
    if job.sheet is not None:
        check_output(job.sheet)
    if job.plots is not None and not job.plots.is_dir():
        raise UserError(f"the folder {job.plots} does not exist; make it or give another")
    return {name: MEASURES[name] for name in job.metrics if name in MEASURES}


def _sets(job: Job, with_floor: bool) -> Iterator[tuple[str, Source, Source | None, Source | None]]:
    """Yield, for each split, the clips, the real ones, and more real ones for the floor."""
    if job.against is not None and job.data is not None:
        raise UserError("give either --data or a second folder, not both")
    if _is_folder_of_clips(job.what):
        made = FolderClips(Path(job.what), job.num)
        yield "all", made, *_real(job, "validation", with_floor)
        return
    model = _load(job)
    for split in PAIRS if job.against is None else ("validation",):
        made = GeneratedClips(model, job.what, split, job.num)
        yield split, made, *_real(job, split, with_floor)
        if job.sheet is not None and split == "heldout":
            _write_sheet(model, job.sheet, job.num)


def _is_folder_of_clips(what: str) -> bool:
    path = Path(what)
    return path.is_dir() and not RunFolder(path).model_path.is_file()


def _load(job: Job) -> Model:
    model = load(job.what, job.device)
    if "text" not in model.family.reads:
        raise UserError(f"{model.family.name} reads no text; make a folder of clips and give that")
    return model


def _real(job: Job, split: str, with_floor: bool) -> tuple[Source | None, Source | None]:
    rest: Source | None = None
    if job.against is not None:
        real: Source = FolderClips(job.against, job.num)
        if with_floor:
            rest = FolderClips(job.against, job.num, rest=True)
    elif job.data is not None:
        real = StageClips(job.data, split, job.num)
        if with_floor:
            rest = StageClips(job.data, split, job.num, rest=True)
    else:
        return None, None
    return real, rest if rest is not None and len(rest) >= MIN_FLOOR else None


MIN_FLOOR = 16
"""Fewer clips say nothing about a floor."""


def _numbers(
    job: Job, measures: dict[str, Measure], eyes: Sequence[Eyes], split: str, sets: Sets
) -> Iterator[Row]:
    _check_alike(sets)
    about = {network.name: network.about for network in eyes}
    for name, measure in measures.items():
        for seen in (sets.made, sets.real):
            if seen is not None and len(seen) < measure.least:
                raise UserError(f"{name} needs {measure.least} clips at least, not {len(seen)}")
        card = {
            "metric": measure.about,
            "source": measure.source,
            **measure.protocol,
            "window": {"frames": job.window.frames, "stride": job.window.stride, "from": "first"},
            "values": "[-1, 1]",
            **about[measure.eyes],
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


def _check_alike(sets: Sets) -> None:
    """Refuse sets of different size or rate: the difference would be measured, not the clips."""
    if sets.real is None:
        return
    for key in ("resolution", "fps"):
        made, real = sets.made.about.get(key), sets.real.about.get(key)
        if made != real:
            raise UserError(f"the {key} of the two sets differs: {made} and {real}")


def _warnings(measure: Measure, sets: Sets) -> list[str]:
    warnings = []
    few = min(len(sets.made), len(sets.made) if sets.real is None else len(sets.real))
    if measure.needs_real and few < ENOUGH:
        warnings.append(f"{few} clips: read it beside the floor, and compare equal numbers only")
    if measure.needs_real and sets.rest is None:
        warnings.append("no real clips were left for a floor")
    both = (sets.made,) if sets.real is None else (sets.made, sets.real)
    lossy = [seen.about["clips"] for seen in both if "lossy" in seen.about["container"]]
    return warnings + [f"{clips}: lossy files change the distances" for clips in lossy]


def _write_sheet(model: Model, sheet: Path, num: int) -> None:
    first = islice(GeneratedClips(model, "", "heldout", num).creations(), SHEET_ROWS)
    shown = list(first)
    write_sheet(sheet, shown, labels=[creation.prompt for creation in shown])
