"""Making data sets."""

from pathlib import Path

from rich.console import Console
from rich.progress import Progress

from animatic.errors import UserError

SIZES = (32, 64, 128, 256)
"""Sizes at which Stage is rendered, in pixels."""


def render_stage(out: Path, num_clips: int, size: int, num_workers: int) -> None:
    """Render the Stage data set under a progress bar; called again, it goes on.

    Raises:
        UserError: if a number makes no sense, the packages are missing, or `out` cannot be used.
    """
    if size not in SIZES:
        raise UserError(f"size {size} is none of {', '.join(map(str, SIZES))}")
    if num_clips < 1 or num_workers < 1:
        raise UserError(f"num_clips {num_clips} and workers {num_workers} must be at least 1")
    try:
        from animatic.data.stage.dataset import Recipe, write_stage
    except ImportError as error:
        raise UserError("rendering needs more packages: pip install 'animatic[stage]'") from error
    with Progress(console=Console(stderr=True)) as bar:
        task = bar.add_task("rendering", total=num_clips)
        write_stage(
            out,
            num_clips,
            Recipe(size=size),
            num_workers,
            lambda done, total: bar.update(task, completed=done, total=total),
        )
