"""The numbers of a model card, and what another run of the same protocol got beside them."""

from collections.abc import Sequence
from typing import Any

from animatic.pipelines.evaluation.job import Row
from animatic.storage.checkpoint import Checkpoint

DIGITS = 4
"""Significant digits that a model card keeps of a number."""


def as_published(rows: Sequence[Row], command: str, digest: str) -> dict[str, Any]:
    """Return the part of a model card that says what was measured and how to get it again.

    Args:
        rows: numbers of one checkpoint.
        command: what was typed.
        digest: SHA-256 of the checkpoint.
    """
    return {"command": command, "checkpoint": digest, "rows": condensed(rows)}


def condensed(rows: Sequence[Row]) -> list[dict[str, Any]]:
    """Return numbers as a model card keeps them, each with what must agree to compare it."""
    return [
        {**_protocol(row), **{name: _short(value) for name, value in vars(row.number).items()}}
        for row in rows
    ]


def published(rows: Sequence[Row], stored: Checkpoint) -> list[float | None]:
    """Return what the card of a checkpoint says of each number, where the protocol is the same.

    Args:
        rows: numbers of this checkpoint.
        stored: with a card; if that is about another file's numbers, it says nothing.
    """
    told = stored.card.get("numbers", {})
    entries = told["rows"] if told.get("checkpoint") == stored.digest and told else ()
    found: list[float | None] = []
    for row in rows:
        protocol = _protocol(row).items()
        found.append(next((entry["value"] for entry in entries if protocol <= entry.items()), None))
    return found


def _protocol(row: Row) -> dict[str, Any]:
    """Return what must agree for two numbers of a checkpoint to mean the same."""
    real = row.card.get("real")
    return {
        "metric": row.metric,
        "split": row.split,
        "n": row.card["made"]["n"],
        "n_real": None if real is None else real["n"],
        "window": row.card.get("window", "whole clips"),
    }


def _short(value: float | None) -> float | None:
    return None if value is None else float(f"{value:.{DIGITS}g}")
