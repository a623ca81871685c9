"""Independent pieces of work, spread over processes of one thread each."""

import multiprocessing
import os
import signal
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from typing import Any, TypeVar

from animatic.errors import UserError

Item = TypeVar("Item")
Tick = Callable[[], None]
"""What a piece of work calls whenever it has done a part that counts."""

_LOOK_EVERY_S = 0.5
_THREAD_SETTINGS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")


class _StoppedError(Exception):
    """The process that gave the work does not want it any more."""


def spread(
    work: Callable[[Item, Tick], None],
    items: Sequence[Item],
    num_workers: int,
    progress: Callable[[int], None],
) -> None:
    """Do the work on every item, in no order; `progress` is told the ticks of all so far.

    With one worker all is done in this process. Otherwise `work` and the items must be picklable.
    An error or an interruption stops the others at their next tick.

    Raises:
        UserError: if a worker dies, as for want of memory; and what the work itself raises.
    """
    if num_workers <= 1:
        _do_here(work, items, progress)
        return
    context = multiprocessing.get_context("spawn")
    num_ticks, stop = context.Value("q", 0), context.Event()
    with (
        _one_thread_each(),
        ProcessPoolExecutor(num_workers, context, _enter, (num_ticks, stop)) as pool,
    ):
        waiting = {pool.submit(_do, work, item) for item in items}
        try:
            while waiting:
                done, waiting = wait(waiting, _LOOK_EVERY_S, FIRST_COMPLETED)
                progress(num_ticks.value)
                for future in done:
                    future.result()
        except BrokenProcessPool as error:
            raise UserError(
                "a worker process died, perhaps for want of memory; finished work is kept, run the "
                f"same again with fewer workers than {num_workers}"
            ) from error
        finally:
            stop.set()
            pool.shutdown(cancel_futures=True)


def _do_here(
    work: Callable[[Item, Tick], None], items: Sequence[Item], progress: Callable[[int], None]
) -> None:
    num_ticks = 0

    def tick() -> None:
        nonlocal num_ticks
        num_ticks += 1
        progress(num_ticks)

    for item in items:
        work(item, tick)


_shared: dict[str, Any] = {}
"""In a worker: the count of ticks, and whether to stop."""


def _enter(num_ticks: Any, stop: Any) -> None:
    """Prepare a worker: interruptions are the parent's affair, and without it there is no work."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    _shared.update(num_ticks=num_ticks, stop=stop)
    threading.Thread(target=_leave_with_the_parent, daemon=True).start()


def _leave_with_the_parent() -> None:
    parent = multiprocessing.parent_process()
    assert parent is not None
    parent.join()
    os._exit(1)


def _do(work: Callable[[Item, Tick], None], item: Item) -> None:
    work(item, _tick)


def _tick() -> None:
    with _shared["num_ticks"].get_lock():
        _shared["num_ticks"].value += 1
    if _shared["stop"].is_set():
        raise _StoppedError


@contextmanager
def _one_thread_each() -> Iterator[None]:
    """Let child processes start with one thread: libraries read these settings on import."""
    before = {name: os.environ.get(name) for name in _THREAD_SETTINGS}
    os.environ.update(dict.fromkeys(_THREAD_SETTINGS, "1"))
    try:
        yield
    finally:
        for name, value in before.items():
            os.environ.pop(name, None)
            if value is not None:
                os.environ[name] = value
