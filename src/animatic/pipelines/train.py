"""The training loop that all families share.

Everything random in a step follows from the run's seed, the step and the process, so a run that was
stopped and resumed ends with the same bits as one that never stopped.
"""

import math
import os
import signal
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Any

import torch

from animatic.contracts import Config
from animatic.data.batches import Batches, open_clips
from animatic.data.clips import ClipSet, Example, ShardClips
from animatic.data.decoded import DecodedClips
from animatic.data.stage.random_streams import Stream
from animatic.errors import UserError
from animatic.pipelines import catalog
from animatic.pipelines.device import choose_device, has_bf16
from animatic.pipelines.keep import Keeper
from animatic.pipelines.memory import check_memory
from animatic.pipelines.report import Report
from animatic.pipelines.start import begin, find_start
from animatic.pipelines.tools import load_tools
from animatic.storage.run_folder import RunFolder
from animatic.types import Batch

PRECISIONS = ("auto", "32-true", "bf16-mixed")

NUM_GIVEN = 8
"""Clips that the samples of a run continue."""

ECHO_S = 5.0
"""Seconds within which a second Ctrl-C counts as the same one."""


@dataclass(frozen=True)
class Run:
    """What to train, on what, and how long; see `animatic train --help`."""

    family: str
    preset: str | None
    data: Path
    out: Path
    steps: int
    batch_size: int = 32
    accumulate: int = 1
    seed: int = 0
    workers: int = 1
    flip: bool = True
    cache: bool = False
    save_every: int = 500
    sample_every: int = 1000
    precision: str = "auto"
    device: str = "auto"
    settings: Sequence[str] = ()
    classes: Sequence[str] = ()
    start_from: str | None = None

    def __post_init__(self) -> None:
        """Refuse numbers that make no run.

        Raises:
            UserError: naming the number.
        """
        for name in ("steps", "batch_size", "accumulate", "save_every", "sample_every"):
            if getattr(self, name) < 1:
                raise UserError(f"{name} {getattr(self, name)} must be at least 1")
        if self.precision not in PRECISIONS:
            raise UserError(f"precision {self.precision!r} must be one of {', '.join(PRECISIONS)}")


def train(run: Run) -> None:
    """Train until the last step, Ctrl-C or a loss that is no number; state is saved on the way.

    Raises:
        UserError: if the run cannot begin or go on.
    """
    family = catalog.family(run.family)
    folder = RunFolder(run.out)
    begun = folder.load_state()
    start = find_start(family, run.preset, run.start_from, folder.about() if begun else {})
    config = adjusted(start.config, run.settings)
    engine = engine_of(run)
    clips = _clips(run, config)
    if "label" in config.reads:
        config = replace(config, class_names=clips.label_names)
    batches = _batches(run, clips, engine)
    memory = check_memory(
        family,
        config,
        batches.batch_size // run.accumulate,
        _precision(run, engine.device) == "bf16-mixed",
        engine.device,
        engine.world_size,
    )
    tools = load_tools(engine.device)  # before the seed: building networks draws random numbers
    torch.manual_seed(run.seed)
    learner = family.learner(config, engine, tools)
    started = "" if start.weights is None else begin(learner, start)
    keeper = None
    if engine.is_global_zero:
        run = replace(run, preset=start.preset)
        keeper = Keeper(run, family, config, folder, start.origin, _given(clips, config))
    first = 0
    if begun is not None:
        first, state = begun
        learner.load_state_dict(state)
    with Report(run.out, first, run.steps, shown=keeper is not None) as report, _asked() as asked:
        for line in filter(None, (memory, started)):
            report.say(line)
        stream = batches.from_step(first, run.workers)
        for step, batch in zip(range(first, run.steps), stream, strict=False):
            torch.manual_seed(derived_seed(run.seed, step, engine.global_rank))
            losses = learner.step(_parts(batch, run.accumulate), step)
            _refuse_nan(losses, step)
            report.step(step + 1, losses, run.batch_size)
            stop = _any_process(engine, bool(asked))
            if keeper is not None:
                keeper.after(step + 1, learner, stop)
            if stop:
                report.say(f"stopped after step {step + 1}; the same command goes on from there")
                return
    report.say(f"finished {run.steps} steps; the model is {folder.model_path}")


def adjusted(config: Any, settings: Sequence[str]) -> Any:
    """Return a configuration with some values replaced, each given as NAME=VALUE.

    Raises:
        UserError: if there is no such name, or the value is of another type.
    """
    changes: dict[str, Any] = {}
    names = [field.name for field in fields(config)]
    for words in settings:
        name, _, value = words.partition("=")
        if name not in names:
            raise UserError(f"there is no setting {name!r}; there are {', '.join(names)}")
        former = getattr(config, name)
        try:
            changes[name] = _like(former, value)
        except (ValueError, KeyError) as error:
            raise UserError(f"{name} {value!r} must be a value such as {former}") from error
    return replace(config, **changes)


def _like(former: Any, value: str) -> Any:
    """Read a value of the type of another one; of several, with commas between them."""
    if isinstance(former, bool):
        return {"true": True, "false": False}[value.lower()]
    if isinstance(former, tuple):
        kind = type(former[0]) if former else int
        return tuple(kind(part) for part in value.split(",") if part.strip())
    return type(former)(value)


def engine_of(run: Run) -> Any:
    """Return a Fabric for this process: alone, or one of those that torchrun started."""
    try:
        from lightning_fabric import Fabric
        from lightning_fabric.plugins import MixedPrecision, Precision
    except ImportError as error:
        raise UserError("training needs more packages: pip install 'animatic[train]'") from error

    class Mixed(MixedPrecision):
        """Autocast that leaves inputs as they are: Fabric would round times and pixels too."""

        def convert_input(self, data: Any) -> Any:
            return data

    device = choose_device(run.device)
    precision = _precision(run, device)
    rounding = Mixed("bf16-mixed", device.type) if precision == "bf16-mixed" else Precision()
    processes = int(os.environ.get("LOCAL_WORLD_SIZE", "1"))
    nodes = int(os.environ.get("WORLD_SIZE", "1")) // processes
    engine = Fabric(
        accelerator=device.type,
        devices=processes,
        num_nodes=nodes,
        strategy="ddp" if processes * nodes > 1 else "auto",
        plugins=[rounding],
    )
    engine.launch()
    return engine


def _precision(run: Run, device: torch.device) -> str:
    if run.precision != "auto":
        return run.precision
    return "bf16-mixed" if has_bf16(device) else "32-true"


def _clips(run: Run, config: Config) -> ClipSet:
    """Open what is to be learnt.

    Raises:
        UserError: if it cannot be read, or lacks what the family learns from.
    """
    labelled = "label" in config.reads
    clips = open_clips(run.data, config.shape, classes=run.classes if labelled else ())
    if labelled and len(clips.label_names) < 2:
        raise UserError(f"{run.family} learns classes; give two subfolders of clips or more")
    return DecodedClips(clips) if run.cache and isinstance(clips, ShardClips) else clips


def _given(clips: ClipSet, config: Config) -> list[Example]:
    """Return clips whose first frames samples are to continue, if the family reads frames."""
    count = min(NUM_GIVEN, len(clips)) if "frames" in config.reads else 0
    return [clips.get(index, Stream(index, "given")) for index in range(count)]


def _batches(run: Run, clips: ClipSet, engine: Any) -> Batches:
    """Return this process's share of every batch."""
    if run.batch_size % (engine.world_size * run.accumulate):
        raise UserError(
            f"batch_size {run.batch_size} must be a multiple of accumulate {run.accumulate} "
            f"times {engine.world_size} processes"
        )
    return Batches(
        clips,
        seed=run.seed,
        batch_size=run.batch_size // engine.world_size,
        rank=engine.global_rank,
        world_size=engine.world_size,
        mirrored=run.flip,
    )


def _parts(batch: Batch, count: int) -> Sequence[Batch]:
    """Cut a batch into parts of one size."""
    size = len(batch) // count
    return [batch.part(slice(start, start + size)) for start in range(0, len(batch), size)]


def _any_process(engine: Any, asked: bool) -> bool:
    """Return whether any process was asked to stop, so that all stop at the same step."""
    if engine.world_size == 1:
        return asked
    return bool(engine.all_reduce(torch.tensor(float(asked)), reduce_op="sum"))


def derived_seed(seed: int, step: int, rank: int) -> int:
    """Mix three numbers into one (splitmix64, Steele et al. 2014)."""
    mixed = (seed * 0x9E3779B97F4A7C15 + step * 0xBF58476D1CE4E5B9 + rank + 1) % 2**64
    for shift, factor in ((30, 0xBF58476D1CE4E5B9), (27, 0x94D049BB133111EB), (31, 1)):
        mixed = (mixed ^ (mixed >> shift)) * factor % 2**64
    return mixed


def _refuse_nan(losses: Mapping[str, float], step: int) -> None:
    for name, loss in losses.items():
        if not math.isfinite(loss):
            raise UserError(
                f"the loss {name!r} is {loss} at step {step + 1}; the last good state is kept, and "
                "the same command goes on from it; a lower learning rate may help"
            )


@contextmanager
def _asked() -> Iterator[list[float]]:
    """Collect Ctrl-C and the request to end instead of dying of them, with their times.

    A second one ends at once, unless it is the echo of the first: torchrun passes on what its
    processes have got themselves.
    """
    asked: list[float] = []

    def note(number: int, _frame: object) -> None:
        asked.append(time.monotonic())
        if asked[-1] - asked[0] > ECHO_S:
            raise KeyboardInterrupt(number)

    old = {number: signal.signal(number, note) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield asked
    finally:
        for number, handler in old.items():
            signal.signal(number, handler)
