"""Measure a checkpoint that ships, and put the numbers into its model card.

    python scripts/publish_numbers.py t2v --data stage --num 512 --metrics composition,fvd,kvd

The card keeps values, errors and what real clips get; all protocol cards go into
benchmarks/results. The command that the card names gets the numbers again: `animatic evaluate`
then shows the published ones beside them.
"""

import argparse
import json
from pathlib import Path

from ship_checkpoint import SHIPPED

from animatic.pipelines.evaluation.job import Job
from animatic.pipelines.evaluation.published import as_published
from animatic.pipelines.evaluation.run import evaluate
from animatic.storage.atomic import write_text
from animatic.storage.published import hash_of

RESULTS = Path("benchmarks/results")


def main() -> None:
    """Measure, write."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("name")
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--metrics", required=True)
    parser.add_argument("--num", type=int, default=512)
    parser.add_argument("--given", type=int, help="first frames that a model goes on from")
    given = parser.parse_args()
    out = RESULTS / f"{given.name}_numbers.json"
    job = Job(
        given.name,
        data=given.data,
        metrics=given.metrics.split(","),
        num=given.num,
        given=given.given,
        out=out,
        device="cpu",
    )
    rows = evaluate(job)
    path = SHIPPED / f"{given.name}.json"
    card = json.loads(path.read_text())
    command = f"animatic evaluate {given.name} --data stage --metrics {given.metrics}"
    command += "" if given.given is None else f" --given {given.given}"
    digest = hash_of(path.with_suffix(".safetensors"))
    card["numbers"] = as_published(rows, f"{command} --num {given.num}", digest)
    write_text(path, json.dumps(card, indent=2) + "\n")


if __name__ == "__main__":
    main()
