"""How long work shows how far it is."""

from collections.abc import Iterable, Iterator
from typing import TypeVar

from rich.console import Console
from rich.progress import track as rich_track

T = TypeVar("T")


def track(items: Iterable[T], total: int, title: str) -> Iterator[T]:
    """Yield the items under a progress bar on a terminal's error stream; silent elsewhere."""
    console = Console(stderr=True)
    hidden = total < 2 or not console.is_terminal
    yield from rich_track(items, title, total, console=console, transient=True, disable=hidden)
