"""`animatic evaluate`: numbers for a model card."""

from pathlib import Path


def evaluate(  # noqa: PLR0913
    what: str = "t2v",
    against: Path | None = None,
    *,
    data: Path | None = None,
    metrics: str = "composition",
    protocol: str | None = None,
    num: int = 512,
    given: int | None = None,
    frames: int = 16,
    stride: int = 1,
    out: Path | None = None,
    sheet: Path | None = None,
    plots: Path | None = None,
    device: str = "auto",
) -> None:
    """Measure the clips of a checkpoint, or two folders of clips of any origin.

    Example: animatic evaluate t2v --data stage --metrics composition,fvd --out scores.json

    Every number has a protocol card in the JSON file: network and hash of its weights, clips,
    frames, seeds; most have a standard error, and what real clips get in their place. Where the
    card of a checkpoint has a number of the same protocol, it stands beside it as `published`.

    Metrics: composition (are action and scene those of the prompt, on pairs seen in training and on
    held-out ones?), composition-i3d, kinetics, fvd, kvd, fid, kid, prdc (precision, recall,
    density, coverage), is, is-c3d, diversity, memorised, counterfactual (does one changed word
    change one thing?), cas (a classifier learns generated clips and names real ones), accuracy (the
    other way round), bits (for models with a likelihood), prediction (frames that a model
    continues, against what really came). composition, counterfactual, diversity,
    memorised, fvd-stage, kvd-stage and prdc-stage look through the small network that ships, which
    was trained on renders of Stage and is good for nothing else; composition-i3d, kinetics, fvd,
    kvd, fid, kid, prdc, is and is-c3d through published networks (`animatic weights list`). psnr,
    ssim, lpips and lpips-vgg compare clips of the same name in two folders.

    Args:
        what: name of a shipped checkpoint, a file or run folder, or a folder of clips.
        against: a folder of real clips to compare with.
        data: a rendered Stage data set to compare with.
        metrics: names with commas between them.
        protocol: a published one that says what is measured of how many clips: bair-1to15,
            k600-5to11, ucf101-is or t2v-accuracy; it replaces metrics, num, frames and stride.
        num: clips of each set, at most.
        given: first frames that a model goes on from; each number that it can, if not given.
        frames: frames of each clip that are compared, from the first on.
        stride: take every so many-th frame.
        out: write the numbers with their protocol cards to this JSON file.
        sheet: write a contact sheet of the first clips to this .png, of a checkpoint those of
            held-out pairs.
        plots: draw into this folder: accuracy of each pair, what actions are taken for, the first
            clips beside the real ones nearest to them.
        device: cpu, cuda, or auto for a GPU where there is one.
    """
    from rich.console import Console
    from rich.table import Table

    from animatic.pipelines.catalog import checkpoint
    from animatic.pipelines.evaluation.eyes import Window
    from animatic.pipelines.evaluation.job import Job, following, is_folder_of_clips
    from animatic.pipelines.evaluation.published import published
    from animatic.pipelines.evaluation.run import evaluate as run

    names = [name.strip() for name in metrics.split(",") if name.strip()]
    job = Job(
        what,
        against,
        data,
        names,
        num,
        given=given,
        window=Window(frames, stride),
        out=out,
        sheet=sheet,
        plots=plots,
        device=device,
    )
    rows = run(job if protocol is None else following(job, protocol))
    told = [None] * len(rows) if is_folder_of_clips(what) else published(rows, checkpoint(what))
    known = any(value is not None for value in told)
    heads = ("clips", "metric", "value", "error", "real", "n", *(["published"] if known else []))
    table = Table(*heads, box=None)
    for row, value in zip(rows, told, strict=True):
        number, count = row.number, row.card["made"]["n"]
        values = (number.value, number.error, number.floor, count, value)
        shown = [f"{v:.4g}" if isinstance(v, float) else str(v or "") for v in values]
        table.add_row(row.split, row.metric, *shown[: len(heads) - 2])
    console = Console()
    console.print(table)
    warnings = {warning: None for row in rows for warning in row.card["warnings"]}
    for warning in warnings:
        console.print(f"note: {warning}", highlight=False, soft_wrap=True, markup=False)
