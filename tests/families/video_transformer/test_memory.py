"""What is counted without values is what real tensors take."""

import pytest
import torch

from animatic.families.video_transformer.config import PRESETS, SYMBOLS
from animatic.families.video_transformer.likelihood import symbol_bits
from animatic.families.video_transformer.memory import PEAK, training_bytes
from animatic.families.video_transformer.network import VideoTransformer
from animatic.nn.kept import OPTIMISER_COPIES, Kept


def test_real_tensors_take_as_much():
    config, clips = PRESETS["tiny"], 64
    network = VideoTransformer(config, 16)
    symbols = torch.randint(16, (clips, *config.shape[:3], SYMBOLS))
    last = [config.num_slices - 1] * clips
    with Kept(network) as kept:
        symbol_bits(network(symbols, [1] * clips, last), network.own(symbols, last))
    weights = 4 * (OPTIMISER_COPIES + 1) * sum(p.numel() for p in network.parameters())
    wanted = weights + PEAK * kept.num_bytes
    assert training_bytes(config, clips, False) == pytest.approx(wanted, rel=0.01)


@pytest.mark.parametrize("preset", ["tiny-spatial", "tiny-frames"])
def test_twice_the_clips_take_twice_the_memory_but_for_the_weights(preset):
    one, two, three = (training_bytes(PRESETS[preset], 16 * n, False) for n in (1, 2, 3))
    assert three - two == pytest.approx(two - one, rel=0.05)
    assert training_bytes(PRESETS[preset], 32, True) < two
