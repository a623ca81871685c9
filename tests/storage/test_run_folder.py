"""A run folder belongs to one run, and its state is whole or refused."""

import pytest
import torch

from animatic.errors import UserError
from animatic.storage.run_folder import RunFolder


def test_state_comes_back(tmp_path):
    folder = RunFolder(tmp_path / "run")
    folder.open({"seed": 1})
    assert folder.load_state() is None
    folder.save_state(7, {"w": torch.arange(3), "nested": {"lr": 0.1, "none": None}})
    step, state = folder.load_state()
    assert step == 7
    assert torch.equal(state["w"], torch.arange(3))
    assert state["nested"] == {"lr": 0.1, "none": None}


def test_another_run_in_the_same_folder_is_refused(tmp_path):
    RunFolder(tmp_path / "run").open({"seed": 1, "shape": (1, 2)})
    RunFolder(tmp_path / "run").open({"seed": 1, "shape": (1, 2)})
    with pytest.raises(UserError, match="seed is 1, not 2"):
        RunFolder(tmp_path / "run").open({"seed": 2, "shape": (1, 2)})


def test_a_damaged_state_is_refused(tmp_path):
    folder = RunFolder(tmp_path / "run")
    folder.open({})
    folder.save_state(7, {"w": torch.arange(1000)})
    path = tmp_path / "run" / "state.pt"
    path.write_bytes(path.read_bytes()[:900])
    with pytest.raises(UserError, match="damaged"):
        folder.load_state()


def test_a_failed_save_keeps_the_last_good_state(tmp_path, monkeypatch):
    folder = RunFolder(tmp_path / "run")
    folder.open({})
    folder.save_state(7, {"w": torch.arange(3)})

    def half(_state, path):
        path.write_bytes(b"half")
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(torch, "save", half)
    with pytest.raises(UserError, match="No space left"):
        folder.save_state(8, {"w": torch.arange(4)})
    monkeypatch.undo()
    assert folder.load_state()[0] == 7
    assert not list((tmp_path / "run").glob(".*"))
