"""Checkpoints come back as they went, and everything else is refused in one line."""

import pickle

import pytest
import torch
from safetensors.torch import save_file

from animatic.errors import UserError
from animatic.storage.checkpoint import Checkpoint, read_checkpoint, write_checkpoint
from animatic.storage.packing import pack, unpack

GOOD = Checkpoint("t2v", {"class": "Config", "size": 64}, {"w": torch.randn(4, 128)}, {"steps": 3})


def test_a_checkpoint_comes_back(tmp_path):
    path = tmp_path / "model.safetensors"
    write_checkpoint(path, GOOD)
    back = read_checkpoint(path)
    assert (back.family, back.config, back.card) == (GOOD.family, GOOD.config, GOOD.card)
    assert torch.equal(back.weights["w"], GOOD.weights["w"])


def test_a_packed_checkpoint_is_a_quarter_as_large_and_nearly_the_same(tmp_path):
    plain, packed = tmp_path / "plain.safetensors", tmp_path / "packed.safetensors"
    weights = {"w": torch.randn(256, 256), "b": torch.randn(256), "a.scale": torch.randn(8, 3, 3)}
    write_checkpoint(plain, Checkpoint("t2v", {}, weights, {}))
    write_checkpoint(packed, Checkpoint("t2v", {}, weights, {}), packed=True)
    assert packed.stat().st_size < 0.3 * plain.stat().st_size
    back = read_checkpoint(packed).weights
    assert back.keys() == weights.keys()
    for name, tensor in weights.items():
        torch.testing.assert_close(back[name], tensor, atol=0.02, rtol=1e-3)


def test_moments_are_packed_in_half_precision():
    """Small ones beside large ones would become 0 in steps."""
    variance = torch.logspace(-4, 4, 64)[None]
    found = unpack(pack({"norm.variance": variance, "weight": variance}))
    torch.testing.assert_close(found["norm.variance"], variance, rtol=1e-3, atol=0)
    assert (found["weight"] == 0).any()


@pytest.mark.parametrize("share", [0.0, 0.1, 0.9])
def test_a_truncated_file_is_refused(tmp_path, share):
    path = tmp_path / "model.safetensors"
    write_checkpoint(path, GOOD)
    content = path.read_bytes()
    path.write_bytes(content[: int(share * len(content))])
    with pytest.raises(UserError, match="damaged"):
        read_checkpoint(path)


def test_a_pickle_is_not_opened(tmp_path):
    path = tmp_path / "model.pt"
    path.write_bytes(pickle.dumps({"w": 1}))
    with pytest.raises(UserError, match="pickles"):
        read_checkpoint(path)


def test_a_foreign_safetensors_file_is_refused(tmp_path):
    path = tmp_path / "model.safetensors"
    save_file({"w": torch.zeros(2)}, path)
    with pytest.raises(UserError, match="no checkpoint of Animatic"):
        read_checkpoint(path)


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(UserError, match=r"nothing\.safetensors"):
        read_checkpoint(tmp_path / "nothing.safetensors")


def test_a_failed_write_keeps_the_old_checkpoint(tmp_path, monkeypatch):
    path = tmp_path / "model.safetensors"
    write_checkpoint(path, GOOD)

    def full_disk(*_args, **_kwargs):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("pathlib.Path.write_bytes", full_disk)
    with pytest.raises(UserError, match="No space left"):
        write_checkpoint(path, Checkpoint("t2v", {}, {"w": torch.zeros(2, 2)}, {}))
    monkeypatch.undo()
    assert torch.equal(read_checkpoint(path).weights["w"], GOOD.weights["w"])
    assert sorted(p.name for p in tmp_path.iterdir()) == ["model.json", "model.safetensors"]
