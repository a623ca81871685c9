"""Stage one: a transformer that turns noise into the tokens of a sketch, led by the words.

Trained by flow matching along straight paths from noise (time 0) to a sketch (time 1).
Source: Lipman et al. 2023, arXiv:2210.02747, its straight paths; adaptive layer norm
by Peebles & Xie 2023, arXiv:2212.09748.
The velocity at a time follows from the tokens that are expected there, which `denoise` returns.
"""

import math

import torch
import torch.nn.functional as F
from einops import rearrange
from jaxtyping import Bool, Float
from torch import Tensor, nn

from animatic.families.t2v.sketch.config import SketchConfig
from animatic.types import EncodedText

NEAREST_END = 0.01
"""Least distance to time 1 by which an error is divided, lest rounding blow up there."""

NUM_WAVES = 64
"""Pairs of sine and cosine that describe a time."""


class Sketcher(nn.Module):
    """What the best linear guess of the tokens lacks, given time and words; see `denoise`."""

    def __init__(self, config: SketchConfig, text_dim: int) -> None:
        super().__init__()
        dim = config.sketcher_dim
        self.read_tokens = nn.Linear(config.token_dim, dim)
        self.positions = nn.Parameter(torch.randn(config.num_tokens, dim) * 0.02)
        self.read_words = nn.Linear(text_dim, dim)
        self.no_words = nn.Parameter(torch.randn(dim) * 0.02)
        self.read_time = nn.Sequential(
            nn.Linear(2 * NUM_WAVES, dim), nn.SiLU(), nn.Linear(dim, dim)
        )
        self.blocks = nn.ModuleList(
            Block(dim, config.sketcher_heads) for _ in range(config.sketcher_layers)
        )
        self.norm = nn.LayerNorm(dim)
        self.predict = nn.Linear(dim, config.token_dim)
        nn.init.zeros_(self.predict.weight)

    def forward(
        self,
        mixed: Float[Tensor, "b n d"],
        time: Float[Tensor, " b"],
        text: EncodedText,
        without_text: Bool[Tensor, " b"],
    ) -> Float[Tensor, "b n d"]:
        """Return the correction; where `without_text` is true the words are not seen."""
        words = torch.where(
            without_text[:, None, None], self.no_words, self.read_words(text.tokens)
        )
        mask = text.mask | without_text[:, None]
        mean_word = (words * mask[..., None]).sum(1) / mask.sum(1, keepdim=True)
        state = F.silu(self.read_time(_waves(time)) + mean_word)
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
        self.modulate = nn.Linear(dim, 4 * dim)
        self.self_in = nn.Linear(dim, 3 * dim)
        self.self_out = nn.Linear(dim, dim)
        self.words_query = nn.Linear(dim, dim)
        self.words_in = nn.Linear(dim, 2 * dim)
        self.words_out = nn.Linear(dim, dim)
        self.widen = nn.Linear(dim, 4 * dim)
        self.narrow = nn.Linear(4 * dim, dim)
        for layer in (self.modulate, self.self_out, self.words_out, self.narrow):
            nn.init.zeros_(layer.weight)
            nn.init.zeros_(layer.bias)

    def forward(
        self,
        hidden: Float[Tensor, "b n d"],
        state: Float[Tensor, "b d"],
        words: Float[Tensor, "b m d"],
        mask: Bool[Tensor, "b m"],
    ) -> Float[Tensor, "b n d"]:
        """Return the tokens after one block; `state` scales and shifts them."""
        gain, bias, mlp_gain, mlp_bias = self.modulate(state)[:, None].chunk(4, dim=-1)
        x = self.norm_self(hidden) * (1 + gain) + bias
        query, key, value = self.self_in(x).chunk(3, dim=-1)
        hidden = hidden + self.self_out(self._attend(query, key, value, None))
        query = self.words_query(self.norm_words(hidden))
        key, value = self.words_in(words).chunk(2, dim=-1)
        hidden = hidden + self.words_out(self._attend(query, key, value, mask[:, None, None]))
        x = self.norm_mlp(hidden) * (1 + mlp_gain) + mlp_bias
        return hidden + self.narrow(F.gelu(self.widen(x), approximate="tanh"))

    def _attend(self, query: Tensor, key: Tensor, value: Tensor, mask: Tensor | None) -> Tensor:
        heads = [
            rearrange(x, "b n (a d) -> b a n d", a=self.num_heads) for x in (query, key, value)
        ]
        seen = F.scaled_dot_product_attention(heads[0], heads[1], heads[2], attn_mask=mask)
        return rearrange(seen, "b a n d -> b n (a d)")


def denoise(
    sketcher: nn.Module,
    spread: Float[Tensor, " d"],
    mixed: Float[Tensor, "b n d"],
    time: Float[Tensor, " b"],
    text: EncodedText,
    without_text: Bool[Tensor, " b"],
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
    return guess + (1 - along) * spread / size * sketcher(mixed / size, time, text, without_text)


def flow_loss(
    sketcher: nn.Module,
    spread: Float[Tensor, " d"],
    tokens: Float[Tensor, "b n d"],
    text: EncodedText,
    drop_text: float,
) -> Float[Tensor, ""]:
    """Return the mean squared error of the velocity at random times of random paths."""
    time = torch.sigmoid(torch.randn(len(tokens), device=tokens.device))
    noise = torch.randn_like(tokens)
    without_text = torch.rand(len(tokens), device=tokens.device) < drop_text
    along = rearrange(time, "b -> b 1 1")
    mixed = (1 - along) * noise + along * tokens
    predicted = denoise(sketcher, spread, mixed, time, text, without_text)
    return ((predicted - tokens) / (1 - along).clamp(min=NEAREST_END)).square().mean()


@torch.no_grad()
def draw(
    sketcher: nn.Module,
    spread: Float[Tensor, " d"],
    noise: Float[Tensor, "1 n d"],
    text: EncodedText,
    num_steps: int,
    guidance: float,
) -> Float[Tensor, "1 n d"]:
    """Follow the flow from noise to a sketch by Euler steps, guided by the text.

    Both answers, with and without text, come from one call with two rows.
    """
    both = EncodedText(text.tokens.expand(2, -1, -1), text.mask.expand(2, -1))
    without_text = torch.tensor([False, True], device=noise.device)
    tokens = noise
    for step in range(num_steps):
        time = torch.full((2,), step / num_steps, device=noise.device)
        mixed = tokens.expand(2, -1, -1)
        with_text, unled = denoise(sketcher, spread, mixed, time, both, without_text).chunk(2)
        predicted = unled + guidance * (with_text - unled)
        tokens = tokens + (predicted - tokens) / (num_steps - step)
    return tokens


def _waves(time: Float[Tensor, " b"]) -> Float[Tensor, "b d"]:
    """Describe a time in [0, 1] by sines and cosines of many frequencies."""
    octaves = torch.arange(NUM_WAVES, device=time.device) / NUM_WAVES
    angles = time[:, None] * 1000 * torch.exp(-octaves * math.log(10_000))
    return torch.cat([angles.sin(), angles.cos()], dim=1)
