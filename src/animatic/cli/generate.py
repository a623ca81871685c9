"""`animatic generate`: from words to clips."""

from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from animatic.errors import UserError


def generate(  # noqa: PLR0913 - each is an option of the command line
    prompt: str | None = None,
    *,
    output: Annotated[Path, Parameter(name=["--output", "-o"])] = Path("clip.mp4"),
    prompts: Path | None = None,
    seed: int = 0,
    num: int = 1,
    best_of: int = 1,
    keep_sketch: bool = False,
    sheet: Path | None = None,
    scale: int = 4,
    fps: float | None = None,
    checkpoint: Annotated[str, Parameter(name=["--checkpoint", "--model"])] = "t2v",
    truncation: float | None = None,
    device: str = "auto",
) -> None:
    """Make clips from words.

    Example: animatic generate "sailing in the snow" -o sail.mp4 --seed 7 --num 4 --keep-sketch

    The same prompt and seed always give the same clip. The critic's score of each clip is printed:
    higher looks more real and closer to the prompt; it compares clips of one prompt.

    Args:
        prompt: what the clip shows, such as "playing golf in the swimming pool", or the name of a
            class for a model of classes (dvd_gan: golf, skiing ...).
        output: file to write; .mp4, .gif, .webp or .png (a contact sheet). Several clips get
            numbers.
        prompts: text file with one prompt a line, instead of a prompt.
        seed: number that picks the clip; further clips take the next ones.
        num: clips of each prompt.
        best_of: make this many for each clip that is kept, the one that the critic likes best.
        keep_sketch: write stage one beside each clip, as NAME.sketch.mp4.
        sheet: also write a contact sheet of all clips, one row each, to this .png.
        scale: how much larger than the model's own pixels the files are.
        fps: frames per second at which the clip plays; the model's own rate if not given.
        checkpoint: name of a shipped checkpoint, or a file or run folder.
        truncation: share of the noise that is used; less of it gives clips that are more alike and
            show their class better. For DVD-GAN; 1 if not given.
        device: cpu, cuda, or auto for a GPU where there is one.
    """
    if (prompt is None) == (prompts is None):
        raise UserError('give either a prompt, such as "sailing in the snow", or --prompts FILE')
    if scale < 1:
        raise UserError(f"scale {scale} must be at least 1")
    if fps is not None and not 0 < fps <= 240:
        raise UserError(f"fps {fps:g} must be more than 0 and at most 240")

    from animatic.pipelines import generate as pipeline

    texts = [prompt] if prompt is not None else pipeline.read_prompts(prompts or Path())
    job = pipeline.Job(output, sheet, seed, num, best_of, keep_sketch, scale, fps, truncation)
    for path, creation in pipeline.write_all(checkpoint, device, texts, job):
        score = "" if creation.score is None else f"  critic {creation.score:.3f}"
        print(f"{path}  seed {creation.seed}{score}")  # noqa: T201
