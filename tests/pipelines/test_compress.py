"""What is compressed comes back, bit for bit, or one line says why not."""

import sys

import numpy as np
import pytest
import torch

from animatic.cli import main
from animatic.families.video_transformer.coder import VideoTransformerCoder, counts
from animatic.pipelines import compress as pipeline
from animatic.pipelines.compress import compress, decompress
from animatic.pipelines.train import Run, train
from animatic.storage import codec
from animatic.storage.lossless import FFV1, encode_ffv1, read_anv, write_anv
from animatic.storage.video_file import write_video
from animatic.types import Prompt, Video, to_clip

SHAPES = {"one piece": (4, 8, 8), "one frame": (1, 8, 8), "odd": (6, 11, 5), "one pixel": (1, 1, 1)}


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A model of clips of 4 frames of 8x8 that learnt something."""
    folder = tmp_path_factory.mktemp("compress")
    (folder / "clips" / "all").mkdir(parents=True)
    random = np.random.default_rng(0)
    for number in range(3):
        frames = random.integers(0, 255, (6, 1, 1, 3)) * np.ones((6, 8, 8, 3))
        write_video(
            folder / "clips" / "all" / f"{number}.mp4", Video(frames.astype(np.uint8), 12.0)
        )
    run = Run(
        "video_transformer",
        "tiny",
        folder / "clips",
        folder / "model",
        4,
        4,
        device="cpu",
        settings=("given_frames=0,1",),
    )
    train(run)
    return folder


def video(folder, frames, fps=12.0):
    path = folder / "video.mkv"
    path.write_bytes(encode_ffv1(Video(frames, fps)))
    return path


def noise(shape):
    return np.random.default_rng(1).integers(0, 256, (*shape, 3), dtype=np.uint8)


@pytest.mark.parametrize("shape", [(1, 1, 1), (2, 7, 5), (3, 8, 8)])
def test_ffv1_keeps_every_byte(tmp_path, shape):
    found = codec.decode(video(tmp_path, noise(shape), 12.5))
    assert (found.frames == noise(shape)).all()
    assert found.fps == 12.5


@pytest.mark.parametrize("shape", SHAPES.values(), ids=SHAPES)
@pytest.mark.parametrize("kind", ["noise", "black"])
def test_what_is_compressed_comes_back(folder, tmp_path, monkeypatch, shape, kind):
    monkeypatch.setattr(pipeline, "TOGETHER", 2)
    frames = noise(shape) * (kind == "noise")
    made = compress(video(tmp_path, frames), tmp_path / "a.anv", str(folder / "model"))
    assert made.why_ffv1 == ""
    assert read_anv(made.path).method == "video_transformer"
    assert made.num_bytes == made.path.stat().st_size
    assert made.bits_per_dim == pytest.approx(8 * made.num_bytes / frames.size)
    back = codec.decode(decompress(made.path, tmp_path / "b.mkv", str(folder / "model")))
    assert (back.frames == frames).all()
    assert back.fps == 12.0


def test_a_stream_is_as_long_as_the_likelihood_says(folder):
    model = pipeline.load(str(folder / "model"), "cpu")
    frames = codec.decode(folder / "clips" / "all" / "0.mp4").frames[:4]
    clips, inside = torch.from_numpy(frames)[None], torch.ones(1, 4, 8, 8, dtype=torch.bool)
    streams = list(model.coder.encode(clips, inside))
    assert len(streams) == model.coder.num_parts(inside) == 8
    likelihood = model.likelihood.bits(to_clip(frames)[None], [Prompt()]).total.item()
    least = 8 * sum(len(stream) - 4 for stream in streams)
    assert likelihood < least < 1.01 * likelihood + 8 * 64


def test_numbers_of_values_follow_their_probabilities_and_none_is_zero():
    logits = torch.tensor([[0.0, 0.0, -100.0, 1.0]], dtype=torch.double)
    found = counts(logits)
    assert found.min() == 1
    assert found[0, 3] / found[0, 0] == pytest.approx(np.e, rel=1e-3)
    assert (found == found.round()).all()


def test_what_does_not_come_back_is_kept_as_ffv1(folder, tmp_path, monkeypatch):
    def wrong(self, parts, inside):
        yield torch.zeros(*inside.shape, 3, dtype=torch.uint8)

    frames = noise((4, 8, 8))
    monkeypatch.setattr(VideoTransformerCoder, "decode", wrong)
    made = compress(video(tmp_path, frames), tmp_path / "a.anv", str(folder / "model"))
    assert "did not come back" in made.why_ffv1
    assert read_anv(made.path).method == FFV1
    decompress(made.path, tmp_path / "b.mkv", "no model is needed")
    assert (codec.decode(tmp_path / "b.mkv").frames == frames).all()


def test_a_flipped_bit_is_found(folder, tmp_path, capsys):
    made = compress(video(tmp_path, noise((1, 8, 8))), tmp_path / "a.anv", str(folder / "model"))
    whole = made.path.read_bytes()
    for place in range(0, len(whole), 37):
        content = bytearray(whole)
        content[place] ^= 4
        made.path.write_bytes(content)
        refused(tmp_path, folder, capsys, "no .anv file" if place < 4 else "damaged")
    for length in (0, 5, len(whole) - 1):
        made.path.write_bytes(whole[:length])
        refused(tmp_path, folder, capsys, "no .anv file" if length < 4 else "damaged")


def test_a_slice_that_comes_back_otherwise_is_found(folder, tmp_path, capsys):
    """Whoever writes the file's checksum anew still does not get past those of the slices."""
    made = compress(video(tmp_path, noise((1, 8, 8))), tmp_path / "a.anv", str(folder / "model"))
    anv = read_anv(made.path)
    for change in (
        lambda part: part[:9] + bytes([part[9] ^ 1]) + part[10:],
        lambda part: b"\xff" * len(part),  # a stream that no encoder writes
        lambda part: part[:6],
    ):
        anv.parts[1] = change(anv.parts[1])
        write_anv(made.path, anv)
        refused(tmp_path, folder, capsys, "slice 1")


def refused(tmp_path, folder, capsys, line):
    command = f"decompress {tmp_path}/a.anv -o {tmp_path}/b.mkv --model {folder}/model"
    with pytest.raises(SystemExit, match="2"):
        main(command.split())
    error = capsys.readouterr().err
    assert line in error
    assert error.count("\n") == 1
    assert not (tmp_path / "b.mkv").exists()


def test_bad_input_is_one_line(folder, tmp_path, capsys, monkeypatch):
    source, model = video(tmp_path, noise((1, 8, 8))), folder / "model"
    compress(source, tmp_path / "a.anv", str(model))
    for command, line in (
        (f"compress {source} -o {tmp_path}/b.mp4 --model {model}", "ends in '.mp4'; give .anv"),
        (f"compress {source} -o {tmp_path}/no/b.anv --model {model}", "no does not exist"),
        (f"compress {tmp_path}/a.anv -o {tmp_path}/b.anv --model {model}", "cannot be read as"),
        (f"compress {source} -o {tmp_path}/b.anv --model t2v", "t2v has no likelihood"),
        (f"decompress {tmp_path}/a.anv -o {tmp_path}/b.mp4 --model {model}", "give .mkv"),
        (f"decompress {source} -o {tmp_path}/b.mkv --model {model}", "no .anv file"),
        (f"decompress {tmp_path}/no.anv -o {tmp_path}/b.mkv --model {model}", "cannot read"),
        (f"decompress {tmp_path}/a.anv -o {tmp_path}/b.mkv --model t2v", "not by t2v"),
    ):
        with pytest.raises(SystemExit, match="2"):
            main(command.split())
        assert line in capsys.readouterr().err
    monkeypatch.setitem(sys.modules, "constriction", None)
    with pytest.raises(SystemExit, match="2"):
        main(f"compress {source} -o {tmp_path}/b.anv --model {model}".split())
    assert "pip install 'animatic[compress]'" in capsys.readouterr().err
    assert not list(tmp_path.glob("b.*"))
