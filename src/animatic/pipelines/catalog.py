"""What is here: families, presets, data sets and checkpoints."""

import importlib
import pkgutil
from dataclasses import dataclass
from functools import cache
from importlib.resources import as_file, files
from pathlib import Path

import animatic.families
from animatic.contracts import Family
from animatic.errors import UserError
from animatic.storage.checkpoint import Checkpoint, read_checkpoint

SHIPPED = files("animatic") / "checkpoints"
ENDING = ".safetensors"


@dataclass(frozen=True)
class Entry:
    """One line of the catalogue."""

    kind: str
    name: str
    about: str


@cache
def families() -> dict[str, Family]:
    """Return every family by its name: each folder in `families` is one."""
    names = [module.name for module in pkgutil.iter_modules(animatic.families.__path__)]
    cards = [importlib.import_module(f"animatic.families.{name}").FAMILY for name in names]
    return {card.name: card for card in cards}


def family(name: str) -> Family:
    """Return the family of that name.

    Raises:
        UserError: if there is none.
    """
    found = families().get(name)
    if found is None:
        raise UserError(f"there is no family {name!r}; there are {', '.join(families())}")
    return found


def checkpoint(name_or_path: str | Path) -> Checkpoint:
    """Return a checkpoint from a file, or a shipped one by its name.

    Raises:
        UserError: if there is none, or it cannot be read.
    """
    path = Path(name_or_path)
    if path.is_dir():
        path = path / f"model{ENDING}"
    if path.exists() or path.suffix:
        return read_checkpoint(path)
    with as_file(SHIPPED / f"{name_or_path}{ENDING}") as shipped:
        if not shipped.exists():
            known = ", ".join(sorted(_shipped())) or "none"
            raise UserError(f"there is no checkpoint {name_or_path!r}; shipped ones: {known}")
        return read_checkpoint(shipped)


def entries(folder: Path) -> list[Entry]:
    """List what can be used here; `folder` is searched for runs and data sets."""
    found = []
    for card in families().values():
        found.append(Entry("family", card.name, card.summary))
        for name, config in card.presets.items():
            shape = config.shape
            size = f"{shape.num_frames} frames of {shape.height}x{shape.width}"
            found.append(Entry("preset", f"{card.name} --preset {name}", size))
    found += [Entry("checkpoint", name, "ships with Animatic") for name in sorted(_shipped())]
    for path in sorted(folder.glob(f"*/model{ENDING}")) + sorted(folder.glob(f"*/*/model{ENDING}")):
        found.append(Entry("checkpoint", str(path.relative_to(folder)), "trained here"))
    found.append(Entry("data", "stage", "rendered by `animatic data stage --out DIR`"))
    for path in sorted(folder.glob("*/dataset.json")) + sorted(folder.glob("*/*/dataset.json")):
        found.append(Entry("data", str(path.parent.relative_to(folder)), "rendered here"))
    return found


def _shipped() -> list[str]:
    names = [entry.name for entry in SHIPPED.iterdir()]
    return [name.removesuffix(ENDING) for name in names if name.endswith(ENDING)]
