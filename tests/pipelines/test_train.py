"""The loop: what is resumed equals what never stopped, and nothing good is lost."""

import json
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import load_file

from animatic.errors import UserError
from animatic.pipelines import catalog, memory
from animatic.pipelines import train as pipeline
from animatic.pipelines.train import Run, adjusted, derived_seed, train
from animatic.storage.video_file import write_video
from animatic.types import Video


@pytest.fixture(scope="module")
def footage(tmp_path_factory) -> Path:
    """Six short clips of one's own, with captions."""
    folder = tmp_path_factory.mktemp("footage")
    random = np.random.default_rng(0)
    rows = []
    for number in range(6):
        start, end = random.integers(0, 255, (2, 3))
        along = np.linspace(0, 1, 12)[:, None, None, None]
        frames = (start * (1 - along) + end * along) * np.ones((12, 16, 16, 3))
        write_video(folder / f"{number}.mp4", Video(frames.astype(np.uint8), 12.0))
        rows.append(json.dumps({"file": f"{number}.mp4", "caption": f"colour {number} fades"}))
    (folder / "captions.jsonl").write_text("\n".join(rows))
    return folder


def a_run(footage: Path, out: Path, **changed) -> Run:
    run = Run("t2v", "tiny", footage, out, steps=10, batch_size=4, save_every=4, sample_every=100)
    return replace(run, **{"device": "cpu"} | changed)


def weights(out: Path) -> dict[str, torch.Tensor]:
    return load_file(out / "model.safetensors")


def same(first: Path, second: Path) -> bool:
    a, b = weights(first), weights(second)
    return a.keys() == b.keys() and all(torch.equal(a[name], b[name]) for name in a)


def test_a_run_in_two_halves_ends_with_the_same_bits(footage, tmp_path):
    train(a_run(footage, tmp_path / "whole"))
    train(a_run(footage, tmp_path / "halves", steps=5))
    train(a_run(footage, tmp_path / "halves"))
    assert same(tmp_path / "whole", tmp_path / "halves")
    train(a_run(footage, tmp_path / "other", seed=1))
    assert not same(tmp_path / "whole", tmp_path / "other")


def test_a_killed_run_goes_on_with_the_same_bits(footage, tmp_path):
    train(a_run(footage, tmp_path / "whole"))
    code = (
        "import sys; from pathlib import Path; from animatic.pipelines import train as t\n"
        "from animatic.pipelines.keep import Keeper; import os, signal, torch\n"
        "torch.set_num_threads(1); after = Keeper.after\n"
        "def dying(self, done, learner, stop):\n"
        "    after(self, done, learner, stop)\n"
        "    if done == 6: os.kill(os.getpid(), signal.SIGKILL)\n"
        "Keeper.after = dying\n"
        "t.train(t.Run('t2v', 'tiny', Path(sys.argv[1]), Path(sys.argv[2]), steps=10, batch_size=4,"
        " save_every=4, sample_every=100, device='cpu'))\n"
    )
    out = tmp_path / "killed"
    died = subprocess.run([sys.executable, "-c", code, footage, out], check=False)
    assert died.returncode == -9
    train(a_run(footage, out))
    assert same(tmp_path / "whole", out)


def test_ctrl_c_saves_and_stops_after_the_step(footage, tmp_path, monkeypatch, capsys):
    import signal

    step = pipeline._refuse_nan

    def interrupted(losses, number):
        step(losses, number)
        if number == 4:
            signal.raise_signal(signal.SIGINT)
            signal.raise_signal(signal.SIGINT)  # as torchrun echoes it

    monkeypatch.setattr(pipeline, "_refuse_nan", interrupted)
    train(a_run(footage, tmp_path / "run"))
    assert "stopped after step 5" in capsys.readouterr().err
    monkeypatch.undo()
    train(a_run(footage, tmp_path / "run"))
    train(a_run(footage, tmp_path / "whole"))
    assert same(tmp_path / "whole", tmp_path / "run")


def test_a_run_starts_from_another_and_goes_on_without_it(footage, tmp_path, capsys):
    train(a_run(footage, tmp_path / "first", settings=["dim=24"]))
    begun = str(tmp_path / "first")
    train(a_run(footage, tmp_path / "whole", preset=None, start_from=begun))
    assert "started from" in capsys.readouterr().err
    card = json.loads((tmp_path / "whole" / "model.json").read_text())
    assert card["start_from"]["checkpoint"] == begun
    assert card["start_from"]["steps"] == 10
    train(a_run(footage, tmp_path / "halves", preset=None, start_from=begun, steps=5))
    (tmp_path / "first" / "model.safetensors").unlink()
    train(a_run(footage, tmp_path / "halves", preset=None, start_from=begun))
    assert same(tmp_path / "whole", tmp_path / "halves")
    with pytest.raises(UserError, match="holds another run"):
        train(a_run(footage, tmp_path / "halves", settings=["dim=24"]))


def test_a_start_of_which_nothing_fits_is_refused(footage, tmp_path, monkeypatch):
    from animatic.families.t2v.sketch.learner import SketchLearner

    monkeypatch.setattr(SketchLearner, "start_from", lambda *_: [])
    with pytest.raises(UserError, match="no weights of t2v fit"):
        train(a_run(footage, tmp_path / "run", start_from="t2v"))
    assert not (tmp_path / "run").exists()


def test_a_loss_that_is_no_number_stops_and_keeps_the_last_good_state(
    footage, tmp_path, monkeypatch
):
    from animatic.families.t2v.sketch.learner import SketchLearner

    train(a_run(footage, tmp_path / "run", steps=8))
    before = weights(tmp_path / "run")
    monkeypatch.setattr(SketchLearner, "step", lambda *_: {"sketch": float("nan")})
    with pytest.raises(UserError, match="'sketch' is nan at step 9"):
        train(a_run(footage, tmp_path / "run"))
    assert all(torch.equal(before[n], tensor) for n, tensor in weights(tmp_path / "run").items())


def test_a_folder_of_another_run_is_refused(footage, tmp_path):
    train(a_run(footage, tmp_path / "run", steps=1))
    with pytest.raises(UserError, match="holds another run"):
        train(a_run(footage, tmp_path / "run", batch_size=2))


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"family": "nothing"}, "no family"),
        ({"preset": "huge"}, "no preset"),
        ({"start_from": "nothing"}, "no checkpoint 'nothing'"),
        ({"start_from": "dvd_gan"}, "dvd_gan is a model of dvd_gan, not of t2v"),
        ({"steps": 0}, "steps 0"),
        ({"accumulate": 3}, "multiple of accumulate"),
        ({"precision": "half"}, "precision 'half'"),
        ({"device": "toaster"}, "device"),
        ({"data": Path("/nowhere")}, "nowhere"),
    ],
)
def test_what_cannot_be_trained_is_refused_before_anything_is_made(
    footage, tmp_path, changed, message
):
    with pytest.raises(UserError, match=message):
        train(a_run(footage, tmp_path / "run", **changed))
    assert not (tmp_path / "run").exists()


def test_accumulating_halves_uses_all_clips(footage, tmp_path):
    train(a_run(footage, tmp_path / "run", accumulate=2, steps=8))
    assert (tmp_path / "run" / "model.safetensors").is_file()


def test_the_run_folder_has_a_log_scalars_and_samples(footage, tmp_path):
    train(a_run(footage, tmp_path / "run", steps=8, sample_every=8))
    folder = tmp_path / "run"
    rows = [json.loads(line) for line in (folder / "log.jsonl").read_text().splitlines()]
    assert rows[-1]["step"] == 8
    assert {"sketch", "details", "clips_per_s"} <= rows[-1].keys()
    assert (folder / "samples" / "0000008.png").is_file()
    assert list(folder.glob("events.*"))
    assert json.loads((folder / "model.json").read_text())["steps"] == 8


def test_of_slowly_growing_clips_two_are_drawn(footage, tmp_path, monkeypatch):
    drawn = []
    monkeypatch.setattr(
        "animatic.pipelines.keep.write_sheet", lambda path, made, **_: drawn.extend(made)
    )
    train(a_run(footage, tmp_path / "run", family="video_transformer", steps=3))
    assert len(drawn) == 2


def test_seeds_of_steps_and_processes_differ():
    seeds = {
        derived_seed(s, step, rank) for s in range(3) for step in range(9) for rank in range(3)
    }
    assert len(seeds) == 81
    assert derived_seed(0, 0, 0) == derived_seed(0, 0, 0)


class Listening(torch.nn.Linear):
    """Remembers what kind of numbers it is given, and what it answers with before Fabric looks."""

    def forward(self, x):
        self.heard = x.dtype
        answer = super().forward(x)
        self.said = answer.dtype
        return answer


def test_bf16_rounds_products_but_not_what_networks_are_given(footage, tmp_path):
    engine = pipeline.engine_of(a_run(footage, tmp_path / "run", precision="bf16-mixed"))
    network = Listening(4, 4)
    optimizer = torch.optim.SGD(network.parameters())
    engine.setup(network, optimizer)[0](torch.rand(2, 4))
    assert (network.heard, network.said) == (torch.float32, torch.bfloat16)


WORKER = """
import sys, torch
from pathlib import Path
from animatic.pipelines import train as t
from animatic.pipelines.keep import Keeper
torch.set_num_threads(1)
run = t.Run('t2v', 'tiny', Path(sys.argv[1]), Path(sys.argv[2]), steps=10, batch_size=4,
            accumulate=int(sys.argv[3]), save_every=100, sample_every=100, device='cpu')
step = t._refuse_nan
kept = {}
family = t.catalog.family('t2v')
make = family.learner
def remember(config, engine, tools):
    kept['learner'] = make(config, engine, tools)
    kept['rank'] = engine.global_rank
    return kept['learner']
object.__setattr__(family, 'learner', remember)
t.train(run)
torch.save(dict(kept['learner'].weights()), f"{sys.argv[2]}-rank{kept['rank']}.pt")
"""


@pytest.mark.parametrize("accumulate", [1, 2])
def test_two_processes_train_the_same_weights(footage, tmp_path, accumulate):
    script = tmp_path / "worker.py"
    script.write_text(WORKER)
    command = [sys.executable, "-m", "torch.distributed.run", "--nproc-per-node", "2"]
    command += ["--master-port", str(29500 + os.getpid() % 1000), str(script)]
    command += [str(footage), str(tmp_path / "run"), str(accumulate)]
    environment = os.environ | {"OMP_NUM_THREADS": "1"}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-3000:]
    first, second = (torch.load(tmp_path / f"run-rank{rank}.pt") for rank in range(2))
    assert all(torch.equal(first[name], second[name]) for name in first)
    moved = weights(tmp_path / "run")
    assert any(moved[name].abs().sum() > 0 for name in moved if name.startswith("sketcher"))


def test_settings_replace_values_of_a_preset():
    tiny = catalog.family("t2v").presets["tiny"]
    changed = adjusted(tiny, ["dim=64", "wrong_text_weight=0", "penalty=2", "every_word=False"])
    assert (changed.dim, changed.wrong_text_weight, changed.penalty) == (64, 0.0, 2.0)
    assert changed.num_layers == tiny.num_layers
    assert not changed.every_word


def test_several_values_have_commas_between_them():
    tiny = catalog.family("dvd_gan").presets["tiny"]
    changed = adjusted(tiny, ["generator_widths=4,2,1", "given_frames=1,2"])
    assert (changed.generator_widths, changed.given_frames) == ((4, 2, 1), (1, 2))
    assert adjusted(changed, ["given_frames="]).given_frames == ()


def test_a_run_that_does_not_fit_into_memory_is_refused(footage, tmp_path, monkeypatch):
    monkeypatch.setattr(memory, "memory_bytes", lambda device: 10_000_000)
    run = Run("dvd_gan", "tiny-prediction", footage, tmp_path / "run", 2, 1024, device="cpu")
    with pytest.raises(
        UserError, match=r"a step takes about 0\.\d GB of memory, and there are 0\.0"
    ):
        train(run)
    assert not (tmp_path / "run").exists()


def test_settings_are_checked_together_in_any_order():
    tiny = catalog.family("t2v").presets["tiny"]
    changed = adjusted(tiny, ["size=24", "detail_patch=12", "sketch_size=6"])
    assert (changed.size, changed.detail_patch, changed.sketch_size) == (24, 12, 6)


@pytest.mark.parametrize(
    ("words", "line"),
    [
        ("dims=64", "no setting 'dims'; there are num_frames"),
        ("dim=wide", "dim 'wide' must be a value such as 32"),
        ("dim=1.5", r"dim '1\.5' must be a value such as 32"),
        ("dim", "dim '' must be a value such as 32"),
        ("num_heads=3", "dim 32 must be a multiple of num_heads 3"),
    ],
)
def test_settings_that_make_no_sense_are_refused(words, line):
    with pytest.raises(UserError, match=line):
        adjusted(catalog.family("t2v").presets["tiny"], [words])
