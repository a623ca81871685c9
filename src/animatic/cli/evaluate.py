"""`animatic evaluate`: numbers for a model card."""

from pathlib import Path


def evaluate(
    checkpoint: str = "t2v",
    *,
    data: Path | None = None,
    num: int = 512,
    out: Path | None = None,
    sheet: Path | None = None,
    device: str = "auto",
) -> None:
    """Measure whether clips show what their prompts say.

    Example: animatic evaluate t2v --data stage --out scores.json

    A network that was trained on real renders only names the action and the scene of generated
    clips, on pairs seen in training and on held-out ones; the same on real clips stands beside.

    Args:
        checkpoint: name of a shipped checkpoint, or a file or run folder.
        data: a rendered Stage data set, for the row of real clips.
        num: clips of each split.
        out: write the table to this JSON file.
        sheet: write a contact sheet of held-out pairs to this .png.
        device: cpu, cuda, or auto for a GPU where there is one.
    """
    from rich.console import Console
    from rich.table import Table

    from animatic.pipelines.evaluate import evaluate as run

    scores = run(checkpoint, data, num, out, sheet, device)
    table = Table("clips", "action", "scene", "joint", "n", title="accuracy (stage-net)", box=None)
    for name, row in scores.items():
        if isinstance(row, dict):
            table.add_row(
                name, *(f"{row[key]:.3f}" for key in ("action", "scene", "joint")), str(row["n"])
            )
    Console().print(table)
