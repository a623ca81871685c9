from importlib.resources import files

import pytest
import torch

from animatic.nn.minilm import DIM, MAX_TOKENS, MiniLM, build, pooled
from animatic.pipelines.tools import load_tools
from animatic.storage.packing import SCALE, pack, unpack
from animatic.storage.text_weights import read_text_encoder

SENTENCE = "a man is riding a bike in the snow"
ORIGINAL = (0.01106, 0.01002, 0.02599, 0.03418, -0.10942, 0.00448, 0.09522, 0.06466)
"""First numbers of that sentence's vector, from the original weights in 32 bits."""


def fresh() -> MiniLM:
    return build(*read_text_encoder(), torch.device("cpu"))


@pytest.fixture(scope="module")
def encoder() -> MiniLM:
    return fresh()


def similarity(encoder: MiniLM, first: str, second: str) -> float:
    vectors = pooled(*encoder.encode([first, second]))
    return float(vectors[0] @ vectors[1])


def test_the_shipped_weights_give_the_originals_vectors(encoder: MiniLM) -> None:
    vector = pooled(*encoder.encode([SENTENCE]))[0]
    torch.testing.assert_close(vector[:8], torch.tensor(ORIGINAL), atol=0.005, rtol=0)


def test_ways_to_say_the_same_are_near(encoder: MiniLM) -> None:
    same = ("cycling", "riding a bike", "biking")
    for first in same:
        for second in same:
            assert similarity(encoder, first, second) > similarity(encoder, first, "sailing") + 0.3


def test_a_sentence_has_the_same_bits_in_any_batch() -> None:
    texts = [
        "sailing in the snow",
        "swimming",
        SENTENCE,
        "a girl in a red coat plays golf at night",
    ]
    together = fresh().encode(texts).tokens
    other = fresh()
    for text, tokens in zip(texts, together, strict=True):
        assert torch.equal(other.encode([text]).tokens[0], tokens)


def test_the_shipped_tokenizer_cuts_long_texts(encoder: MiniLM) -> None:
    tokens, mask = encoder.encode(["golf " * 200, SENTENCE])
    assert tokens.shape == (2, MAX_TOKENS, DIM)
    assert mask.sum(1).tolist() == [MAX_TOKENS, 11]


def test_a_second_call_returns_the_same_tools() -> None:
    assert load_tools(torch.device("cpu")) is load_tools(torch.device("cpu"))


def test_unpacking_is_right_to_half_a_step() -> None:
    matrix = torch.randn(5, 128, generator=torch.Generator().manual_seed(0))
    stored = pack({"matrix": matrix, "vector": torch.tensor([0.5, 2.0])})
    restored = unpack(stored)
    half_step = stored["matrix" + SCALE].float().repeat_interleave(64, dim=1) * 0.5
    # Rounding the step to half precision can push the largest value off by 127 * 2^-12 of a step.
    assert ((restored["matrix"] - matrix).abs() <= half_step * 1.07).all()
    assert set(restored) == {"matrix", "vector"}
    assert restored["vector"].tolist() == [0.5, 2.0]


def test_a_row_of_zeros_stays_zero() -> None:
    assert not unpack(pack({"matrix": torch.zeros(2, 64)}))["matrix"].any()


def test_the_files_fit_and_name_their_licence() -> None:
    folder = files("animatic") / "checkpoints" / "minilm"
    sizes = [len(entry.read_bytes()) for entry in folder.iterdir()]
    assert sum(sizes) < 24_000_000
    assert "Apache-2.0" in (folder / "card.json").read_text()
