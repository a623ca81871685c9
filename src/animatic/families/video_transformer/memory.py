"""How much memory a step of training takes, found out without taking it."""

import torch
from torch._subclasses.fake_tensor import FakeTensorMode

from animatic.families.video_transformer.config import SYMBOLS, VideoTransformerConfig
from animatic.families.video_transformer.likelihood import symbol_bits
from animatic.families.video_transformer.network import VideoTransformer
from animatic.nn.kept import OPTIMISER_COPIES, Kept
from animatic.nn.minilm import DIM

PEAK = 1.4
"""What a step takes in all over what is kept for the gradients: `small` on a CPU, 2 and 8 clips."""


def training_bytes(config: VideoTransformerConfig, batch_size: int, bf16: bool) -> int:
    """Return about how many bytes a step takes, weights and their average included.

    Args:
        config: of the model.
        batch_size: clips in one part of a batch on one device.
        bf16: whether products are taken in half precision.
    """
    with FakeTensorMode(allow_non_fake_inputs=True), torch.autocast("cpu", enabled=bf16):
        network = VideoTransformer(config, DIM)
        numbers = [p.numel() for p in network.parameters()]
        symbols = torch.zeros(batch_size, *config.shape[:3], SYMBOLS, dtype=torch.long)
        labels = torch.zeros(batch_size, dtype=torch.long) if config.labelled else None
        text = torch.zeros(batch_size, DIM) if config.worded else None
        given, last = [min(config.given_frames)] * batch_size, [config.num_slices - 1] * batch_size
        with Kept(network) as kept:
            logits = network(symbols, given, last, labels, text)
            symbol_bits(logits, network.own(symbols, last))
    return 4 * (OPTIMISER_COPIES + 1) * sum(numbers) + int(PEAK * kept.num_bytes)
