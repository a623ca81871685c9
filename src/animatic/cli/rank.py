"""`animatic rank`: clips in order of the critic's liking."""

from pathlib import Path


def rank(folder: Path, *, prompt: str, checkpoint: str = "t2v", device: str = "auto") -> None:
    """Score and order clips of any origin for a prompt.

    Example: animatic rank clips --prompt "sailing in the snow"

    The critic was trained beside the generator to tell real clips with the right words from
    generated ones and from wrong words. Its card says how often it is right. Higher is better; only
    scores of one prompt can be compared. The shares say how many real and how many generated clips
    of Stage the critic likes less for their own prompts, on pairs that it did not learn;
    they are shown where the checkpoint's card has them.

    Args:
        folder: videos.
        prompt: what they should show.
        checkpoint: name of a shipped checkpoint, or a file or run folder.
        device: cpu, cuda, or auto for a GPU where there is one.
    """
    from rich.console import Console
    from rich.markup import escape
    from rich.table import Table

    from animatic.pipelines.rank import rank as run

    found = run(checkpoint, folder, prompt, device)
    kinds = list(found[0].above)
    table = Table("", "score", *(f"above {kind}" for kind in kinds), "clip", box=None)
    for place, ranked in enumerate(found, 1):
        name = escape(str(ranked.path.relative_to(folder)))
        if ranked.score is None:
            table.add_row("-", "skipped", *("" for _ in kinds), f"{name}: {escape(ranked.why)}")
        else:
            shares = (f"{ranked.above[kind]:.0%}" for kind in kinds)
            table.add_row(str(place), f"{ranked.score:.3f}", *shares, name)
    Console().print(table)
