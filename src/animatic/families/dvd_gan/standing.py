"""Statistics that an averaged generator samples with.

Those that training left belong to other weights than the averaged ones. Source: standing statistics
of Brock et al. 2019, arXiv:1809.11096.
"""

from itertools import cycle, islice

import torch

from animatic.families.dvd_gan.encoder import Given
from animatic.families.dvd_gan.generator import Generator
from animatic.families.dvd_gan.layers import FrameMoments

NUM_PIXELS = 2**20
"""Pixels of one batch, over all clips and frames, but for its smallest number of clips."""

FEWEST, MOST = 2, 16
"""Clips of a batch; statistics do not depend on how many are trained with."""


@torch.no_grad()
def measure_standing(generator: Generator, examples: Given | None) -> None:
    """Set the moments of every norm to their mean over batches of generated clips.

    The same weights and examples always get the same moments.

    Args:
        generator: the averaged one; its moments are replaced.
        examples: real first frames, for one that continues them.
    """
    config, random = generator.config, torch.Generator().manual_seed(0)
    norms = [module for module in generator.modules() if isinstance(module, FrameMoments)]
    device = next(generator.parameters()).device
    fitting = NUM_PIXELS // (config.num_frames * config.size**2)
    num_clips = min(MOST, max(FEWEST, fitting))
    seen = torch.zeros(config.num_frames, 1, device=device)
    for norm in norms:
        norm.train()
    for count in islice(cycle(sorted(config.given_frames) or [0]), config.standing_batches):
        seen[: config.num_frames - count] += 1
        for norm in norms:
            norm.momentum = 1 / seen.clamp(min=1)
        noise = config.truncation * torch.randn(num_clips, config.latent_dim, generator=random)
        if examples is None:
            known = torch.randint(len(config.class_names), (num_clips,), generator=random)
        else:
            chosen = torch.randint(len(examples), (num_clips,), generator=random)
            known = examples[chosen.to(examples.device), :, :count]
        generator(noise.to(device), known.to(device))
    for norm in norms:
        norm.eval()
