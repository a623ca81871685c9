"""The network of the FID: its shape, its quirks, its names."""

import pytest
import torch

from animatic.metrics.inception import DIM, Inception, Split, Unit, from_published


@pytest.fixture(scope="module")
def net():
    torch.manual_seed(0)
    return Inception().eval()


def test_a_picture_becomes_one_row_of_features_whatever_its_size(net):
    with torch.no_grad():
        found = net(torch.rand(2, 3, 20, 30) * 2 - 1)
    assert found.shape == (2, DIM)
    assert found.isfinite().all()


def test_a_unit_subtracts_its_mean_and_adds_its_bias_but_has_no_gain():
    unit = Unit(1, 1).eval()
    with torch.no_grad():
        unit.weight.fill_(1)
        unit.beta.fill_(0.5)
        unit.mean.fill_(2)
        unit.var.fill_(4)
        found = unit(torch.full((1, 1, 1, 1), 6.0))
    assert found.item() == pytest.approx(4 / (4 + 1e-3) ** 0.5 + 0.5)


def test_the_last_block_takes_the_largest_value_where_the_others_take_the_average():
    for largest in (False, True):
        block = Split(4, largest=largest).eval()
        seen = []
        block.tower_2_conv.register_forward_pre_hook(lambda _, x, seen=seen: seen.append(x[0]))
        x = torch.zeros(1, 4, 3, 3)
        x[..., 0, 0] = 8
        with torch.no_grad():
            block(x)
        # A corner has four neighbours, itself included; the padding is left out.
        assert seen[0][0, 0, 0, 0].item() == (8 if largest else 2)


def test_published_arrays_become_weights(net):
    published = {f"net.layers.{name}": value.numpy() for name, value in net.state_dict().items()}
    other = Inception()
    other.load_state_dict(from_published(published))
    assert torch.equal(other.mixed_4.tower.conv_1.weight, net.mixed_4.tower.conv_1.weight)
