"""The paper's networks: text vector, gist, Text2Filter, scene generator and critic.

Axis letters: b batch, c channel, t frame, h height, w width, k captions a clip, n tokens,
d features, f filter channel, z latent.
Source: Li et al. 2018, arXiv:1710.00421; the README says which facts are from memory.
"""

import math
from collections.abc import Sequence
from itertools import pairwise
from typing import NamedTuple

import torch
import torch.nn.functional as F
from einops import rearrange, repeat
from jaxtyping import Bool, Float
from torch import Tensor, nn

from animatic.families.t2v.gist.config import SMALLEST_IMAGE, GistConfig
from animatic.types import Clips

Images = Float[Tensor, "b c h w"]
"""First frames and gists: float32 in [-1, 1]."""

Vectors = Float[Tensor, "b _"]
"""One vector a clip, of whatever length."""

LEAK = 0.2
"""Slope of the activations below zero. Source: Radford et al. 2015, arXiv:1511.06434."""


class Drawing(NamedTuple):
    """A gist, with what it was drawn from."""

    gist: Images
    mean: Float[Tensor, "b z"]
    log_variance: Float[Tensor, "b z"]
    text: Vectors


class Scene(NamedTuple):
    """A clip and its layers; the mask is in [0, 1] and true to the foreground."""

    clips: Clips
    mask: Float[Tensor, "b 1 t h w"]
    foreground: Clips
    background: Images


class TextHead(nn.Module):
    """Tokens of a sentence to one vector, read word by word (psi).

    differs: reads the vectors of a frozen MiniLM instead of words.
    """

    def __init__(self, token_dim: int, text_dim: int) -> None:
        super().__init__()
        self.reader = nn.GRU(token_dim, text_dim, batch_first=True)

    def forward(self, tokens: Float[Tensor, "b n d"], mask: Bool[Tensor, "b n"]) -> Vectors:
        """Return what the reader remembers after the last token."""
        states, _ = self.reader(tokens)
        last = mask.sum(1).clamp(min=1) - 1
        return states[torch.arange(len(states), device=states.device), last]


class Recognition(nn.Module):
    """First frame and text to the distribution of the latent (q); not used after training."""

    def __init__(self, config: GistConfig) -> None:
        super().__init__()
        widths = _widths(config.image_width, config.num_levels)
        self.image_encoder = nn.Sequential(halvings(2, [3, *widths]), nn.Flatten())
        feature_dim = widths[-1] * SMALLEST_IMAGE**2
        self.posterior = nn.Linear(feature_dim + config.text_dim, 2 * config.gist_latent_dim)

    def forward(self, images: Images, text: Vectors) -> tuple[Tensor, Tensor]:
        """Return mean and log-variance of each latent number."""
        features = torch.cat([self.image_encoder(images), text], dim=1)
        mean, log_variance = self.posterior(features).chunk(2, dim=1)
        return mean, log_variance


class GistDecoder(nn.Module):
    """Latent and text to the gist: colours and layout, blurry on purpose."""

    def __init__(self, config: GistConfig) -> None:
        super().__init__()
        in_dim = config.gist_latent_dim + config.text_dim
        self.layers = still_picture(in_dim, config.image_width, config.num_levels)

    def forward(self, latent: Float[Tensor, "b z"], text: Vectors) -> Images:
        """Return the gist, in [-1, 1]."""
        return torch.tanh(self.layers(torch.cat([latent, text], dim=1)))


class GistModel(nn.Module):
    """The conditional variational auto-encoder of the first frame, and the text's vector."""

    def __init__(self, config: GistConfig, token_dim: int) -> None:
        super().__init__()
        self.text_head = TextHead(token_dim, config.text_dim)
        self.recognition = Recognition(config)
        self.decoder = GistDecoder(config)

    def forward(
        self, images: Images, tokens: Float[Tensor, "b n d"], mask: Bool[Tensor, "b n"]
    ) -> Drawing:
        """Recognise a latent in the images and draw the gist from it."""
        text = self.text_head(tokens, mask)
        mean, log_variance = self.recognition(images, text)
        latent = mean + (log_variance / 2).exp() * torch.randn_like(mean)
        return Drawing(self.decoder(latent, text), mean, log_variance, text)


class TextToFilter(nn.Module):
    """A text's vector to an image filter of its own (Text2Filter).

    differs: the paper's full transposed convolution of a single point is this matrix.
    """

    def __init__(self, config: GistConfig) -> None:
        super().__init__()
        self._size = config.filter_size
        self.matrix = nn.Linear(config.text_dim, config.filter_channels * 3 * self._size**2)

    def forward(self, text: Vectors) -> Float[Tensor, "b f c _ _"]:
        """Return one filter a text."""
        return rearrange(
            self.matrix(text), "b (f c h w) -> b f c h w", c=3, h=self._size, w=self._size
        )


class VideoModel(nn.Module):
    """Gist, text and noise to a clip."""

    def __init__(self, config: GistConfig) -> None:
        super().__init__()
        widths = _widths(config.image_width, config.num_levels)
        self.text_to_filter = TextToFilter(config)
        self.gist_encoder = nn.Sequential(
            halvings(2, [config.filter_channels, *widths]),
            nn.Flatten(),
            nn.Linear(widths[-1] * SMALLEST_IMAGE**2, config.gist_feature_dim),
        )
        self.generator = SceneGenerator(config)

    def forward(self, gist: Images, text: Vectors, noise: Float[Tensor, "b z"]) -> Scene:
        """Return the clip that moves the gist as the text says."""
        filtered = filter_each(gist, self.text_to_filter(text))
        return self.generator(torch.cat([self.gist_encoder(filtered), noise], dim=1))


class SceneGenerator(nn.Module):
    """A vector to a moving foreground, a mask and a still background, blended into a clip.

    Source: Vondrick et al. 2016, arXiv:1609.02612.
    """

    def __init__(self, config: GistConfig) -> None:
        super().__init__()
        in_dim = config.gist_feature_dim + config.noise_dim
        widths = _widths(config.video_width, config.num_levels)[::-1]
        start = (config.num_frames // 2**config.num_levels, SMALLEST_IMAGE, SMALLEST_IMAGE)
        self.trunk = nn.Sequential(seed(in_dim, widths[0], start), doublings(3, widths))
        self.foreground = nn.ConvTranspose3d(widths[-1], 3, 4, stride=2, padding=1)
        self.mask = nn.ConvTranspose3d(widths[-1], 1, 4, stride=2, padding=1)
        self.background = still_picture(in_dim, config.video_width, config.num_levels)

    def forward(self, vector: Vectors) -> Scene:
        """Return the clip and its layers."""
        motion = self.trunk(vector)
        mask = torch.sigmoid(self.mask(motion))
        foreground = torch.tanh(self.foreground(motion))
        background = torch.tanh(self.background(vector))
        return Scene(blend(mask, foreground, background), mask, foreground, background)


class VideoCritic(nn.Module):
    """Clips and sentences to scores; higher means a real clip that fits the sentence.

    It reads text with a head of its own, so that it can be used and saved alone.
    """

    def __init__(self, config: GistConfig, token_dim: int) -> None:
        super().__init__()
        widths = _widths(config.critic_width, config.num_levels)
        end = (config.num_frames // 2**config.num_levels, SMALLEST_IMAGE, SMALLEST_IMAGE)
        normalised = config.lipschitz == "clipping"
        self.text_head = TextHead(token_dim, config.text_dim)
        self.video = nn.Sequential(
            halvings(3, [3, *widths], normalised), nn.Conv3d(widths[-1], config.critic_dim, end)
        )
        # With one layer the score would be a sum of a verdict on the clip and one on the text.
        self.verdict = nn.Sequential(
            nn.LeakyReLU(LEAK),
            nn.Linear(config.critic_dim + config.text_dim, config.critic_dim),
            nn.LeakyReLU(LEAK),
            nn.Linear(config.critic_dim, 1),
        )

    def forward(
        self, clips: Clips, tokens: Float[Tensor, "b k n d"], mask: Bool[Tensor, "b k n"]
    ) -> Float[Tensor, "b k"]:
        """Score each clip against each of its k sentences; the clip is looked at once."""
        k = tokens.shape[1]
        text = self.text_head(
            rearrange(tokens, "b k n d -> (b k) n d"), rearrange(mask, "b k n -> (b k) n")
        )
        seen = repeat(self.video(clips), "b d 1 1 1 -> (b k) d", k=k)
        return rearrange(self.verdict(torch.cat([seen, text], dim=1)), "(b k) 1 -> b k", k=k)


def filter_each(images: Images, filters: Float[Tensor, "b f c kh kw"]) -> Float[Tensor, "b f h w"]:
    """Convolve each image with its own filter, in one grouped convolution."""
    b, kernel = len(images), filters.shape[-1]
    together = F.conv2d(
        rearrange(images, "b c h w -> 1 (b c) h w"),
        rearrange(filters, "b f c kh kw -> (b f) c kh kw"),
        padding=kernel // 2,
        groups=b,
    )
    return rearrange(together, "1 (b f) h w -> b f h w", b=b)


def blend(mask: Float[Tensor, "b 1 t h w"], foreground: Clips, background: Images) -> Clips:
    """Return the foreground where the mask is 1, and the still background where it is 0."""
    return mask * foreground + (1 - mask) * background.unsqueeze(2)


def halvings(dims: int, channels: Sequence[int], normalised: bool = True) -> nn.Sequential:
    """Return convolutions over `dims` axes that halve each of them once a pair of channels."""
    convolution, normalisation = ((nn.Conv2d, nn.BatchNorm2d), (nn.Conv3d, nn.BatchNorm3d))[
        dims - 2
    ]
    layers: list[nn.Module] = []
    for level, (before, after) in enumerate(pairwise(channels)):
        # Radford et al. 2015: no normalisation where the network reads its input.
        followed = normalised and level > 0
        # A bias before a normalisation would be taken out again.
        layers.append(convolution(before, after, 4, stride=2, padding=1, bias=not followed))
        if followed:
            layers.append(normalisation(after))
        layers.append(nn.LeakyReLU(LEAK))
    return nn.Sequential(*layers)


def doublings(dims: int, channels: Sequence[int]) -> nn.Sequential:
    """Return transposed convolutions that double each of `dims` axes once a pair of channels."""
    convolution, normalisation = (
        (nn.ConvTranspose2d, nn.BatchNorm2d),
        (nn.ConvTranspose3d, nn.BatchNorm3d),
    )[dims - 2]
    layers: list[nn.Module] = []
    for before, after in pairwise(channels):
        layers.append(convolution(before, after, 4, stride=2, padding=1, bias=False))
        layers += [normalisation(after), nn.ReLU()]
    return nn.Sequential(*layers)


def seed(in_dim: int, channels: int, size: tuple[int, ...]) -> nn.Sequential:
    """Return the layers that turn a vector into the smallest feature map."""
    return nn.Sequential(
        nn.Linear(in_dim, channels * math.prod(size)), nn.Unflatten(1, (channels, *size)), nn.ReLU()
    )


def still_picture(in_dim: int, width: int, num_levels: int) -> nn.Sequential:
    """Return the layers from a vector to an image, without the last activation."""
    widths = _widths(width, num_levels)[::-1]
    return nn.Sequential(
        seed(in_dim, widths[0], (SMALLEST_IMAGE, SMALLEST_IMAGE)),
        doublings(2, widths),
        nn.ConvTranspose2d(widths[-1], 3, 4, stride=2, padding=1),
    )


def _widths(width: int, num_levels: int) -> list[int]:
    """Return the channels after each halving: the first width, then twice as many each time."""
    return [width * 2**level for level in range(num_levels)]
