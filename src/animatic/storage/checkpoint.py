"""Checkpoints to use: one safetensors file that says what it is, with a JSON card beside it.

The file's metadata names the family and holds its configuration, so the file alone is enough. The
card is for people: data, steps, hardware, scores, licence.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from safetensors import SafetensorError, safe_open
from safetensors.torch import save

from animatic.errors import UserError
from animatic.storage.atomic import write_bytes, write_text
from animatic.storage.packing import pack, unpack
from animatic.storage.published import hash_of
from animatic.types import Weights

FORMAT = "animatic-1"
"""Changes when a file can no longer be read by the code that reads the one before it."""


@dataclass(frozen=True)
class Checkpoint:
    """A trained model as it lies on disk; `digest` is the SHA-256 of the file it was read from."""

    family: str
    config: Mapping[str, Any]
    weights: Weights
    card: Mapping[str, Any]
    digest: str | None = None


def write_checkpoint(path: Path, checkpoint: Checkpoint, packed: bool = False) -> None:
    """Write a checkpoint and its card; the old ones stay until the new ones are whole.

    A `packed` file holds most weights in a byte each: for shipping.

    Raises:
        UserError: if they cannot be written.
    """
    about = {"format": FORMAT, "family": checkpoint.family, "config": json.dumps(checkpoint.config)}
    weights = pack(checkpoint.weights) if packed else checkpoint.weights
    weights = {name: tensor.contiguous() for name, tensor in weights.items()}
    write_bytes(path, save(weights, metadata=about))
    write_text(path.with_suffix(".json"), json.dumps(checkpoint.card, indent=2) + "\n")


def read_checkpoint(path: Path) -> Checkpoint:
    """Read a checkpoint; a missing card is an empty one. Weights come as float32.

    Raises:
        UserError: if the file is missing, damaged, or no checkpoint of Animatic.
    """
    if not path.is_file():
        raise UserError(f"there is no checkpoint {path}")
    try:
        with safe_open(path, framework="pt") as file:
            about = file.metadata() or {}
            weights = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
    except (SafetensorError, OSError) as error:
        raise UserError(
            f"{path} is damaged or no safetensors file; pickles (.pt, .ckpt) are not read"
        ) from error
    if about.get("format") != FORMAT:
        raise UserError(f"{path} is a safetensors file, but no checkpoint of Animatic")
    card_path = path.with_suffix(".json")
    card = json.loads(card_path.read_text()) if card_path.is_file() else {}
    config = json.loads(about["config"])
    return Checkpoint(about["family"], config, unpack(weights), card, hash_of(path))
