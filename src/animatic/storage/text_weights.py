"""The text encoder's weights as they ship: bytes with scales, and the tokenizer beside them."""

from functools import cache
from importlib.resources import as_file, files

import torch
from einops import rearrange
from jaxtyping import Float, Int8
from safetensors.torch import load_file
from torch import Tensor

from animatic.nn.minilm import MiniLM, build

SCALE = ".scale"
"""Ending of the name of a tensor that holds the size of one step in each group of another."""

GROUP = 64
"""Neighbours in a row that share a scale. One scale a row is 0.7 MB smaller, but then the least
alike of 96 sentence vectors has a cosine of 0.9990 to the original instead of 0.9997."""


@cache
def load_text_encoder(device: torch.device) -> MiniLM:
    """Return the text encoder that ships with the package; a second call returns the same one."""
    weights, tokenizer = read_text_encoder()
    return build(weights, tokenizer, device)


def read_text_encoder() -> tuple[dict[str, Tensor], str]:
    """Return the shipped weights, unpacked, and the tokenizer's description."""
    folder = files("animatic") / "checkpoints" / "minilm"
    with as_file(folder / "model.safetensors") as path:
        stored = load_file(path)
    return unpack(stored), (folder / "tokenizer.json").read_text(encoding="utf-8")


def pack(weights: dict[str, Tensor]) -> dict[str, Tensor]:
    """Store matrices as bytes with scales, and vectors in half precision."""
    stored = {}
    for name, tensor in weights.items():
        if tensor.ndim == 2:
            stored[name], stored[name + SCALE] = _to_bytes(tensor)
        else:
            stored[name] = tensor.half()
    return stored


def unpack(stored: dict[str, Tensor]) -> dict[str, Tensor]:
    """Undo `pack`, up to half a step."""
    return {
        name: _from_bytes(tensor, stored[name + SCALE]) if tensor.ndim == 2 else tensor.float()
        for name, tensor in stored.items()
        if not name.endswith(SCALE)
    }


def _to_bytes(
    matrix: Float[Tensor, "rows columns"],
) -> tuple[Int8[Tensor, "rows columns"], Float[Tensor, "rows groups"]]:
    """Return the values in steps of -127..127, and the size of a step in each group."""
    groups = rearrange(matrix, "rows (groups size) -> rows groups size", size=GROUP)
    # Rounded to half precision first, so that the steps are counted in the size that is stored.
    scale = (groups.abs().amax(dim=-1) / 127).half()
    # Rounding may have made the step smaller, so that the largest value counts past 127.
    steps = (groups / scale.float().clamp(min=1e-8).unsqueeze(-1)).round().clamp(-127, 127)
    return rearrange(steps.to(torch.int8), "rows groups size -> rows (groups size)"), scale


def _from_bytes(
    steps: Int8[Tensor, "rows columns"], scale: Float[Tensor, "rows groups"]
) -> Float[Tensor, "rows columns"]:
    """Undo `_to_bytes`."""
    return steps.float() * scale.float().repeat_interleave(GROUP, dim=1)
