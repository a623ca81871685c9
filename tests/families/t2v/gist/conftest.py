import zlib
from collections.abc import Sequence
from dataclasses import replace

import pytest
import torch

from animatic.contracts import Engine, Tools
from animatic.families.t2v.gist.config import GIST_PRESETS, GistConfig
from animatic.types import Batch, EncodedText

TEXTS = ("golf in the pool", "sailing in the snow", "swimming", "a man rides a bike")


class FakeTextEncoder:
    """A few random vectors a sentence, the same for the same sentence; a vector a word."""

    dim = 6

    def encode(self, texts: Sequence[str]) -> EncodedText:
        tokens = torch.zeros(len(texts), 5, self.dim)
        mask = torch.zeros(len(texts), 5, dtype=torch.bool)
        for row, text in enumerate(texts):
            generator = torch.Generator().manual_seed(zlib.crc32(text.encode()))
            num_tokens = min(len(text.split()), 5)
            tokens[row, :num_tokens] = torch.randn(num_tokens, self.dim, generator=generator)
            mask[row, :num_tokens] = True
        return EncodedText(tokens, mask)


@pytest.fixture
def engine() -> Engine:
    fabric = pytest.importorskip("lightning_fabric")
    return fabric.Fabric(accelerator="cpu", devices=1)


@pytest.fixture
def tools() -> Tools:
    return Tools(torch.device("cpu"), FakeTextEncoder())


@pytest.fixture(params=["clipping", "penalty"])
def config(request: pytest.FixtureRequest) -> GistConfig:
    return replace(GIST_PRESETS["paper-tiny"], lipschitz=request.param)


@pytest.fixture
def batch() -> Batch:
    """Four clips, each of a colour that drifts."""
    generator = torch.Generator().manual_seed(0)
    start, drift = torch.rand(2, 4, 3, 1, 1, 1, generator=generator) * 1.6 - 0.8
    time = torch.linspace(0, 0.2, 8).view(1, 1, 8, 1, 1)
    return Batch((start + drift * time).expand(4, 3, 8, 16, 16).contiguous(), TEXTS)
