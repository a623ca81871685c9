"""The text encoder's weights as they ship, and the tokenizer beside them."""

from importlib.resources import as_file, files

from safetensors.torch import load_file
from torch import Tensor

from animatic.storage.packing import unpack


def read_text_encoder() -> tuple[dict[str, Tensor], str]:
    """Return the shipped weights, unpacked, and the tokenizer's description."""
    folder = files("animatic") / "checkpoints" / "minilm"
    with as_file(folder / "model.safetensors") as path:
        stored = load_file(path)
    return unpack(stored), (folder / "tokenizer.json").read_text(encoding="utf-8")
