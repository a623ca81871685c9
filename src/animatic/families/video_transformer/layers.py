"""Block-local self-attention, and the prediction of a pixel's symbols one after the other.

Source: Weissenborn et al. 2020, arXiv:1906.02634.
"""

from collections.abc import Callable
from typing import NamedTuple

import torch
import torch.nn.functional as F
from einops import rearrange
from jaxtyping import Float, Int
from torch import Tensor, nn

from animatic.families.video_transformer.config import SYMBOLS, VALUES
from animatic.families.video_transformer.guess import Guess

Places = Float[Tensor, "b i j k d"]
"""One vector for each place of a slice."""

Bias = Float[Tensor, "m n n"]
"""What is added to the logits of attention within a block, a table for each head."""

Chooser = Callable[[int, Float[Tensor, "... v"]], Int[Tensor, "..."]]
"""Is handed the number of a symbol and its logits, and says which value it has."""

FLOOR = 1e-6
"""Least probability of a value, so that no logarithm is lost."""


class BlockLayer(nn.Module):
    """Attention within blocks, then a network on every place; both are added to what comes in.

    Args:
        dim: channels that come in and go out.
        heads: heads of attention.
        head_dim: channels of a head.
        block: frames, rows and columns of a block.
        causal: whether a place sees only itself and those before it, in raster order.
    """

    distances: Tensor
    hidden: Tensor

    def __init__(
        self, dim: int, heads: int, head_dim: int, block: tuple[int, int, int], *, causal: bool
    ) -> None:
        super().__init__()
        self.heads, self.block = heads, block
        self.norm = nn.LayerNorm(dim)
        self.read = nn.Linear(dim, 3 * heads * head_dim, bias=False)
        self.write = nn.Linear(heads * head_dim, dim)
        self.think = nn.Sequential(
            nn.LayerNorm(dim), nn.Linear(dim, dim), nn.ReLU(), nn.Linear(dim, dim)
        )
        self.banks = nn.ParameterList(torch.zeros(heads, 2 * length - 1) for length in block)
        places = torch.cartesian_prod(*map(torch.arange, block)).reshape(-1, 3)
        distances = places[:, None] - places + torch.tensor(block) - 1
        self.register_buffer("distances", distances.permute(2, 0, 1), persistent=False)
        later = torch.ones(len(places), len(places), dtype=torch.bool).triu(1)
        self.register_buffer("hidden", later & causal, persistent=False)

    def bias(self) -> Bias:
        """Return how much each place attends to each: by their distance along every axis."""
        parts = [bank[:, far] for bank, far in zip(self.banks, self.distances, strict=True)]
        return torch.stack(parts).sum(dim=0).masked_fill(self.hidden, -torch.inf)

    def forward(self, x: Places) -> Places:
        """Return the next vectors."""
        t, h, w = (n // part for n, part in zip(x.shape[1:4], self.block, strict=True))
        i, j, k = self.block
        tokens = rearrange(x, "b (t i) (h j) (w k) d -> (b t h w) (i j k) d", i=i, j=j, k=k)
        query, key, value = rearrange(
            self.read(self.norm(tokens)), "b n (s m d) -> s b m n d", s=3, m=self.heads
        )
        found = rearrange(attention(query, key, value, self.bias()), "b m n d -> b n (m d)")
        tokens = tokens + self.write(found)
        tokens = tokens + self.think(tokens)
        return rearrange(
            tokens, "(b t h w) (i j k) d -> b (t i) (h j) (w k) d", t=t, h=h, w=w, i=i, j=j, k=k
        )


def attention(
    query: Float[Tensor, "... q c"],
    key: Float[Tensor, "... n c"],
    value: Float[Tensor, "... n c"],
    bias: Float[Tensor, "... q n"],
) -> Float[Tensor, "... q c"]:
    """Return the values that each query finds.

    On a CPU torch's own attention takes three times as long where a bias learns in bf16.
    """
    bias = bias.to(query.dtype)
    if query.device.type != "cpu":
        return F.scaled_dot_product_attention(query, key, value, attn_mask=bias)
    logits = (query * query.shape[-1] ** -0.5) @ key.transpose(-1, -2) + bias
    return torch.softmax(logits, dim=-1) @ value


class PixelEmbedding(nn.Module):
    """The sum of a vector for each symbol of a pixel.

    At first the vectors of a symbol lie on a line in the order of their values, for values are
    brightness.
    """

    def __init__(self, dim: int) -> None:
        super().__init__()
        order = torch.linspace(-1.7, 1.7, VALUES)[None, :, None]
        lines = F.normalize(torch.randn(SYMBOLS, 1, dim), dim=-1) * dim**0.5
        table = order * lines + 0.1 * torch.randn(SYMBOLS, VALUES, dim)
        self.table = nn.Parameter(table.flatten(0, 1) * SYMBOLS**-0.5)

    def forward(self, symbols: Int[Tensor, "... s"]) -> Float[Tensor, "... e"]:
        """Return the vectors of pixels."""
        rows = symbols + torch.arange(SYMBOLS, device=symbols.device) * VALUES
        if not torch.is_grad_enabled():
            return F.embedding_bag(rows.flatten(0, -2), self.table, mode="sum").unflatten(
                0, rows.shape[:-1]
            )
        # The gradient of a bag is slow on a CPU.
        half = torch.is_autocast_enabled(rows.device.type)
        dtype = torch.get_autocast_dtype(rows.device.type) if half else self.table.dtype
        ones = torch.zeros(*rows.shape[:-1], len(self.table), dtype=dtype, device=rows.device)
        return ones.scatter_(-1, rows, 1.0) @ self.table


class SymbolPredictor(nn.Module):
    """The logits of the symbols of a pixel, each from the symbols before it.

    u_k = U_k [norm(y); one-hots of x_1 .. x_(k-1)]; p_k = softmax(P_k relu(u_k) + m_k), with m_k
    the logarithm of what a mixture of logistic distributions says of the symbol.
    differs: the paper has no m_k. Low bits are next to noise, and P_k alone takes very long to
    learn that neighbouring values are alike.
    """

    earlier: Tensor

    def __init__(self, dim: int, inner: int, parts: int) -> None:
        super().__init__()
        self.norm = nn.LayerNorm(dim)
        self.widen = nn.Linear(dim, SYMBOLS * inner)
        self.seen = nn.Parameter(0.02 * torch.randn(SYMBOLS, VALUES, SYMBOLS, inner))
        self.narrow = nn.Parameter(torch.zeros(SYMBOLS, inner, VALUES))
        self.bias = nn.Parameter(torch.zeros(SYMBOLS, VALUES))
        self.mixture = Mixture(dim, parts) if parts else None
        earlier = torch.ones(SYMBOLS, SYMBOLS).triu(1)[:, None, :, None]
        self.register_buffer("earlier", earlier, persistent=False)

    def forward(
        self, y: Float[Tensor, "... d"], guess: Guess | None, symbols: Int[Tensor, "... s"]
    ) -> Float[Tensor, "... s v"]:
        """Return the logits of all symbols, each given the true ones before it."""
        normal = self.norm(y)
        known = F.one_hot(symbols, VALUES).to(y.dtype).flatten(-2)
        of_symbols = F.linear(known, (self.seen * self.earlier).flatten(2).flatten(0, 1).T)
        hidden = F.relu(self.widen(normal) + of_symbols)
        with torch.autocast(y.device.type, enabled=False):
            parts = zip(hidden.chunk(SYMBOLS, dim=-1), self.narrow, strict=True)
            logits = [part.to(narrow.dtype) @ narrow for part, narrow in parts]
            if self.mixture is not None and guess is not None:
                shapes = self.mixture(normal, guess)
                logits = [
                    own + self.mixture.symbol(shapes, symbols[..., :number], number)
                    for number, own in enumerate(logits)
                ]
        return torch.stack(logits, dim=-2) + self.bias

    def choose(
        self, y: Float[Tensor, "... d"], guess: Guess | None, chooser: Chooser
    ) -> Int[Tensor, "... s"]:
        """Return symbols that are chosen one after the other."""
        normal = self.norm(y)
        hidden = self.widen(normal).unflatten(-1, (SYMBOLS, -1))
        shapes = None
        if self.mixture is not None and guess is not None:
            shapes = self.mixture(normal, guess)
        symbols = torch.zeros(*y.shape[:-1], 0, dtype=torch.long, device=y.device)
        for number in range(SYMBOLS):
            own = hidden[..., number, :]
            for before, symbol in enumerate(symbols.unbind(-1)):
                own = own + F.embedding(symbol, self.seen[before, :, number])
            logits = F.relu(own) @ self.narrow[number] + self.bias[number]
            if self.mixture is not None and shapes is not None:
                logits = logits + self.mixture.symbol(shapes, symbols, number)
            symbols = torch.cat([symbols, chooser(number, logits)[..., None]], dim=-1)
        return symbols


class Shapes(NamedTuple):
    """Logistic distributions of the values of a pixel: of each colour and part of the mixture."""

    middle: Float[Tensor, "... 3 k"]
    sharpness: Float[Tensor, "... 3 k"]
    share: Float[Tensor, "... 3 k"]
    slope: Float[Tensor, "... 3 k"]
    guess: Float[Tensor, "... 3"]


class Mixture(nn.Module):
    """Logistic distributions of the 256 values of a colour, cut to the bins of a symbol.

    Middles start from a guess, sharpness from its spread. The middle of green moves with what red
    is off its guess, that of blue with red and green.
    Source: Salimans et al. 2017, arXiv:1701.05517; here for halves of a byte, not for whole ones.
    """

    def __init__(self, dim: int, parts: int) -> None:
        super().__init__()
        self.parts = parts
        self.middle = nn.Linear(dim, 3 * parts)
        self.shape = nn.Linear(dim, 9 * parts)
        self.trust = nn.Parameter(torch.ones(3, parts))
        sharpness = torch.linspace(0.7, 2.1, parts).repeat(3)
        slope = torch.tensor([0.9, 0.0, 0.9]).repeat_interleave(parts)
        with torch.no_grad():
            self.middle.weight.zero_()
            self.middle.bias.zero_()
            self.shape.weight.zero_()
            self.shape.bias.copy_(torch.cat([sharpness, torch.zeros(3 * parts), slope]))

    def forward(self, y: Float[Tensor, "... d"], guess: Guess) -> Shapes:
        """Return the distributions of each colour, before those in front of it are known.

        Args:
            y: of each place, normalised.
            guess: where the distributions are, but for the network.
        """
        middle = self.middle(y).unflatten(-1, (3, self.parts)) * guess.spread[..., None]
        middle = guess.colours[..., None] + middle
        sharpness, share, slope = self.shape(y).unflatten(-1, (3, 3, self.parts)).unbind(-3)
        sharpness = sharpness - self.trust * guess.spread.log()[..., None]
        return Shapes(
            middle, sharpness.clamp(-3, 7).exp(), share.softmax(dim=-1), slope, guess.colours
        )

    def symbol(
        self, shapes: Shapes, symbols: Int[Tensor, "... p"], number: int
    ) -> Float[Tensor, "... v"]:
        """Return the logarithm of the probability of each value of a symbol, but for a constant."""
        colour, low = divmod(number, 2)
        middle, sharpness, share = (part[..., colour, :] for part in shapes[:3])
        for other in range(colour):
            known = symbols[..., 2 * other] * VALUES + symbols[..., 2 * other + 1]
            off = known / 127.5 - 1 - shapes.guess[..., other]
            # slopes: green of red, blue of red, blue of green
            middle = middle + shapes.slope[..., colour + other - 1, :] * off[..., None]
        edges = torch.arange(VALUES + 1, device=middle.device)
        edges = symbols[..., -1:] * VALUES + edges if low else edges * VALUES
        edges = edges.to(middle.dtype)[..., None, :]  # in front of this value
        below = ((edges - 0.5) / 127.5 - 1 - middle[..., None]) * sharpness[..., None]
        below = below.masked_fill(edges == 0, -torch.inf).masked_fill(edges == 256, torch.inf)
        chance = (below.sigmoid().diff(dim=-1) * share[..., None]).sum(dim=-2)
        return (chance + FLOOR).log()
