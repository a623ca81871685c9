"""The network of the UCF-101 inception score, with made-up weights: those are a user's."""

import numpy as np
import pytest
import torch

from animatic.errors import UserError
from animatic.metrics.c3d import C3D, MARGIN, NUM_FRAMES, SIDE, from_published


def files():
    with torch.device("meta"):
        state = C3D().state_dict()
    network = {}
    for name, tensor in state.items():
        if name != "mean":
            layer, kind = name.split(".")
            network[f"{layer}/{'W' if kind == 'weight' else 'b'}"] = np.broadcast_to(
                np.float32(0.01), tensor.shape
            ).copy()
    mean = np.random.default_rng(0).normal(100, 10, (1, 3, NUM_FRAMES, 128, 128))
    return network, {"mean": mean.astype(np.float32)}


def test_clips_become_logits_of_101_classes():
    with torch.device("meta"):
        assert C3D()(torch.zeros(2, 3, NUM_FRAMES, 64, 64)).shape == (2, 101)
        with pytest.raises(UserError, match="16 frames, not 8"):
            C3D()(torch.zeros(2, 3, 8, 64, 64))


def test_frames_are_prepared_as_the_network_knows_them():
    """Against the same in plain loops: blue first, corners on corners, less the mean frame."""
    weights = from_published(files())
    with torch.device("meta"):
        net = C3D()
    net.mean = weights["mean"]
    clip = torch.rand(1, 3, NUM_FRAMES, 5, 5) * 2 - 1
    found = net.prepared(clip)
    assert found.shape == (1, 3, NUM_FRAMES, SIDE, SIDE)
    mean = files()[1]["mean"][0]
    for channel, t, row, column in ((0, 0, 0, 0), (2, 15, 111, 111), (1, 7, 30, 77)):
        y, x = row * 4 / (SIDE - 1), column * 4 / (SIDE - 1)
        top, left = min(int(y), 3), min(int(x), 3)
        value = 0.0
        for dy, dx in ((0, 0), (0, 1), (1, 0), (1, 1)):
            share = (1 - abs(y - top - dy)) * (1 - abs(x - left - dx))
            value += share * clip[0, 2 - channel, t, top + dy, left + dx].item()
        expected = value * 128 + 128 - mean[channel, t, MARGIN + row, MARGIN + column]
        assert found[0, channel, t, row, column].item() == pytest.approx(expected, abs=1e-3)


@pytest.mark.parametrize(
    ("spoil", "line"),
    [
        (lambda network, _: network.pop("fc8/W"), "fc8/W"),
        (lambda network, _: network.update({"fc8/b": np.zeros(10)}), "fc8.bias of C3D has the"),
        (lambda _, mean: mean.update(mean=np.zeros((3, 16, 64, 64))), "mean of C3D has the shape"),
    ],
)
def test_other_files_are_refused(spoil, line):
    network, mean = files()
    spoil(network, mean)
    with pytest.raises(UserError, match=line):
        from_published([network, mean])
