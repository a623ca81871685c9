"""Self-attention over the places and times of a clip.

Source: Clark et al. 2019, arXiv:1907.06571 (v1): softmax of (X Q) (X K)^T, times X V; with the
widths of Zhang et al. 2019, arXiv:1805.08318: an eighth for Q and K, a half for V.
"""

import torch
import torch.nn.functional as F
from einops import rearrange
from jaxtyping import Float
from torch import Tensor, nn

from animatic.families.dvd_gan.layers import channels_last, linear


class Attention(nn.Module):
    """Adds to each token what it finds in all tokens of its row; nothing at first."""

    def __init__(self, dim: int) -> None:
        super().__init__()
        self.query, self.key = (linear(dim, max(1, dim // 8), bias=False) for _ in range(2))
        self.value = linear(dim, max(1, dim // 2), bias=False)
        self.out = linear(max(1, dim // 2), dim, bias=False)
        self.strength = nn.Parameter(torch.zeros(()))

    def forward(self, tokens: Float[Tensor, "b n d"]) -> Float[Tensor, "b n d"]:
        """Return the tokens with what they found."""
        query, key, value = self.query(tokens), self.key(tokens), self.value(tokens)
        found = F.scaled_dot_product_attention(query, key, value, scale=1.0)
        return tokens + self.strength * self.out(found)


class FullAttention(nn.Module):
    """Every place of every frame looks at all of them: the memory grows with (t h w)^2."""

    def __init__(self, dim: int) -> None:
        super().__init__()
        self.attention = Attention(dim)

    def forward(self, frames: Float[Tensor, "b t d h w"]) -> Float[Tensor, "b t d h w"]:
        """Return the frames with what they found."""
        found = self.attention(rearrange(frames, "b t d h w -> b (t h w) d"))
        _, t, _, h, w = frames.shape
        return rearrange(found, "b (t h w) d -> b t d h w", t=t, h=h, w=w)


class SeparableAttention(nn.Module):
    """Looks along columns, then along rows, then through time, each by a layer of its own."""

    def __init__(self, dim: int) -> None:
        super().__init__()
        self.down, self.across, self.through = (Attention(dim) for _ in range(3))

    def forward(self, frames: Float[Tensor, "b t d h w"]) -> Float[Tensor, "b t d h w"]:
        """Return the frames with what they found."""
        b, t, _, h, _ = frames.shape
        x = self.down(rearrange(frames, "b t d h w -> (b t w) h d"))
        x = self.across(rearrange(x, "(b t w) h d -> (b t h) w d", b=b, t=t))
        x = self.through(rearrange(x, "(b t h) w d -> (b h w) t d", b=b, t=t))
        return channels_last(rearrange(x, "(b h w) t d -> b t d h w", b=b, h=h))
