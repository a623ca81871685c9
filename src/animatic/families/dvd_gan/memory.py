"""How much memory a step of training takes, found out without taking it."""

import torch
from torch._subclasses.fake_tensor import FakeTensorMode

from animatic.families.dvd_gan.config import DvdGanConfig
from animatic.families.dvd_gan.discriminators import Discriminators, Glance
from animatic.families.dvd_gan.generator import Generator
from animatic.nn.kept import OPTIMISER_COPIES, Kept

PEAK = 1.5
"""What a step takes in all over what is kept for the gradients, weights aside; so the estimates of
`paper-64`, `paper-128` and `paper-256` are 0.9 to 1.3 times what an H200 needed (docs/log.md)."""


def training_bytes(config: DvdGanConfig, batch_size: int, bf16: bool) -> int:
    """Return about how many bytes the larger of both updates takes, weights included.

    Args:
        config: of the model.
        batch_size: clips in one part of a batch on one device.
        bf16: whether products are taken in half precision.
    """
    given = config.most_given
    with FakeTensorMode(allow_non_fake_inputs=True), torch.autocast("cpu", enabled=bf16):
        generator, judges = Generator(config), Discriminators(config)
        numbers = [sum(p.numel() for p in net.parameters()) for net in (generator, judges)]
        noise = torch.randn(batch_size, config.latent_dim)
        shape = (batch_size, 3, config.num_frames, config.size, config.size)
        real = torch.empty(shape)
        labels = None if given else torch.zeros(batch_size, dtype=torch.long)
        known = real[:, :, :given] if given else labels
        with Kept(generator, judges) as made:
            clips = generator(noise, known)
            clips = torch.cat([real[:, :, :given], clips.float()], dim=2)
            judges(clips, labels, _glance(config, batch_size))
        both = torch.cat([real, clips.detach()])
        with Kept(judges) as judged:
            judges(
                both, None if labels is None else labels.repeat(2), _glance(config, 2 * batch_size)
            )
    twice = 2 if config.loss == "relativistic" else 1
    weights = 4 * (OPTIMISER_COPIES * sum(numbers) + numbers[0])
    kept = max(made.num_bytes, twice * judged.num_bytes + both.untyped_storage().nbytes())
    return weights + int(PEAK * kept)


def _glance(config: DvdGanConfig, num_clips: int) -> Glance:
    frames = torch.arange(config.most_given, config.most_given + config.sampled_frames)
    return Glance(frames.expand(num_clips, -1), torch.zeros(num_clips, 2, dtype=torch.long))
