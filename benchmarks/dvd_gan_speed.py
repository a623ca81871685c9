"""Time DVD-GAN against a plain version of the same equations, in one run.

    python benchmarks/dvd_gan_speed.py --preset small --batch-size 16

The plain version is what one writes first: gates that join state and input at every frame, torch's
spectral norm at every use, a batch norm for each time step, enlargement before the shortcut and
halving behind it, torch's layout. Both have the same layers and numbers of weights. Rounds
alternate between the two; the ratio is that of the medians.
"""

import argparse
import json
import platform
import statistics
import time
from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import torch
import torch.nn.functional as F
from einops import rearrange
from torch import Tensor, nn
from torch.nn.utils.parametrizations import spectral_norm

from animatic.families.dvd_gan.config import PRESETS, SMALLEST, DvdGanConfig
from animatic.families.dvd_gan.discriminators import BLOCKS_OF_CLIPS, Discriminators, Glance
from animatic.families.dvd_gan.generator import Generator
from animatic.families.dvd_gan.losses import discriminator_loss, generator_loss
from animatic.pipelines.device import choose_device, has_bf16

RESULTS = Path("benchmarks/results/dvd_gan_speed.json")


class PlainGru(nn.Module):
    """One frame after the other; every gate reads state and input joined."""

    def __init__(self, dim: int) -> None:
        super().__init__()
        self.reset, self.update, self.candidate = (
            spectral_norm(nn.Conv2d(2 * dim, dim, 3, padding=1)) for _ in range(3)
        )

    def forward(self, frames: list[Tensor]) -> list[Tensor]:
        """Return the states."""
        state, states = torch.zeros_like(frames[0]), []
        for frame in frames:
            both = torch.cat([state, frame], dim=1)
            reset, update = torch.sigmoid(self.reset(both)), torch.sigmoid(self.update(both))
            candidate = F.relu(self.candidate(torch.cat([reset * state, frame], dim=1)))
            state = update * state + (1 - update) * candidate
            states.append(state)
        return states


class PlainNorm(nn.Module):
    """A batch norm for each time step, then gain and shift from the condition."""

    def __init__(self, dim: int, condition_dim: int, num_frames: int) -> None:
        super().__init__()
        self.norms = nn.ModuleList(nn.BatchNorm2d(dim, affine=False) for _ in range(num_frames))
        self.gain = spectral_norm(nn.Linear(condition_dim, dim, bias=False))
        self.shift = spectral_norm(nn.Linear(condition_dim, dim, bias=False))

    def forward(self, frames: list[Tensor], condition: Tensor) -> list[Tensor]:
        """Return the normalised frames."""
        return [
            norm(frame) * (1 + self.gain(condition))[..., None, None]
            + self.shift(condition)[..., None, None]
            for norm, frame in zip(self.norms, frames, strict=True)
        ]


class PlainBlock(nn.Module):
    """Normalise, rectify, enlarge, convolve, normalise, rectify, convolve, beside a shortcut."""

    def __init__(
        self, dim: int, dim_out: int, condition_dim: int, num_frames: int, up: bool
    ) -> None:
        super().__init__()
        self.up = up
        self.first_norm = PlainNorm(dim, condition_dim, num_frames)
        self.second_norm = PlainNorm(dim_out, condition_dim, num_frames)
        self.first = spectral_norm(nn.Conv2d(dim, dim_out, 3, padding=1))
        self.second = spectral_norm(nn.Conv2d(dim_out, dim_out, 3, padding=1))
        self.shortcut = spectral_norm(nn.Conv2d(dim, dim_out, 1))

    def forward(self, frames: list[Tensor], condition: Tensor) -> list[Tensor]:
        """Return the next frames."""
        hidden = [F.relu(frame) for frame in self.first_norm(frames, condition)]
        hidden = [self.first(self.grown(frame)) for frame in hidden]
        hidden = [F.relu(frame) for frame in self.second_norm(hidden, condition)]
        shortcuts = [self.shortcut(self.grown(frame)) for frame in frames]
        return [self.second(h) + s for h, s in zip(hidden, shortcuts, strict=True)]

    def grown(self, frame: Tensor) -> Tensor:
        """Return the frame at twice its size, if this block enlarges."""
        return F.interpolate(frame, scale_factor=2) if self.up else frame


class PlainGenerator(nn.Module):
    """The generator of `animatic.families.dvd_gan`, v2, for classes."""

    def __init__(self, config: DvdGanConfig) -> None:
        super().__init__()
        self.config = config
        dims = [config.width * multiple for multiple in config.generator_widths]
        sizes = (config.condition_dim, config.num_frames)
        self.embed = nn.Embedding(len(config.class_names), config.embedding_dim)
        self.begin = spectral_norm(nn.Linear(config.condition_dim, dims[0] * SMALLEST**2))
        self.gru, self.keep, self.enlarge = nn.ModuleList(), nn.ModuleList(), nn.ModuleList()
        for dim, after in pairwise(dims):
            self.gru.append(PlainGru(dim))
            self.keep.append(PlainBlock(dim, dim, *sizes, up=False))
            self.enlarge.append(PlainBlock(dim, after, *sizes, up=True))
        self.norms = nn.ModuleList(
            nn.BatchNorm2d(dims[-1], affine=False) for _ in range(config.num_frames)
        )
        self.gain, self.shift = (nn.Parameter(torch.full((dims[-1], 1, 1), x)) for x in (1.0, 0.0))
        self.to_pixels = spectral_norm(nn.Conv2d(dims[-1], 3 * config.patch**2, 3, padding=1))

    def forward(self, noise: Tensor, labels: Tensor) -> Tensor:
        """Return the clips."""
        condition = torch.cat([noise, self.embed(labels)], dim=1)
        first = self.begin(condition).unflatten(1, (-1, SMALLEST, SMALLEST))
        frames = [first] * self.config.num_frames
        for gru, keep, enlarge in zip(self.gru, self.keep, self.enlarge, strict=True):
            frames = enlarge(keep(gru(frames), condition), condition)
        pixels = []
        for norm, frame in zip(self.norms, frames, strict=True):
            hidden = self.to_pixels(F.relu(norm(frame) * self.gain + self.shift))
            pixels.append(torch.tanh(F.pixel_shuffle(hidden, self.config.patch)))
        return torch.stack(pixels, dim=2)


class PlainJudgeBlock(nn.Module):
    """Rectify, convolve, twice, beside a shortcut; halve."""

    def __init__(self, dim: int, dim_out: int, of_clips: bool, halve: bool, first: bool) -> None:
        super().__init__()
        conv = nn.Conv3d if of_clips else nn.Conv2d
        self.of_clips, self.halve, self.rectify = of_clips, halve, not first
        self.first = spectral_norm(conv(dim, dim_out, 3, padding=1))
        self.second = spectral_norm(conv(dim_out, dim_out, 3, padding=1))
        self.shortcut = spectral_norm(conv(dim, dim_out, 1))

    def forward(self, x: Tensor) -> Tensor:
        """Return the next channels."""
        hidden = self.second(F.relu(self.first(F.relu(x) if self.rectify else x)))
        return self.halved(hidden + self.shortcut(x))

    def halved(self, x: Tensor) -> Tensor:
        """Return the means of neighbours, if this block halves."""
        if not self.halve:
            return x
        return F.avg_pool3d(x, (min(2, x.shape[2]), 2, 2)) if self.of_clips else F.avg_pool2d(x, 2)


class PlainJudge(nn.Module):
    """One discriminator."""

    def __init__(self, config: DvdGanConfig, blocks_of_clips: int) -> None:
        super().__init__()
        widths = (config.discriminator_width * m for m in config.discriminator_widths)
        dims = [3 * config.patch**2, *widths]
        self.patch, self.blocks_of_clips = config.patch, blocks_of_clips
        self.blocks = nn.ModuleList(
            PlainJudgeBlock(a, b, number < blocks_of_clips, number < len(dims) - 2, number == 0)
            for number, (a, b) in enumerate(pairwise(dims))
        )
        self.judge = spectral_norm(nn.Linear(dims[-1], 1))
        self.embed = spectral_norm(nn.Embedding(len(config.class_names), dims[-1]))

    def forward(self, clips: Tensor, labels: Tensor) -> Tensor:
        """Return the scores."""
        hidden = rearrange(
            clips, "b c t (h p) (w q) -> b (c p q) t h w", p=self.patch, q=self.patch
        )
        for number, block in enumerate(self.blocks):
            if number == self.blocks_of_clips:
                hidden = rearrange(hidden, "b c t h w -> (b t) c h w")
            hidden = block(hidden)
        features = F.relu(hidden).sum(dim=(2, 3)).unflatten(0, (len(clips), -1))
        of_class = (features * self.embed(labels)[:, None]).sum(dim=2)
        return (self.judge(features)[..., 0] + of_class).sum(dim=1)


class PlainJudges(nn.Module):
    """The spatial and the temporal discriminator."""

    def __init__(self, config: DvdGanConfig) -> None:
        super().__init__()
        self.config = config
        self.spatial, self.temporal = (PlainJudge(config, n) for n in (0, BLOCKS_OF_CLIPS))

    def forward(self, clips: Tensor, labels: Tensor, glance: Glance) -> Tensor:
        """Return both scores."""
        sampled = torch.stack([c[:, k] for c, k in zip(clips, glance.frames, strict=True)])
        pooled = F.avg_pool3d(clips, (1, self.config.pooling, self.config.pooling))
        return torch.stack([self.spatial(sampled, labels), self.temporal(pooled, labels)], dim=1)


def training_step(
    generator: nn.Module,
    judges: nn.Module,
    config: DvdGanConfig,
    batch_size: int,
    device: torch.device,
    bf16: bool,
) -> Callable[[], None]:
    """Return what does two updates of the discriminators and one of the generator."""
    adams = [torch.optim.Adam(net.parameters(), 1e-4, (0.0, 0.999)) for net in (generator, judges)]
    look = Discriminators(config).look
    shape = (batch_size, 3, config.num_frames, config.size, config.size)
    real = torch.rand(shape, device=device) * 2 - 1
    labels = torch.arange(batch_size, device=device) % len(config.class_names)
    half = torch.autocast(device.type, torch.bfloat16) if bf16 else nullcontext()

    def made() -> Tensor:
        noise = torch.randn(batch_size, config.latent_dim, device=device)
        return generator(noise, labels)

    def step() -> None:
        for _ in range(config.discriminator_steps):
            with half:
                with torch.no_grad():
                    clips = torch.cat([real, made().float()])
                scores = judges(clips, labels.repeat(2), look(len(clips), 0))
            adams[1].zero_grad()
            discriminator_loss(scores.float(), config.loss).backward()
            adams[1].step()
        with half:
            clips = made()
            scores = judges(clips, labels, look(batch_size, 0))
        adams[0].zero_grad()
        generator_loss(None, scores.float(), config.loss).backward()
        adams[0].step()

    return step


def sampling(
    generator: nn.Module, config: DvdGanConfig, num_clips: int, device: torch.device, bf16: bool
) -> Callable[[], None]:
    """Return what makes so many clips at once."""
    half = torch.autocast(device.type, torch.bfloat16) if bf16 else nullcontext()
    labels = torch.zeros(num_clips, dtype=torch.long, device=device)

    @torch.inference_mode()
    def sample() -> None:
        with half:
            generator(torch.randn(num_clips, config.latent_dim, device=device), labels)

    return sample


def seconds(works: dict[str, Callable[[], None]], rounds: int, device: torch.device) -> dict:
    """Return the median seconds of each, in rounds that alternate, after one to warm up."""
    taken: dict[str, list[float]] = {name: [] for name in works}
    for number in range(rounds + 1):
        for name, work in works.items():
            begun = time.perf_counter()
            work()
            if device.type == "cuda":
                torch.cuda.synchronize()
            if number:
                taken[name].append(time.perf_counter() - begun)
    return {name: statistics.median(values) for name, values in taken.items()}


def main() -> None:
    """Time both, print, write."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--preset", default="small")
    parser.add_argument("--batch-size", type=int, default=16)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--device", default="auto")
    parser.add_argument("--sampled-clips", type=int, default=1)
    given = parser.parse_args()
    device = choose_device(given.device)
    bf16 = has_bf16(device)
    config = PRESETS[given.preset]
    if not config.class_names:
        config = replace(config, class_names=tuple(map(str, range(16))))
    generators = {"ours": Generator(config).to(device), "plain": PlainGenerator(config).to(device)}
    judges = {"ours": Discriminators(config).to(device), "plain": PlainJudges(config).to(device)}
    for nets in (generators, judges):
        counts = {sum(p.numel() for p in net.parameters()) for net in nets.values()}
        assert len(counts) == 1, f"other weights: {counts}"
    works = {
        name: training_step(net, judges[name], config, given.batch_size, device, bf16)
        for name, net in generators.items()
    }
    training = seconds(works, given.rounds, device)
    for net in generators.values():
        net.eval()
    works = {
        name: sampling(net, config, given.sampled_clips, device, bf16)
        for name, net in generators.items()
    }
    sampled = seconds(works, 4 * given.rounds, device)
    row = {
        "preset": given.preset,
        "batch_size": given.batch_size,
        "sampled_clips": given.sampled_clips,
        "precision": "bf16" if bf16 else "32",
        "device": torch.cuda.get_device_name() if device.type == "cuda" else platform.machine(),
        "threads": torch.get_num_threads(),
        "torch": torch.__version__,
        "step_s": {name: round(value, 4) for name, value in training.items()},
        "step_ratio": round(training["plain"] / training["ours"], 2),
        "clip_s": {name: round(value, 4) for name, value in sampled.items()},
        "clip_ratio": round(sampled["plain"] / sampled["ours"], 2),
    }
    print(json.dumps(row, indent=2))
    rows = json.loads(RESULTS.read_text()) if RESULTS.is_file() else []
    key = ("preset", "batch_size", "sampled_clips", "precision", "device")
    rows = [old for old in rows if any(old[name] != row[name] for name in key)] + [row]
    RESULTS.write_text(json.dumps(rows, indent=2) + "\n")


if __name__ == "__main__":
    main()
