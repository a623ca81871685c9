"""What families may use: a device, and the text encoder that ships."""

from functools import cache

import torch

from animatic.contracts import Tools
from animatic.nn.minilm import build
from animatic.storage.text_weights import read_text_encoder


@cache
def load_tools(device: torch.device) -> Tools:
    """Return the tools for a device; a second call returns the same ones."""
    return Tools(device, build(*read_text_encoder(), device))
