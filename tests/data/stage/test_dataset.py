import hashlib
import json
import os
import signal
import subprocess
import sys
import time
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pytest

from animatic.data.stage import dataset
from animatic.data.stage.dataset import Recipe, write_stage
from animatic.data.stage.splits import plan
from animatic.errors import UserError
from animatic.storage import codec
from animatic.storage.shards import ShardReader


@dataclass
class Sketch:
    """Stands in for a rendered clip."""

    frames: np.ndarray
    facts: str


def render(seed, action, scene, size, num_frames, fps):
    rows = np.arange(size, dtype=np.uint8)[:, None, None]
    frames = np.broadcast_to(rows * 3 + seed % 50, (num_frames, size, size, 3))
    return Sketch(np.ascontiguousarray(frames), f"{action} in the {scene}")


def slowly(*arguments):
    time.sleep(0.05)
    return render(*arguments)


def refuse(*arguments):
    raise AssertionError


def caption(facts, seed, num):
    return tuple(f"{facts}, {number}" for number in range(num))


RECIPE = Recipe(size=16, num_frames=4, fps=12.0, num_captions=2, render=render, caption=caption)


@pytest.fixture(autouse=True)
def workers_find_this_file(monkeypatch):
    monkeypatch.syspath_prepend(Path(__file__).parents[3])


@pytest.fixture(autouse=True)
def small_shards(monkeypatch):
    monkeypatch.setattr(dataset, "CLIPS_PER_SHARD", 10)


def content(folder):
    return {path.name: path.read_bytes() for path in sorted(folder.iterdir())}


def test_each_clip_of_the_plan_is_there_with_what_is_known_of_it(tmp_path):
    told = []
    write_stage(tmp_path / "set", 25, RECIPE, 1, lambda done, total: told.append((done, total)))
    reader = ShardReader(tmp_path / "set")
    assert told[0] == (0, 25)
    assert told[-1] == (25, 25)
    for index, job in enumerate(plan(25)):
        facts = reader.rows[index].facts
        frames = render(job.seed, job.action, job.scene, 16, 4, 12.0).frames
        read = codec.decode(reader.read(index))
        assert np.abs(read.frames.astype(int) - frames).mean() < 2
        assert read.fps == 12.0
        assert (facts.key, facts.split) == (job.key, job.split)
        assert facts.captions == caption(f"{job.action} in the {job.scene}", 0, 2)
        assert facts.more == {
            "action": job.action,
            "scene": job.scene,
            "seed": job.seed,
            "sha256": hashlib.sha256(frames.tobytes()).hexdigest(),
        }


def test_the_card_tells_counts_size_and_labels(tmp_path):
    write_stage(tmp_path, 25, RECIPE)
    card = json.loads((tmp_path / "dataset.json").read_text())
    assert card["num_clips"] == sum(card["splits"].values()) == 25
    assert (card["height"], card["width"], card["num_frames"], card["fps"]) == (16, 16, 4, 12.0)
    facts = ShardReader(tmp_path).rows[3].facts
    assert card["label_names"][facts.label] == facts.more["action"]


def test_workers_write_the_same_bytes_as_one_process(tmp_path):
    write_stage(tmp_path / "one", 25, RECIPE, 1)
    write_stage(tmp_path / "two", 25, RECIPE, 2)
    assert content(tmp_path / "one") == content(tmp_path / "two")


def test_finished_shards_are_not_rendered_again(tmp_path):
    write_stage(tmp_path, 25, RECIPE)
    before = content(tmp_path)
    told = []
    write_stage(
        tmp_path, 25, replace(RECIPE, render=refuse), 1, lambda done, total: told.append(done)
    )
    assert content(tmp_path) == before
    assert told == [25]
    (tmp_path / "000010-000019.tar").unlink()
    write_stage(tmp_path, 25, RECIPE)
    assert content(tmp_path) == before


def test_a_data_set_grows(tmp_path):
    write_stage(tmp_path / "grown", 15, RECIPE)
    write_stage(tmp_path / "grown", 32, RECIPE)
    write_stage(tmp_path / "whole", 32, RECIPE)
    assert content(tmp_path / "grown") == content(tmp_path / "whole")


def test_a_kill_keeps_finished_shards_and_the_next_run_ends_the_same(tmp_path):
    script = (
        "import sys; from pathlib import Path; from dataclasses import replace\n"
        f"sys.path.insert(0, {str(Path(__file__).parent)!r}); import test_dataset as t\n"
        "t.dataset.CLIPS_PER_SHARD = 10\n"
        "t.write_stage(Path(sys.argv[1]), 25, replace(t.RECIPE, render=t.slowly))"
    )
    folder = tmp_path / "set"
    process = subprocess.Popen([sys.executable, "-c", script, str(folder)])
    deadline = time.monotonic() + 60
    while not (folder / "000000-000009.tar").exists():
        assert time.monotonic() < deadline
        assert process.poll() is None
        time.sleep(0.02)
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    with pytest.raises(UserError, match="not finished"):
        ShardReader(folder)
    first = (folder / "000000-000009.tar").stat().st_mtime_ns
    (folder / ".000010-000019.tar.part-12.tar").write_bytes(b"half")
    write_stage(folder, 25, RECIPE)
    assert (folder / "000000-000009.tar").stat().st_mtime_ns == first
    write_stage(tmp_path / "whole", 25, RECIPE)
    assert content(folder) == content(tmp_path / "whole")


@pytest.mark.parametrize(
    ("num_clips", "recipe", "message"),
    [
        (25, replace(RECIPE, size=32), "holds Stage with height 16, not 32"),
        (25, replace(RECIPE, fps=24.0), r"holds Stage with fps 12\.0, not 24\.0"),
        (20, RECIPE, "is for 25 clips, not 20"),
    ],
)
def test_another_data_set_in_the_same_folder_is_refused(tmp_path, num_clips, recipe, message):
    write_stage(tmp_path, 25, RECIPE)
    before = content(tmp_path)
    with pytest.raises(UserError, match=message):
        write_stage(tmp_path, num_clips, recipe)
    assert content(tmp_path) == before


def test_a_folder_with_something_else_or_nowhere_is_refused(tmp_path):
    (tmp_path / "holiday.jpg").write_text("")
    with pytest.raises(UserError, match="holds something else"):
        write_stage(tmp_path, 25, RECIPE)
    with pytest.raises(UserError, match="cannot make the folder"):
        write_stage(tmp_path / "nowhere" / "set", 25, RECIPE)


def test_a_damaged_card_is_told(tmp_path):
    write_stage(tmp_path, 5, RECIPE)
    (tmp_path / "dataset.json").write_text("{")
    with pytest.raises(UserError, match="damaged"):
        write_stage(tmp_path, 5, RECIPE)
