"""The plan of the house: rooms, mirrors, and the two commands of the README."""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
SOURCE = ROOT / "src" / "animatic"
MODULES = sorted(SOURCE.rglob("*.py"))


@pytest.mark.parametrize("test", sorted((ROOT / "tests").rglob("test_*.py")), ids=lambda p: p.stem)
def test_every_test_mirrors_a_room(test):
    folder = test.parent.relative_to(ROOT / "tests")
    assert (SOURCE / folder).is_dir()


@pytest.mark.parametrize("module", MODULES, ids=lambda p: str(p.relative_to(SOURCE)))
def test_every_module_says_what_it_is_and_fits_the_budget(module):
    text = module.read_text()
    tree = ast.parse(text)
    assert ast.get_docstring(tree)
    assert text.count("\n") <= 300


def test_there_is_no_torchvision_and_no_pickle_is_trusted():
    for module in MODULES:
        text = module.read_text()
        assert "import torchvision" not in text
        assert "weights_only=False" not in text


def test_the_readme_names_both_commands_and_they_are_there():
    readme = (ROOT / "README.md").read_text()
    for command in ("quickstart", "check"):
        assert f"./{command}" in readme
        assert (ROOT / command).stat().st_mode & 0o111
    assert "./check" in (ROOT / ".ci" / "run").read_text()


def test_every_shipped_checkpoint_has_a_card():
    for path in (SOURCE / "checkpoints").rglob("*.safetensors"):
        assert path.with_suffix(".json").is_file() or (path.parent / "card.json").is_file()
        assert path.stat().st_size < 46e6
