"""Do clips show what their prompts say, on pairs that were seen in training and on held-out ones?

Protocol: `num` prompts a split in the canonical words, the pairs in turn, one seed a clip; the
judge that ships names action and scene; the same judge on real clips of the split stands beside.
"""

import json
from collections.abc import Iterator, Sequence
from itertools import cycle, islice
from pathlib import Path
from typing import Any

from animatic.data.stage.captions import canonical
from animatic.data.stage.splits import HELD_OUT, SEEN
from animatic.errors import UserError
from animatic.pipelines.generate import Creation, Model, load
from animatic.pipelines.judge import Named, accuracy, agreement, load_judge
from animatic.pipelines.progress import track
from animatic.storage.atomic import write_text
from animatic.storage.video_file import check_output, write_sheet
from animatic.types import Clips, to_clip

SPLITS = {"validation": SEEN, "heldout": tuple(sorted(HELD_OUT))}
"""Pairs of the splits of real clips that generated ones are measured against."""

FIRST_SEED = 1_000_000
"""Far from the seeds that people type: nothing that is shown was picked from what is counted."""

SHEET_ROWS = 8


def evaluate(
    checkpoint: str, data: Path | None, num: int, out: Path | None, sheet: Path | None, device: str
) -> dict[str, Any]:
    """Return action, scene and joint accuracy of generated clips, and of real ones given `data`.

    With `out`, the table is written as JSON; with `sheet`, the first clips of held-out pairs too.

    Raises:
        UserError: if the checkpoint or the data cannot be read, or a number or path is wrong.
    """
    if num < 1:
        raise UserError(f"num {num} must be at least 1")
    if sheet is not None:
        check_output(sheet)
    model, net = load(checkpoint, device), load_judge()
    table: dict[str, Any] = {"checkpoint": checkpoint, "judge": "stage-net", "seed": FIRST_SEED}
    for split, pairs in SPLITS.items():
        kept: list[Creation] = []
        shown = _generated(model, list(islice(cycle(pairs), num)), kept)
        table[f"generated {split}"] = agreement(net, track(shown, num, f"generating {split}"))
        if data is not None:
            table[f"real {split}"] = accuracy(net, data, split, num)
        if sheet is not None and split == "heldout":
            labels = [creation.prompt for creation in kept[:SHEET_ROWS]]
            write_sheet(sheet, kept[:SHEET_ROWS], labels=labels)
    if out is not None:
        write_text(out, json.dumps(table, indent=2) + "\n")
    return table


def _generated(
    model: Model, pairs: Sequence[Named], kept: list[Creation]
) -> Iterator[tuple[Clips, Named]]:
    for number, pair in enumerate(pairs):
        creation = model.generate(canonical(*pair), seed=FIRST_SEED + number)
        if number < SHEET_ROWS:
            kept.append(creation)
        yield to_clip(creation.frames)[None], pair
