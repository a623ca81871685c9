"""A clip goes on from frames that stand in it as they were given; classes go by their names."""

from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

from animatic.cli import main
from animatic.errors import UserError
from animatic.pipelines.model import load
from animatic.pipelines.predict import Job, continued, first_frames, predict_all
from animatic.pipelines.train import Run, train
from animatic.storage.video_file import write_video
from animatic.types import Video


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Clips of two classes, and a model of each kind that learnt them."""
    folder = tmp_path_factory.mktemp("clips")
    random = np.random.default_rng(0)
    for name in ("fading", "still", "fading2"):
        (folder / "clips" / name).mkdir(parents=True)
        for number in range(3):
            frames = random.integers(0, 255, (6, 1, 1, 3)) * np.ones((6, 16, 16, 3))
            path = folder / "clips" / name / f"{number}.mp4"
            write_video(path, Video(frames.astype(np.uint8), 12.0))
    run = Run("dvd_gan", "tiny", folder / "clips", folder / "classes", 4, 4, device="cpu")
    train(run)
    train(replace(run, preset="tiny-prediction", out=folder / "prediction"))
    small = ("size=16", "labelled=true", "given_frames=0,1")
    train(replace(run, family="video_transformer", out=folder / "told", settings=small))
    Image.fromarray(random.integers(0, 255, (16, 16, 3), np.uint8)).save(folder / "photo.png")
    return folder


def test_given_frames_stand_at_the_beginning_as_they_are(folder):
    model = load(folder / "prediction", "cpu")
    photo = np.array(Image.open(folder / "photo.png"))[None]
    for given in (photo, np.concatenate([photo, 255 - photo])):
        clip = continued(model, given, None, seed=3)
        assert clip.frames.shape == (4, 16, 16, 3)
        assert (clip.frames[: len(given)] == given).all()
        assert (clip.frames == continued(model, given, None, seed=3).frames).all()
        assert (clip.frames != continued(model, given, None, seed=4).frames).any()
    longer = continued(model, photo, 9, seed=3)
    assert longer.frames.shape[0] == 9
    assert (longer.frames[:4] == continued(model, photo, None, seed=3).frames).all()
    with pytest.raises(UserError, match="frames 1 must be more than the 1 that are given"):
        continued(model, photo, 1, seed=3)


def test_as_many_frames_are_given_as_the_model_can_use(folder):
    model = load(folder / "prediction", "cpu")
    assert len(first_frames(model, folder / "photo.png", None)) == 1
    video = next((folder / "clips" / "still").iterdir())
    assert len(first_frames(model, video, None)) == 2
    assert len(first_frames(model, video, 1)) == 1
    with pytest.raises(UserError, match="continues 1 or 2 frames, not 3"):
        first_frames(model, video, 3)
    with pytest.raises(UserError, match="too short: 2 frames"):
        first_frames(model, folder / "photo.png", 2)
    with pytest.raises(UserError, match="continues no frames"):
        first_frames(load(folder / "classes", "cpu"), video, 1)


def test_the_best_is_the_one_that_the_critic_likes_best(folder, tmp_path):
    job = Job(folder / "photo.png", tmp_path / "a.png")
    scores = [
        next(iter(predict_all(str(folder / "prediction"), "cpu", replace(job, seed=seed))))[1].score
        for seed in range(3)
    ]
    ((path, best),) = predict_all(str(folder / "prediction"), "cpu", replace(job, best_of=3))
    assert path.is_file()
    assert best.score == max(scores)


def test_classes_go_by_the_names_of_subfolders(folder):
    model = load(folder / "classes", "cpu")
    assert model.config.class_names == ("fading", "fading2", "still")
    clip = model.generate("still", seed=1)
    assert (clip.prompt, clip.frames.shape) == ("still", (4, 16, 16, 3))
    assert (clip.frames != model.generate("fading", seed=1).frames).any()
    with pytest.raises(UserError, match="knows no 'golf'; it knows fading, fading2, still"):
        model.generate("golf")
    with pytest.raises(UserError, match="continues frames: animatic predict"):
        load(folder / "prediction", "cpu").generate("still")


def test_both_runs_drew_samples(folder):
    for kind in ("classes", "prediction"):
        assert list((folder / kind / "samples").glob("*.png"))


def test_frames_go_on_as_words_say(folder, tmp_path):
    path, job = str(folder / "told"), Job(folder / "photo.png", tmp_path / "a.png")

    def made(**more):
        return next(iter(predict_all(path, "cpu", replace(job, **more))))[1].frames

    still = made(words="still")
    assert (still == made(words="still")).all()
    assert (still != made(words="fading")).any()
    assert (still != made(words="still", temperature=0.5)).any()
    for more, line in (
        ({}, "give --as fading"),
        ({"words": "golf"}, "knows no 'golf'; it knows fading"),
        ({"words": "still", "temperature": 0.0}, "temperature 0 must be more than 0"),
        ({"words": "still", "best_of": 2}, "video_transformer has no critic"),
        ({"words": "still", "given": 2}, "continues 1 frames, not 2"),
    ):
        with pytest.raises(UserError, match=line):
            made(**more)
    for more, line in (
        ({"words": "still"}, "reads no words"),
        ({"temperature": 1.0}, "has no temp"),
    ):
        with pytest.raises(UserError, match=line):
            list(predict_all(str(folder / "prediction"), "cpu", replace(job, **more)))


def test_captions_are_no_classes(folder, tmp_path):
    (tmp_path / "captions.jsonl").write_text('{"file": "a.mp4", "caption": "golf"}\n')
    video = next((folder / "clips" / "still").iterdir())
    (tmp_path / "a.mp4").write_bytes(video.read_bytes())
    with pytest.raises(UserError, match="dvd_gan learns classes; give two subfolders"):
        train(Run("dvd_gan", "tiny", tmp_path, tmp_path / "run", 4, 4, device="cpu"))


def test_the_command_says_what_it_wrote_and_what_is_wrong(folder, tmp_path, capsys):
    words = ["predict", str(folder / "photo.png"), "--model", str(folder / "prediction")]
    outputs = ["-o", str(tmp_path / "a.mp4"), "--num", "2", "--sheet", str(tmp_path / "s.png")]
    with pytest.raises(SystemExit) as ended:
        main([*words, *outputs])
    assert ended.value.code == 0
    assert "a-0.mp4  seed 0  critic" in capsys.readouterr().out
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a-0.mp4", "a-1.mp4", "s.png"]
    for more, line in (
        (["--fit", "squeeze"], "fit 'squeeze' must be one of crop, letterbox"),
        (["--num", "0"], "num 0, best_of 1 and scale 4 must be at least 1"),
        (["--seed", "-1"], "seed -1 must be a whole number from 0"),
        (["--frames", "0"], "frames 0 must be more than the 1 that are given"),
        (["--given", "7"], "continues 1 or 2 frames, not 7"),
        (["-o", str(tmp_path / "a.avi")], "ends in '.avi'"),
    ):
        with pytest.raises(SystemExit) as ended:
            main([*words, *more])
        assert ended.value.code == 2
        assert line in capsys.readouterr().err
