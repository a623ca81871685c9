"""The judge looks at clips one by one and learns to tell them apart."""

import torch
import torch.nn.functional as F

from animatic.metrics.stage_net import StageNet


def test_a_clip_is_judged_alone():
    torch.manual_seed(0)
    net = StageNet(5, 3, dim=8).eval()
    clips = torch.randn(3, 3, 8, 32, 32)
    together = net(clips)
    alone = net(clips[1:2])
    torch.testing.assert_close(together.actions[1:2], alone.actions)
    assert together.actions.shape == (3, 5)
    assert together.scenes.shape == (3, 3)


def test_the_order_of_frames_matters():
    torch.manual_seed(0)
    net = StageNet(5, 3, dim=8).eval()
    clips = torch.randn(1, 3, 16, 32, 32)
    assert not torch.allclose(net(clips).actions, net(clips.flip(2)).actions)


def test_it_learns_to_tell_still_from_moving():
    torch.manual_seed(0)
    net = StageNet(2, 2, dim=8)
    still = torch.randn(4, 3, 1, 16, 16).expand(-1, -1, 8, -1, -1)
    clips = torch.cat([still, torch.randn(4, 3, 8, 16, 16)])
    actions = torch.tensor([0] * 4 + [1] * 4)
    optimizer = torch.optim.Adam(net.parameters(), 1e-2)
    for _ in range(25):
        loss = F.cross_entropy(net(clips).actions, actions)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    net.eval()
    assert (net(clips).actions.argmax(1) == actions).all()
