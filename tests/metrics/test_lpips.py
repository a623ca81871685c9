"""The perceptual distance, with weights that are chosen so that the answer is known."""

import numpy as np
import pytest
import torch

from animatic.metrics.lpips import BACKBONES, Lpips, from_published


@pytest.fixture(scope="module", params=["alex", "vgg"])
def net(request):
    torch.manual_seed(0)
    made = Lpips(request.param)
    for layer in made.weigh:
        torch.nn.init.uniform_(layer.weight)
    return made.eval()


def picture(seed, size=64):
    random = torch.Generator().manual_seed(seed)
    return torch.rand(1, 3, size, size, generator=random) * 2 - 1


def test_equal_pictures_are_not_apart_and_others_are(net):
    with torch.no_grad():
        assert net(picture(0), picture(0)).item() == 0
        near, far = (
            net(picture(0), picture(0) * (1 - s) + s * picture(1)).item() for s in (0.1, 0.9)
        )
    assert 0 < near < far


def test_the_distance_is_symmetric_and_each_pair_stands_alone(net):
    with torch.no_grad():
        there, back = net(picture(0), picture(1)), net(picture(1), picture(0))
        pair = net(torch.cat([picture(0), picture(2)]), torch.cat([picture(1), picture(2)]))
    torch.testing.assert_close(there, back)
    torch.testing.assert_close(pair, torch.stack([there[0], torch.tensor(0.0)]))


def test_frames_of_clips_are_pictures(net):
    one = torch.stack([picture(0)[0], picture(1)[0]], dim=1)[None]
    with torch.no_grad():
        found = net.clips(one, one.flip(2))
        expected = net(picture(0), picture(1))
    torch.testing.assert_close(found, expected.expand(1, 2))


def test_published_arrays_become_weights():
    """As they are published: kernels with the channels behind, a layer a number."""
    net, backbone = Lpips("alex"), BACKBONES["alex"]
    dims = (3, *(layer.dim for layer in backbone.layers))
    random = np.random.default_rng(0)

    def array(*shape):
        return random.normal(size=shape).astype(np.float32)

    convolutions = {
        f"Conv_{i}": {
            "kernel": array(layer.kernel, layer.kernel, dims[i], layer.dim),
            "bias": array(layer.dim),
        }
        for i, layer in enumerate(backbone.layers)
    }
    heads = {
        f"NetLinLayer_{i}": {"Conv_0": {"kernel": array(1, 1, layer.dim, 1)}}
        for i, layer in enumerate(backbone.layers)
    }
    net.load_state_dict(from_published({"AlexNet_0": convolutions, **heads}))
    kernel = convolutions["Conv_1"]["kernel"]
    assert net.layers[1].weight[5, 7, 2, 3].item() == kernel[2, 3, 7, 5]
    assert (
        net.weigh[2].weight[0, 9, 0, 0].item()
        == heads["NetLinLayer_2"]["Conv_0"]["kernel"][0, 0, 9, 0]
    )
