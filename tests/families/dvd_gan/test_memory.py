"""What is counted without values is what real tensors take."""

import pytest
import torch

from animatic.families.dvd_gan.config import PRESETS
from animatic.families.dvd_gan.generator import Generator
from animatic.families.dvd_gan.memory import training_bytes
from animatic.nn.kept import Kept


@pytest.mark.parametrize("preset", ["tiny", "tiny-prediction"])
def test_twice_the_clips_take_twice_the_memory_but_for_the_weights(preset):
    one, two, three = (training_bytes(PRESETS[preset], 4 * n, False) for n in (1, 2, 3))
    assert three - two == pytest.approx(two - one, rel=0.05)
    assert training_bytes(PRESETS[preset], 8, True) < two


def test_what_autograd_keeps_is_counted_once_and_weights_are_not():
    layer, x = torch.nn.Linear(10, 10), torch.randn(100, 10)
    with Kept(layer) as kept:
        (layer(x).relu() + layer(x).relu()).sum()
    assert kept.num_bytes == 4 * (1000 + 2 * 1000)


def test_chunks_keep_less():
    found = []
    for preset in ("tiny-v1", "tiny-beyond"):
        config = PRESETS[preset]
        generator = Generator(config)
        with Kept(generator) as kept:
            generator(torch.randn(16, config.latent_dim), torch.zeros(16, dtype=torch.long))
        found.append(kept.num_bytes)
    assert found[1] < 0.6 * found[0]
