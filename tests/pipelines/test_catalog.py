"""What is here is found by name."""

import pytest

from animatic.errors import UserError
from animatic.pipelines import catalog


def test_every_folder_of_families_is_a_family():
    assert "t2v" in catalog.families()
    for name, card in catalog.families().items():
        assert card.name == name
        assert any("tiny" in preset for preset in card.presets)


def test_an_unknown_family_is_refused_with_the_known_ones():
    with pytest.raises(UserError, match="t2v"):
        catalog.family("nothing")


def test_runs_and_data_sets_in_the_folder_are_listed(tmp_path):
    (tmp_path / "runs" / "a").mkdir(parents=True)
    (tmp_path / "runs" / "a" / "model.safetensors").touch()
    (tmp_path / "stage").mkdir()
    (tmp_path / "stage" / "dataset.json").touch()
    names = {entry.name for entry in catalog.entries(tmp_path)}
    assert {"runs/a/model.safetensors", "stage", "t2v --preset small"} <= names


def test_a_run_folder_stands_for_its_model(tiny_checkpoint, tmp_path):
    (tmp_path / "model.safetensors").write_bytes(tiny_checkpoint.read_bytes())
    assert catalog.checkpoint(tmp_path).family == "t2v"
