"""all-MiniLM-L6-v2 in plain torch: a frozen network that turns sentences into vectors.

Axis letters: b batch, n tokens, d features.
Source: the network is BERT (Devlin et al. 2019, arXiv:1810.04805) distilled by MiniLM (Wang et al.
2020, arXiv:2002.10957); weights and pooling are sentence-transformers/all-MiniLM-L6-v2.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence

import torch
import torch.nn.functional as F
from einops import rearrange
from jaxtyping import Bool, Float, Int
from tokenizers import Tokenizer
from torch import Tensor, nn

from animatic.types import EncodedText, Weights

MAX_TOKENS = 32
"""Tokens that are read of a sentence, its start and end mark included; the rest is cut off."""

LENGTH_STEP = 8
"""Sentences are padded to a multiple of this many tokens before the network reads them."""

GPU_BLOCK = 32
"""Sentences in one network call on a GPU. On a CPU it is 1: nothing is spent on filling the block,
and one sentence already takes 6 ms of a core where a full block takes 4 ms each."""

CACHE_SIZE = 65_536
"""Sentences that are remembered; 11 tokens each in half precision make about 550 MB."""

VOCABULARY_SIZE = 30_522
DIM = 384
HIDDEN_DIM = 1536
NUM_LAYERS = 6
NUM_HEADS = 12
NORM_EPSILON = 1e-12


class Layer(nn.Module):
    """Self-attention and a two-layer perceptron, each added and then normalised."""

    def __init__(self) -> None:
        super().__init__()
        self.attention_in = nn.Linear(DIM, 3 * DIM)
        self.attention_out = nn.Linear(DIM, DIM)
        self.attention_norm = nn.LayerNorm(DIM, NORM_EPSILON)
        self.widen = nn.Linear(DIM, HIDDEN_DIM)
        self.narrow = nn.Linear(HIDDEN_DIM, DIM)
        self.output_norm = nn.LayerNorm(DIM, NORM_EPSILON)

    def forward(self, x: Float[Tensor, "b n d"], mask: Bool[Tensor, "b n"]) -> Tensor:
        """Return the tokens after each has looked at those where `mask` is true."""
        x = self.attention_norm(x + self._attend(x, mask))
        return self.output_norm(x + self.narrow(F.gelu(self.widen(x))))

    def _attend(self, x: Tensor, mask: Tensor) -> Tensor:
        query, key, value = rearrange(
            self.attention_in(x), "b n (three h d) -> three b h n d", three=3, h=NUM_HEADS
        )
        seen = F.scaled_dot_product_attention(query, key, value, attn_mask=mask[:, None, None, :])
        return self.attention_out(rearrange(seen, "b h n d -> b n (h d)"))


class TokenNetwork(nn.Module):
    """Token numbers to token vectors.

    differs: only `MAX_TOKENS` positions are kept, and the vector of segment 0, the only segment
    ever used, is already added to them.
    """

    def __init__(self) -> None:
        super().__init__()
        self.words = nn.Embedding(VOCABULARY_SIZE, DIM)
        self.positions = nn.Embedding(MAX_TOKENS, DIM)
        self.input_norm = nn.LayerNorm(DIM, NORM_EPSILON)
        self.layers = nn.ModuleList(Layer() for _ in range(NUM_LAYERS))

    def forward(
        self, numbers: Int[Tensor, "b n"], mask: Bool[Tensor, "b n"]
    ) -> Float[Tensor, "b n d"]:
        """Return the last hidden state; where `mask` is false it means nothing."""
        x = self.words(numbers) + self.positions.weight[: numbers.shape[1]]
        x = self.input_norm(x)
        for layer in self.layers:
            x = layer(x, mask)
        return x


class MiniLM:
    """The frozen text encoder; fulfils `animatic.contracts.TextEncoder`.

    A sentence has the same bits in any batch, on its first and its thousandth visit, before and
    after a resume: sentences are padded by their own length only, pass the network in blocks of one
    fixed size, and are remembered in half precision. The output always has `MAX_TOKENS` places, so
    that what reads it sees one shape whatever the batch.

    The start and end marks ([CLS], [SEP]) count as tokens: the official pooling averages over them.
    """

    dim = DIM

    def __init__(
        self, network: TokenNetwork, tokenizer: Tokenizer, cache_size: int = CACHE_SIZE
    ) -> None:
        self._network = network.eval().requires_grad_(False)
        self._tokenizer = tokenizer
        self._tokenizer.no_padding()
        self._tokenizer.enable_truncation(MAX_TOKENS)
        self._cache_size = cache_size
        self._cache: dict[str, Tensor] = {}
        self._block_size = GPU_BLOCK if self.device.type == "cuda" else 1

    @property
    def device(self) -> torch.device:
        """Where sentences are encoded and vectors are handed out."""
        return self._network.words.weight.device

    def encode(self, texts: Sequence[str]) -> EncodedText:
        """Return one vector a token; places without a token hold zeros."""
        known = self._recall(dict.fromkeys(texts))
        tokens = torch.zeros(len(texts), MAX_TOKENS, DIM)
        mask = torch.zeros(len(texts), MAX_TOKENS, dtype=torch.bool)
        for row, text in enumerate(texts):
            vectors = known[text]
            tokens[row, : len(vectors)] = vectors
            mask[row, : len(vectors)] = True
        return EncodedText(tokens.to(self.device), mask.to(self.device))

    def _recall(self, texts: Iterable[str]) -> dict[str, Tensor]:
        """Return the vectors of each text, from memory or from the network."""
        known = {text: self._cache.get(text) for text in texts}
        read = self._read([text for text, vectors in known.items() if vectors is None])
        self._cache |= read
        while len(self._cache) > self._cache_size:
            del self._cache[next(iter(self._cache))]
        return {text: vectors for text, vectors in known.items() if vectors is not None} | read

    def _read(self, texts: Sequence[str]) -> dict[str, Tensor]:
        """Send texts through the network, in blocks of sentences of one padded length."""
        # Not encode_batch: its thread pool warns when a data loader forks afterwards.
        numbers = {text: self._tokenizer.encode(text).ids for text in texts}
        by_length: dict[int, list[str]] = defaultdict(list)
        for text in texts:
            by_length[-(-len(numbers[text]) // LENGTH_STEP) * LENGTH_STEP].append(text)
        size = self._block_size
        vectors: dict[str, Tensor] = {}
        for length, group in by_length.items():
            for start in range(0, len(group), size):
                block = group[start : start + size]
                rows = self._read_block([numbers[text] for text in block], (size, length))
                vectors |= zip(block, rows, strict=True)
        return vectors

    @torch.no_grad()
    def _read_block(self, numbers: Sequence[list[int]], shape: tuple[int, int]) -> list[Tensor]:
        """Return the vectors of each sentence, from a network call of exactly this shape."""
        padded = torch.zeros(shape, dtype=torch.long)
        mask = torch.zeros(shape, dtype=torch.bool)
        # A row without any token would attend to nothing.
        mask[:, 0] = True
        for row, sentence in enumerate(numbers):
            padded[row, : len(sentence)] = torch.tensor(sentence)
            mask[row, : len(sentence)] = True
        with torch.autocast(self.device.type, enabled=False):
            vectors = self._network(padded.to(self.device), mask.to(self.device)).half().cpu()
        # Clones, for a view would keep the whole padded block in memory.
        return [vectors[row, : len(sentence)].clone() for row, sentence in enumerate(numbers)]


def build(weights: Weights, tokenizer: str, device: torch.device) -> MiniLM:
    """Return the encoder with these weights and this tokenizer, described in its own JSON."""
    network = TokenNetwork()
    network.load_state_dict(weights)
    return MiniLM(network.to(device), Tokenizer.from_str(tokenizer))


def pooled(tokens: Float[Tensor, "b n d"], mask: Bool[Tensor, "b n"]) -> Float[Tensor, "b d"]:
    """Return one vector of length 1 a sentence: the mean over its tokens, normalised.

    Source: the model's own `1_Pooling` and `2_Normalize` modules.
    """
    weights = mask.unsqueeze(-1).to(tokens.dtype)
    mean = (tokens * weights).sum(1) / weights.sum(1).clamp(min=1e-9)
    return F.normalize(mean, dim=-1)
