"""The command line as a person meets it: one line and exit code 2 for what is wrong."""

import hashlib
import json
import subprocess
import sys

import numpy as np
import pytest

from animatic import cli
from animatic.storage import codec


def run(capsys, *words: str) -> tuple[int, str, str]:
    """Run a command; return exit code, what it printed, and what it complained of."""
    code = 0
    try:
        cli.main([str(word) for word in words])
    except SystemExit as end:
        code = end.code if isinstance(end.code, int) else 1
    printed = capsys.readouterr()
    return code, printed.out, printed.err


def test_a_clip_and_its_sketch_are_made(capsys, tiny_checkpoint, tmp_path):
    out = tmp_path / "sail.mp4"
    words = ["generate", "sailing in the snow", "-o", out, "--seed", "7", "--num", "2"]
    code, printed, _ = run(capsys, *words, "--keep-sketch", "--checkpoint", tiny_checkpoint)
    assert code == 0
    assert [line.split()[2] for line in printed.splitlines()] == ["7", "8"]
    assert "critic" in printed
    assert len(list(tmp_path.glob("sail-*.mp4"))) == 4


@pytest.mark.parametrize("ending", ["mp4", "gif", "webp", "png"])
def test_every_ending_is_written(capsys, tiny_checkpoint, tmp_path, ending):
    out = tmp_path / f"clip.{ending}"
    assert run(capsys, "generate", "golf", "-o", out, "--checkpoint", tiny_checkpoint)[0] == 0
    assert out.stat().st_size > 100


@pytest.mark.parametrize(
    ("words", "complaint"),
    [
        (["generate", ""], "prompt is empty"),
        (["generate", "x" * 10_000], "10000 characters"),
        (["evaluate", "--protocol", "bair"], "there is no protocol 'bair'"),
        (["weights", "add", "c3d", "nothing.npz"], "c3d takes 2 files"),
        (["generate"], "give either a prompt"),
        (["generate", "golf", "--seed", "seven"], "--seed"),
        (["generate", "golf", "--seed", "-3"], "seed -3"),
        (["generate", "golf", "--num", "0"], "num 0"),
        (["generate", "golf", "--scale", "0"], "scale 0"),
        (["generate", "golf", "--fps", "0"], "fps 0"),
        (["generate", "golf", "-o", "clip.doc"], ".doc"),
        (["generate", "golf", "-o", "nowhere/clip.mp4"], "nowhere"),
        (["generate", "golf", "--checkpoint", "nothing"], "nothing"),
        (["generate", "golf", "--device", "toaster"], "toaster"),
        (["generate", "--prompts", "missing.txt"], "missing.txt"),
        (["train", "t2v", "--data", "nowhere", "--out", "run"], "nowhere"),
        (["data", "stage", "--out", "stage", "--size", "63"], "size 63"),
        (["evaluate", "nothing"], "nothing"),
        (["evaluate", "--num", "0"], "num 0"),
        (["evaluate", "--sheet", "nowhere/a.png"], "nowhere"),
        (["dance"], "dance"),
        (["generate", "golf", "--colour", "red"], "--colour"),
    ],
)
def test_what_is_wrong_is_one_line_and_exit_code_2(
    capsys, tiny_checkpoint, tmp_path, monkeypatch, words, complaint
):
    monkeypatch.chdir(tmp_path)
    if words[0] == "generate" and "--checkpoint" not in words:
        words = [*words, "--checkpoint", str(tiny_checkpoint)]
    code, printed, complained = run(capsys, *words)
    assert code == 2
    assert printed == ""
    assert complaint in complained
    assert len(complained.splitlines()) == 1
    assert not list(tmp_path.iterdir())


def test_damaged_and_foreign_checkpoints_are_refused(capsys, tiny_checkpoint, tmp_path):
    truncated = tmp_path / "cut.safetensors"
    truncated.write_bytes(tiny_checkpoint.read_bytes()[:1000])
    pickled = tmp_path / "model.pt"
    pickled.write_bytes(b"\x80\x04N.")
    for path in (truncated, pickled):
        words = ["generate", "golf", "-o", tmp_path / "a.mp4", "--checkpoint", path]
        code, _, complained = run(capsys, *words)
        assert code == 2
        assert len(complained.splitlines()) == 1
    assert not (tmp_path / "a.mp4").exists()


def test_prompts_come_from_a_file(capsys, tiny_checkpoint, tmp_path):
    prompts = tmp_path / "prompts.txt"
    prompts.write_text("golf\nsailing\n")
    words = ["generate", "--prompts", prompts, "-o", tmp_path / "p.gif"]
    assert run(capsys, *words, "--checkpoint", tiny_checkpoint)[0] == 0
    assert sorted(path.name for path in tmp_path.glob("*.gif")) == [
        "p-0-golf.gif",
        "p-1-sailing.gif",
    ]


@pytest.fixture
def folder(tmp_path):
    clips = tmp_path / "clips"
    clips.mkdir()
    random = np.random.default_rng(0)
    for name in ("one [abc]", "two", "three"):
        frames = random.integers(0, 255, (16, 16, 16, 3)).astype(np.uint8)
        codec.encode(clips / f"{name}.mp4", frames, 12.0, codec.TRAINING)
    return clips


def test_two_folders_are_measured(capsys, folder, tmp_path):
    out = tmp_path / "scores.json"
    words = ["evaluate", folder, folder, "--metrics", "kvd-stage,ssim", "--out", out]
    code, printed, _ = run(capsys, *words)
    assert code == 0
    assert "kvd-stage" in printed
    assert "note: 3 clips" in printed
    assert {row["metric"] for row in json.loads(out.read_text())["rows"]} == {"kvd-stage", "ssim"}


def test_published_numbers_stand_beside_those_of_the_same_protocol(
    capsys, tiny_checkpoint, tmp_path
):
    path = tmp_path / "model.safetensors"
    path.write_bytes(tiny_checkpoint.read_bytes())
    words = ["evaluate", path, "--num", "4", "--frames", "8"]
    _, before, _ = run(capsys, *words)
    assert "published" not in before
    protocol = {"metric": "composition action", "split": "heldout", "n": 4, "n_real": None}
    row = {**protocol, "window": "whole clips", "value": 0.875}
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    numbers = {"command": "", "checkpoint": digest, "rows": [row]}
    path.with_suffix(".json").write_text(json.dumps({"numbers": numbers}))
    _, beside, _ = run(capsys, *words)
    told = [line.split() for line in beside.splitlines() if "0.875" in line]
    assert "published" in beside
    assert [line[:3] for line in told] == [["heldout", "composition", "action"]]


def test_clips_are_ranked_by_their_whole_names(capsys, folder, tiny_checkpoint):
    words = ["rank", folder, "--prompt", "golf", "--checkpoint", tiny_checkpoint]
    code, printed, _ = run(capsys, *words)
    assert code == 0
    assert "one [abc].mp4" in printed


def test_weights_are_listed_with_the_way_to_have_them(capsys, tmp_path, monkeypatch):
    monkeypatch.setenv("ANIMATIC_CACHE", str(tmp_path))
    code, printed, _ = run(capsys, "weights", "list")
    assert code == 0
    assert "i3d" in printed
    assert "c3d" in printed


def test_the_list_shows_families_presets_and_data(capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    code, printed, _ = run(capsys, "list")
    assert code == 0
    for word in ("t2v", "--preset small", "stage", "checkpoint"):
        assert word in printed


@pytest.mark.parametrize(
    "verb",
    [
        [],
        ["generate"],
        ["train"],
        ["data", "stage"],
        ["evaluate"],
        ["rank"],
        ["weights", "fetch"],
        ["weights", "add"],
        ["list"],
    ],
)
def test_every_verb_has_help_with_an_example(capsys, verb):
    code, printed, _ = run(capsys, *verb, "--help")
    assert code == 0
    assert not verb or "Example: animatic" in printed


def test_help_loads_neither_torch_nor_the_renderer():
    heavy = "[m for m in ('torch', 'numba', 'av') if m in sys.modules]"
    code = f"import sys; from animatic import cli; print({heavy})"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
