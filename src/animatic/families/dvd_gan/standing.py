"""Statistics that an averaged generator samples with.

Those that training left belong to other weights than the averaged ones. Source: standing statistics
of Brock et al. 2019, arXiv:1809.11096.
"""

import torch

from animatic.families.dvd_gan.generator import Generator
from animatic.families.dvd_gan.layers import FrameMoments

BATCH_SIZE = 16
"""Clips of each batch; statistics do not depend on how many are trained with."""


@torch.no_grad()
def measure_standing(generator: Generator, latent_dim: int, num_batches: int) -> None:
    """Set the moments of every norm to their mean over batches of generated clips.

    The same weights always get the same moments.
    """
    random = torch.Generator().manual_seed(0)
    device = generator.embed.weight.device
    norms = [module for module in generator.modules() if isinstance(module, FrameMoments)]
    kept = [norm.momentum for norm in norms]
    for number in range(num_batches):
        for norm in norms:
            norm.train()
            norm.momentum = 1 / (number + 1)
        noise = torch.randn(BATCH_SIZE, latent_dim, generator=random)
        labels = torch.randint(generator.embed.num_embeddings, (BATCH_SIZE,), generator=random)
        generator(noise.to(device), labels.to(device))
    for norm, momentum in zip(norms, kept, strict=True):
        norm.eval()
        norm.momentum = momentum
