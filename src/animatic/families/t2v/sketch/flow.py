"""Both stages: a transformer that turns noise into tokens, led by words and by what is given.

Trained by flow matching along straight paths from noise (time 0) to tokens (time 1).
Source: Lipman et al. 2023, arXiv:2210.02747, its straight paths; adaptive layer norm
by Peebles & Xie 2023, arXiv:2212.09748, shared by the blocks as in Chen et al. 2023,
arXiv:2310.00426. The velocity at a time follows from the tokens that are expected there, which
`denoise` returns.
"""

import math
from typing import NamedTuple

import torch
import torch.nn.functional as F
from einops import rearrange, repeat
from jaxtyping import Bool, Float
from torch import Tensor, nn

from animatic.types import EncodedText

NEAREST_END = 0.01
"""Least distance to time 1 by which an error is divided, lest rounding blow up there."""

NUM_WAVES = 64
"""Pairs of sine and cosine that describe a time."""


class FlowTransformer(nn.Module):
    """What the best linear guess of the tokens lacks, given time and words; see `denoise`.

    Args:
        tokens: number and length of the tokens of one sample.
        given_dim: values that are given beside each token; 0 for none.
        text_dim: length of a word's vector.
        dim: width.
        num_layers: blocks.
        num_heads: attention heads of each block.
    """

    def __init__(
        self,
        tokens: tuple[int, int],
        *,
        given_dim: int,
        text_dim: int,
        dim: int,
        num_layers: int,
        num_heads: int,
    ) -> None:
        super().__init__()
        num_tokens, token_dim = tokens
        self.read_tokens = nn.Linear(token_dim + given_dim, dim)
        self.positions = nn.Parameter(torch.randn(num_tokens, dim) * 0.02)
        self.read_words = nn.Linear(text_dim, dim)
        self.no_words = nn.Parameter(torch.randn(dim) * 0.02)
        self.read_time = nn.Sequential(
            nn.Linear(2 * NUM_WAVES, dim), nn.SiLU(), nn.Linear(dim, dim)
        )
        self.modulate = nn.Linear(dim, 4 * dim)
        nn.init.zeros_(self.modulate.weight)
        nn.init.zeros_(self.modulate.bias)
        self.blocks = nn.ModuleList(Block(dim, num_heads) for _ in range(num_layers))
        self.norm = nn.LayerNorm(dim)
        self.predict = nn.Linear(dim, token_dim)
        nn.init.zeros_(self.predict.weight)

    def forward(
        self,
        mixed: Float[Tensor, "b n d"],
        time: Float[Tensor, " b"],
        text: EncodedText,
        without_text: Bool[Tensor, " b"],
        given: Float[Tensor, "b n g"] | None = None,
    ) -> Float[Tensor, "b n d"]:
        """Return the correction; where `without_text` is true the words are not seen.

        There may be several rows for each text; those of one text are neighbours.
        """
        words = self.read_words(text.tokens)
        mean_word = (words * text.mask[..., None]).sum(1) / text.mask.sum(1, keepdim=True)
        rows = len(mixed) // len(words)
        seen = torch.where(without_text[:, None], self.no_words, _each(mean_word, rows))
        state = self.modulate(F.silu(self.read_time(_waves(time)) + seen))
        # The first place holds "no words", and exactly one of it and the words is seen.
        words = torch.cat([self.no_words.expand(len(words), 1, -1).to(words), words], dim=1)
        mask = torch.cat(
            [without_text[:, None], _each(text.mask, rows) & ~without_text[:, None]], 1
        )
        if given is not None:
            mixed = torch.cat([mixed, given], dim=2)
        hidden = self.read_tokens(mixed) + self.positions
        for block in self.blocks:
            hidden = block(hidden, state, words, mask)
        return self.predict(self.norm(hidden))


class Block(nn.Module):
    """Attention among tokens, attention to words, perceptron; each starts as the identity."""

    def __init__(self, dim: int, num_heads: int) -> None:
        super().__init__()
        self.num_heads = num_heads
        self.norm_self = nn.LayerNorm(dim, elementwise_affine=False)
        self.norm_words = nn.LayerNorm(dim)
        self.norm_mlp = nn.LayerNorm(dim, elementwise_affine=False)
        self.modulation = nn.Parameter(torch.zeros(4 * dim))
        self.self_in = nn.Linear(dim, 3 * dim)
        self.self_out = nn.Linear(dim, dim)
        self.words_query = nn.Linear(dim, dim)
        self.words_in = nn.Linear(dim, 2 * dim)
        self.words_out = nn.Linear(dim, dim)
        self.widen = nn.Linear(dim, 4 * dim)
        self.narrow = nn.Linear(4 * dim, dim)
        for layer in (self.self_out, self.words_out, self.narrow):
            nn.init.zeros_(layer.weight)
            nn.init.zeros_(layer.bias)

    def forward(
        self,
        hidden: Float[Tensor, "b n d"],
        state: Float[Tensor, "b s"],
        words: Float[Tensor, "c m d"],
        mask: Bool[Tensor, "b m"],
    ) -> Float[Tensor, "b n d"]:
        """Return the tokens after one block; `state`, with the block's own, scales and shifts them.

        The rows of one text share the keys and values of its words.
        """
        gain, bias, mlp_gain, mlp_bias = (state + self.modulation)[:, None].chunk(4, dim=-1)
        x = self.norm_self(hidden) * (1 + gain) + bias
        query, key, value = self.self_in(x).chunk(3, dim=-1)
        hidden = hidden + self.self_out(attend(query, key, value, self.num_heads))
        num_tokens, rows = hidden.shape[1], len(hidden) // len(words)
        query = rearrange(
            self.words_query(self.norm_words(hidden)), "(c r) n d -> c (r n) d", r=rows
        )
        key, value = self.words_in(words).chunk(2, dim=-1)
        seen = repeat(mask, "(c r) m -> c 1 (r n) m", r=rows, n=num_tokens)
        answer = self.words_out(attend(query, key, value, self.num_heads, seen))
        hidden = hidden + rearrange(answer, "c (r n) d -> (c r) n d", r=rows)
        x = self.norm_mlp(hidden) * (1 + mlp_gain) + mlp_bias
        return hidden + self.narrow(F.gelu(self.widen(x), approximate="tanh"))


def attend(
    query: Float[Tensor, "b n d"],
    key: Float[Tensor, "b m d"],
    value: Float[Tensor, "b m d"],
    num_heads: int,
    mask: Bool[Tensor, "b 1 n m"] | None = None,
) -> Float[Tensor, "b n d"]:
    """Return the answer of the values to each query; where `mask` is false nothing is seen.

    Spelt out: for few tokens on a CPU in bf16, PyTorch's own is four times slower (docs/log.md).
    """
    heads = [rearrange(x, "b n (a d) -> b a n d", a=num_heads) for x in (query, key, value)]
    logits = heads[0] @ heads[1].mT / math.sqrt(heads[0].shape[-1])
    if mask is not None:
        logits = logits.masked_fill(~mask, float("-inf"))
    return rearrange(logits.softmax(dim=-1) @ heads[2], "b a n d -> b n (a d)")


def denoise(
    network: nn.Module,
    spread: Float[Tensor, " d"],
    mixed: Float[Tensor, "b n d"],
    time: Float[Tensor, " b"],
    text: EncodedText,
    without_text: Bool[Tensor, " b"],
    given: Float[Tensor, "b n g"] | None = None,
) -> Float[Tensor, "b n d"]:
    """Return the tokens that are expected behind a mix of noise and tokens.

    The best linear guess, of tokens with the deviations `spread`, is made in closed form, and the
    network only adds what it lacks, in units of that guess's error; so all that it reads and writes
    has unit size at every time.

    Source: preconditioning of Karras et al. 2022, arXiv:2206.00364, table 1.
    differs: for straight paths, and for each component by itself.
    """
    along = rearrange(time, "b -> b 1 1")
    size = ((along * spread).square() + (1 - along).square()).sqrt()
    guess = along * (spread / size).square() * mixed
    lacking = network(mixed / size, time, text, without_text, given)
    return guess + (1 - along) * spread / size * lacking


class Guess(NamedTuple):
    """Tokens that were expected behind a random mix, and the loss."""

    tokens: Float[Tensor, "b n d"]
    loss: Float[Tensor, ""]


def guess_tokens(
    network: nn.Module,
    spread: Float[Tensor, " d"],
    tokens: Float[Tensor, "b n d"],
    text: EncodedText,
    drop_text: float,
    given: Float[Tensor, "b n g"] | None = None,
) -> Guess:
    """Mix tokens with noise at random times, and guess them; the loss is of the velocity, squared.

    There may be several rows for each text; those of one text are neighbours.
    """
    time = torch.sigmoid(torch.randn(len(tokens), device=tokens.device))
    noise = torch.randn_like(tokens)
    without_text = torch.rand(len(tokens), device=tokens.device) < drop_text
    along = rearrange(time, "b -> b 1 1")
    mixed = (1 - along) * noise + along * tokens
    guessed = denoise(network, spread, mixed, time, text, without_text, given)
    velocity_error = (guessed - tokens) / (1 - along).clamp(min=NEAREST_END)
    return Guess(guessed, velocity_error.square().mean())


def expect(
    network: nn.Module,
    spread: Float[Tensor, " d"],
    mixed: Float[Tensor, "b n d"],
    time: float,
    text: EncodedText,
    guidance: float,
    given: Float[Tensor, "b n g"] | None = None,
) -> Float[Tensor, "b n d"]:
    """Return the tokens that are expected behind a mix of one time, led by the text.

    Both answers, with and without text, come from one call with two rows a text; with a guidance
    of 1 the second is not asked for.
    """
    ways = torch.tensor([False] if guidance == 1 else [False, True], device=mixed.device)
    without_text = ways.repeat(len(mixed))
    mixed = _each(mixed, len(ways))
    given = None if given is None else _each(given, len(ways))
    times = torch.full((len(mixed),), time, device=mixed.device)
    answers = denoise(network, spread, mixed, times, text, without_text, given)
    with_text, unled = answers[:: len(ways)], answers[len(ways) - 1 :: len(ways)]
    return unled + guidance * (with_text - unled)


@torch.no_grad()
def draw(
    network: nn.Module,
    spread: Float[Tensor, " d"],
    noise: Float[Tensor, "b n d"],
    text: EncodedText,
    steps: tuple[int, int],
    guidance: float,
    given: Float[Tensor, "b n g"] | None = None,
) -> Float[Tensor, "b n d"]:
    """Follow the flow from noise towards tokens by Euler steps: so many, out of so many."""
    tokens, (taken, num_steps) = noise, steps
    for step in range(taken):
        predicted = expect(network, spread, tokens, step / num_steps, text, guidance, given)
        tokens = tokens + (predicted - tokens) / (num_steps - step)
    return tokens


def _each(x: Tensor, times: int) -> Tensor:
    """Repeat every row, so that its copies are neighbours."""
    return x.repeat_interleave(times, dim=0)


def _waves(time: Float[Tensor, " b"]) -> Float[Tensor, "b d"]:
    """Describe a time in [0, 1] by sines and cosines of many frequencies."""
    octaves = torch.arange(NUM_WAVES, device=time.device) / NUM_WAVES
    angles = time[:, None] * 1000 * torch.exp(-octaves * math.log(10_000))
    return torch.cat([angles.sin(), angles.cos()], dim=1)
