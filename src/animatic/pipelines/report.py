"""What a training run tells while it runs: a live line, a log file, TensorBoard."""

import time
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType

from rich.console import Console
from rich.live import Live
from rich.text import Text

from animatic.errors import UserError
from animatic.storage.run_folder import append_log

REPORT_EVERY_S = 10.0
"""Seconds between two rows of the log, and between two lines where there is no live terminal."""


class Report:
    """Averages losses and clips per second between two reports."""

    def __init__(self, folder: Path, first: int, last: int, shown: bool) -> None:
        self.folder, self.first, self.last, self.shown = folder, first, last, shown
        self.console = Console(stderr=True, quiet=not shown)
        self.begun = self.reported = time.monotonic()
        self.sums: dict[str, tuple[float, int]] = {}
        self.clips = 0
        self.writer = _writer(folder) if shown else None
        self.live = Live(console=self.console, refresh_per_second=2, transient=True)

    def __enter__(self) -> "Report":
        """Begin the live line."""
        if self.console.is_terminal:
            self.live.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """End the live line and close the files."""
        self.live.stop()
        if self.writer is not None:
            self.writer.close()

    def step(self, done: int, losses: Mapping[str, float], num_clips: int) -> None:
        """Count one step; report when enough time has passed, and at the last step."""
        self.clips += num_clips
        for name, loss in losses.items():
            total, count = self.sums.get(name, (0.0, 0))
            self.sums[name] = (total + loss, count + 1)
        passed = time.monotonic() - self.reported
        if self.console.is_terminal:
            self.live.update(Text(self._line(done, passed)))
        if self.shown and (passed >= REPORT_EVERY_S or done == self.last):
            self._report(done, passed)

    def say(self, message: str) -> None:
        """Print one line that stays."""
        self.console.print(message, highlight=False, soft_wrap=True)

    def _report(self, done: int, passed: float) -> None:
        if not self.console.is_terminal:
            self.say(self._line(done, passed))
        row = {name: total / count for name, (total, count) in self.sums.items()}
        row["clips_per_s"] = self.clips / max(passed, 1e-9)
        append_log(self.folder, {"step": done, **row})
        if self.writer is not None:
            for name, value in row.items():
                self.writer.add_scalar(name, value, done)
        self.reported, self.sums, self.clips = time.monotonic(), {}, 0

    def _line(self, done: int, passed: float) -> str:
        pace = (time.monotonic() - self.begun) / max(1, done - self.first)
        left = int(pace * (self.last - done))
        losses = "  ".join(f"{n} {total / count:.4f}" for n, (total, count) in self.sums.items())
        speed = self.clips / max(passed, 1e-9)
        clock = f"{left // 3600}:{left % 3600 // 60:02d}:{left % 60:02d}"
        return f"step {done}/{self.last}  {losses}  {speed:.1f} clips/s  {clock} left"


def _writer(folder: Path):
    try:
        from tensorboardX import SummaryWriter
    except ImportError as error:
        raise UserError("training needs more packages: pip install 'animatic[train]'") from error
    return SummaryWriter(str(folder))
