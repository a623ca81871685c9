"""How long work shows how far it is."""

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import TypeVar

from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn
from rich.progress import track as rich_track

T = TypeVar("T")


def track(items: Iterable[T], total: int, title: str) -> Iterator[T]:
    """Yield the items under a progress bar on a terminal's error stream; silent elsewhere."""
    console = Console(stderr=True)
    hidden = total < 2 or not console.is_terminal
    yield from rich_track(items, title, total, console=console, transient=True, disable=hidden)


@contextmanager
def counting(title: str) -> Iterator[Callable[[int, int], None]]:
    """Hand out a function that is told the bytes so far and in all (0 if unknown)."""
    console = Console(stderr=True)
    columns = (TextColumn("{task.description}"), BarColumn(), DownloadColumn())
    with Progress(
        *columns, console=console, transient=True, disable=not console.is_terminal
    ) as shown:
        task = shown.add_task(title, total=None)
        yield lambda done, total: shown.update(task, completed=done, total=total or None)
