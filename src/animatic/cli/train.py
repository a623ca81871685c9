"""`animatic train`: teach a family from a data set."""

from pathlib import Path
from typing import Annotated

from cyclopts import Parameter


def train(  # noqa: PLR0913 - each is an option of the command line
    family: str,
    *,
    data: Path,
    out: Annotated[Path, Parameter(name=["--out", "-o"])],
    preset: str | None = None,
    start_from: str | None = None,
    settings: Annotated[list[str] | None, Parameter(name="--set", negative="")] = None,
    steps: int = 20_000,
    batch_size: int = 32,
    accumulate: int = 1,
    seed: int = 0,
    classes: str = "action",
    workers: int = 1,
    flip: bool = True,
    cache: bool = False,
    save_every: int = 500,
    sample_every: int = 1000,
    precision: str = "auto",
    device: str = "auto",
) -> None:
    """Train a model; the same command again goes on where it stopped.

    Example: animatic train t2v --preset small --data stage --out runs/a

    Example: animatic train dvd_gan --start-from dvd_gan --data clips --out runs/b

    Ctrl-C saves and stops. A run that was stopped and goes on ends with the same bits as one that
    never stopped. Several processes: torchrun --nproc-per-node 2 -m animatic train ...

    Args:
        family: which family to train; `animatic list` shows them.
        data: folder of a data set: rendered by `animatic data stage`, or your own videos with a
            captions.jsonl or one subfolder a label.
        out: folder of the run.
        preset: configuration of the family; "small" if none is named, or that of the checkpoint
            that training starts from.
        start_from: checkpoint whose weights training starts from, where they fit: the name of a
            shipped one, a file, or the folder of a run.
        settings: a value of it to replace, as NAME=VALUE; may be given several times. The run's
            run.json shows all names.
        steps: updates in all, those of earlier calls included.
        batch_size: clips in one update, over all processes.
        accumulate: parts in which a batch is worked off, to fit into memory.
        seed: number from which all randomness follows.
        classes: facts of Stage clips that make the classes of a family that learns them: action,
            scene, or action,scene. Of your own clips, the subfolders do.
        workers: threads that read clips ahead.
        flip: mirror clips at random, left to right.
        cache: decode every clip once, into a file beside the shards (0.4 MB a clip of 64 pixels).
        save_every: steps between saved states.
        sample_every: steps between grids of generated clips.
        precision: 32-true, bf16-mixed, or auto for bf16 where the device has it.
        device: cpu, cuda, or auto for a GPU where there is one.
    """
    from animatic.pipelines.train import Run
    from animatic.pipelines.train import train as run

    run(
        Run(
            family=family,
            preset=preset,
            data=data,
            out=out,
            steps=steps,
            start_from=start_from,
            batch_size=batch_size,
            accumulate=accumulate,
            seed=seed,
            workers=workers,
            flip=flip,
            cache=cache,
            save_every=save_every,
            sample_every=sample_every,
            precision=precision,
            device=device,
            settings=settings or (),
            classes=[name.strip() for name in classes.split(",") if name.strip()],
        )
    )
