"""What every test may use."""

from collections.abc import Sequence

import pytest
import torch

from animatic.contracts import Tools
from animatic.types import EncodedText

torch.set_num_threads(1)


class LetterEncoder:
    """Stands in for the text encoder: each word gets vectors that follow from its letters."""

    dim = 16

    def encode(self, texts: Sequence[str]) -> EncodedText:
        words = [text.split()[:6] or [""] for text in texts]
        longest = max(len(sentence) for sentence in words)
        tokens = torch.zeros(len(texts), longest, self.dim)
        mask = torch.zeros(len(texts), longest, dtype=torch.bool)
        for row, sentence in enumerate(words):
            for place, word in enumerate(sentence):
                seed = sum(ord(letter) * 31**i for i, letter in enumerate(word)) % 2**31
                random = torch.Generator().manual_seed(seed)
                tokens[row, place] = torch.randn(self.dim, generator=random)
                mask[row, place] = True
        return EncodedText(tokens, mask)


class PlainEngine:
    """One process, full precision: what Fabric does on a laptop, without Fabric."""

    device = torch.device("cpu")

    def setup(self, module, *optimizers):
        return (module, *optimizers)

    def backward(self, tensor):
        tensor.backward()

    def autocast(self):
        import contextlib

        return contextlib.nullcontext()

    def all_reduce(self, data, reduce_op="mean"):
        return data

    def no_backward_sync(self, module, enabled=True):
        import contextlib

        return contextlib.nullcontext()


@pytest.fixture
def tools() -> Tools:
    """A CPU and a text encoder that needs no weights."""
    return Tools(torch.device("cpu"), LetterEncoder())


@pytest.fixture(scope="session")
def tiny_checkpoint(tmp_path_factory):
    """A file with the random weights of the tiny text-to-video model."""
    from animatic.pipelines import catalog
    from animatic.pipelines.tools import load_tools
    from animatic.storage.checkpoint import Checkpoint, write_checkpoint

    family = catalog.family("t2v")
    config = family.presets["tiny"]
    torch.manual_seed(0)
    learner = family.learner(config, PlainEngine(), load_tools(torch.device("cpu")))
    weights = {name: torch.randn_like(tensor) * 0.1 for name, tensor in learner.weights().items()}
    path = tmp_path_factory.mktemp("checkpoint") / "tiny.safetensors"
    write_checkpoint(path, Checkpoint("t2v", family.config_to_json(config), weights, {}))
    return path


@pytest.fixture
def engine() -> PlainEngine:
    return PlainEngine()
