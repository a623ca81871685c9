"""Measure runs that differ in one thing, and put the table into the card of a shipped checkpoint.

    python scripts/publish_ablations.py t2v --data stage --runs "full=runs/a" "no sketch=runs/b"

What differs, and the budget, are read from the runs' own cards and configurations.
"""

import argparse
import json
from pathlib import Path
from typing import Any

from ship_checkpoint import SHIPPED, hours

from animatic.pipelines import catalog
from animatic.pipelines.evaluation.job import Job
from animatic.pipelines.evaluation.published import condensed
from animatic.pipelines.evaluation.run import evaluate
from animatic.storage.atomic import write_text

BUDGET = ("steps", "batch_size", "seed", "precision", "machine")
"""What all runs must have in common."""


def named(words: str) -> tuple[str, Path]:
    """Read a name and a run folder."""
    name, _, folder = words.partition("=")
    return name, Path(folder)


def differences(run: Path) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return the budget of a run, and the settings in which it differs from its preset."""
    stored = catalog.checkpoint(run)
    family = catalog.family(stored.family)
    preset = family.config_to_json(family.presets[stored.card["preset"]])
    changed = {name: value for name, value in stored.config.items() if value != preset[name]}
    return {name: stored.card[name] for name in BUDGET}, changed


def main() -> None:
    """Measure, check that the budgets agree, write."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("name")
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--metrics", default="composition,kvd-stage")
    parser.add_argument("--num", type=int, default=256)
    parser.add_argument("--runs", type=named, nargs="+", required=True, metavar="NAME=FOLDER")
    given = parser.parse_args()
    budget = differences(given.runs[0][1])[0]
    table = []
    for name, run in given.runs:
        its_budget, changed = differences(run)
        if its_budget != budget:
            raise SystemExit(f"{name} had another budget: {its_budget} instead of {budget}")
        metrics = given.metrics.split(",")
        rows = evaluate(
            Job(str(run), data=given.data, metrics=metrics, num=given.num, device="cpu")
        )
        measured = condensed(rows)
        its_hours = hours(run, budget["batch_size"])
        table.append({"name": name, "settings": changed, "hours": its_hours, "rows": measured})
        print(name, changed, *measured, sep="\n  ")
    path = SHIPPED / f"{given.name}.json"
    card = json.loads(path.read_text())
    card["ablations"] = {"budget": budget, "metrics": given.metrics, "runs": table}
    write_text(path, json.dumps(card, indent=2) + "\n")


if __name__ == "__main__":
    main()
