"""`animatic predict`: from first frames to what follows."""

from pathlib import Path
from typing import Annotated

from cyclopts import Parameter


def predict(  # noqa: PLR0913 - each is an option of the command line
    first: Path,
    *,
    model: Annotated[str, Parameter(name=["--model", "--checkpoint"])] = "dvd_gan_prediction",
    output: Annotated[Path, Parameter(name=["--output", "-o"])] = Path("clip.mp4"),
    given: int | None = None,
    frames: int | None = None,
    fit: str = "crop",
    seed: int = 0,
    num: int = 1,
    best_of: int = 1,
    sheet: Path | None = None,
    scale: int = 4,
    words: Annotated[str | None, Parameter(name="--as")] = None,
    temperature: float | None = None,
    device: str = "auto",
) -> None:
    """Continue a photo, or the first frames of a video.

    Example: animatic predict photo.png -o out.mp4 --num 4

    The given frames stand at the beginning of the clip as the model saw them. The same frames and
    seed always give the same clip.

    Args:
        first: a photo, an animation or a video; only its first frames are looked at.
        model: name of a shipped checkpoint, or a file or run folder.
        output: file to write; .mp4, .gif, .webp or .png (a contact sheet). Several clips get
            numbers.
        given: first frames to go on from; as many as the model can use if not given.
        frames: frames of the clip, given ones included; the model's own number if not given. A
            longer clip goes on from its own last frames.
        fit: what to do with another aspect: crop to the middle, or letterbox between black bars.
        seed: number that picks what follows; further clips take the next ones.
        num: clips to make.
        best_of: make this many for each clip that is kept, the one that the critic likes best.
        sheet: also write a contact sheet of all clips, one row each, to this .png.
        scale: how much larger than the model's own pixels the files are.
        words: what is to happen, for a model that reads words beside frames: a sentence, or the
            name of a class.
        temperature: below 1, likelier continuations are drawn more often; for models with a
            likelihood. Their own if not given.
        device: cpu, cuda, or auto for a GPU where there is one.
    """
    from animatic.pipelines.predict import Job, predict_all

    job = Job(
        first, output, given, frames, fit, seed, num, best_of, sheet, scale, words, temperature
    )
    for path, creation in predict_all(model, device, job):
        score = "" if creation.score is None else f"  critic {creation.score:.3f}"
        print(f"{path}  seed {creation.seed}{score}")  # noqa: T201
