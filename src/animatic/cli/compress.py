"""`animatic compress` and `animatic decompress`: videos without loss, small by a likelihood."""

from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

Output = Annotated[Path, Parameter(name=["--output", "-o"])]
MadeBy = Annotated[str, Parameter(name=["--model", "--checkpoint"])]
DEFAULT = "video_transformer"


def compress(clip: Path, *, output: Output, model: MadeBy = DEFAULT, device: str = "auto") -> None:
    """Make a video smaller without loss, by a model that knows how probable its pixels are.

    Example: animatic compress clip.mp4 -o clip.anv

    What is kept are the frames as RGB bytes; sound is not. Encoding takes seconds, but the file is
    decoded again before it is written, pixel by pixel: minutes for a second of 64x64, so this is
    for small clips. What does not come back as it was is kept as FFV1, and that is said.
    Clips like those that the model learnt from become smaller than with any common codec; others
    do not, so compare.

    Args:
        clip: a video.
        output: file to write, an .anv.
        model: name of a shipped checkpoint, or a file or run folder, of a model with a likelihood;
            needed again to decompress.
        device: cpu, cuda, or auto for a GPU where there is one.
    """
    from animatic.pipelines.compress import compress as run

    made = run(clip, output, model, device)
    print(f"{made.path}  {made.num_bytes} bytes, {made.bits_per_dim:.3f} bits per dimension")  # noqa: T201
    if made.why_ffv1:
        print(f"note: kept as FFV1: {made.why_ffv1}")  # noqa: T201


def decompress(
    file: Path, *, output: Output, model: MadeBy = DEFAULT, device: str = "auto"
) -> None:
    """Get a video back, bit for bit, as FFV1 in a Matroska file.

    Example: animatic decompress clip.anv -o clip.mkv

    Args:
        file: an .anv that `animatic compress` wrote.
        output: file to write, an .mkv.
        model: the very model that the file was made by.
        device: cpu, cuda, or auto for a GPU where there is one.
    """
    from animatic.pipelines.compress import decompress as run

    print(run(file, output, model, device))  # noqa: T201
