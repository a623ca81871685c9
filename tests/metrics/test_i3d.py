"""The network of the FVD: shapes, padding, and its published arrays."""

import math

import numpy as np
import pytest
import torch

from animatic.metrics.i3d import I3D, NUM_CLASSES, Unit, from_published


@pytest.fixture(scope="module")
def net():
    torch.manual_seed(0)
    return I3D().eval()


def test_a_clip_becomes_one_row_of_logits_whatever_its_size(net):
    with torch.no_grad():
        found = net(torch.rand(1, 3, 9, 20, 30) * 2 - 1)
    assert found.shape == (1, NUM_CLASSES)
    assert found.isfinite().all()


@pytest.mark.parametrize(("size", "stride"), [(7, 2), (8, 2), (9, 1), (5, 2)])
def test_windows_are_padded_behind_first(size, stride):
    """Output i sees the window that begins at i * stride minus half the padding, rounded down."""
    unit = Unit(1, 1, (3, 1, 1), (stride, 1, 1)).eval()
    torch.nn.init.ones_(unit.conv.weight)
    row = torch.arange(1.0, size + 1)
    with torch.no_grad():
        found = unit(row.view(1, 1, size, 1, 1)).flatten()
    count = math.ceil(size / stride)
    total = max((count - 1) * stride + 3 - size, 0)
    padded = [0.0] * (total // 2) + row.tolist() + [0.0] * (total - total // 2)
    expected = [sum(padded[i * stride : i * stride + 3]) for i in range(count)]
    scale = (1 + 1e-3) ** -0.5
    torch.testing.assert_close(found, torch.tensor(expected) * scale)


def published(weights):
    """The published nest of a network's weights: the way back."""
    params, statistics = {}, {}
    for name, value in weights.items():
        layer, _, kind = name.rpartition(".")
        if kind == "num_batches_tracked" or name.endswith("norm.weight"):
            continue
        layer, _, part = layer.rpartition(".")
        if not layer:
            layer, part = "Logits/Conv3d_0c_1x1", "conv"
        first, _, rest = layer.partition(".")
        group = "Conv_0" if part == "conv" else "BatchNorm_0"
        nest = statistics if kind.startswith("running") else params
        for key in filter(None, (first, rest.replace(".", "/"), group)):
            nest = nest.setdefault(key, {})
        if value.ndim == 5:
            nest["kernel"] = value.permute(2, 3, 4, 1, 0).numpy()
        elif kind.startswith("running"):
            nest[{"running_mean": "mean", "running_var": "var"}[kind]] = value.numpy()
        else:
            nest["bias"] = value.numpy()
    return {"params": params, "batch_stats": statistics}


def test_published_arrays_become_weights(net):
    other = I3D()
    for parameter in other.parameters():
        torch.nn.init.normal_(parameter, std=0.02)
    expected = other.state_dict()
    nested = published(expected)
    assert set(nested["params"]["Mixed_3b"]) >= {"Branch_1/Conv3d_0b_3x3", "Branch_3/Conv3d_0b_1x1"}
    assert isinstance(nested["params"]["Conv3d_1a_7x7"]["Conv_0"]["kernel"], np.ndarray)
    found = from_published(nested)
    assert set(found) == set(expected)
    for name, value in found.items():
        if not name.endswith("norm.weight"):
            torch.testing.assert_close(value, expected[name])
