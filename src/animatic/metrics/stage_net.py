"""The judge of Stage clips: a small 3D network that names the action and the scene.

It is trained on real renders and never sees a generated clip. Its numbers are labelled
`(stage-net)`: they compare models of Stage with one another and with real renders, nothing else.
"""

from collections.abc import Sequence
from typing import NamedTuple

from jaxtyping import Float
from torch import Tensor, nn

from animatic.nn.clip_net import ClipNet
from animatic.types import Clips

DROPOUT = 0.3
"""Share of features that are hidden in training."""


class Verdict(NamedTuple):
    """Unnormalised log-probabilities of every action and every scene."""

    actions: Float[Tensor, "b actions"]
    scenes: Float[Tensor, "b scenes"]


class StageNet(ClipNet):
    """Names the action and the scene."""

    def __init__(self, num_actions: int, num_scenes: int, dim: int = 32) -> None:
        super().__init__(dim)
        self.dropout = nn.Dropout(DROPOUT)
        self.name_action = nn.Linear(self.num_features, num_actions)
        self.name_scene = nn.Linear(self.num_features, num_scenes)

    def forward(self, clips: Clips) -> Verdict:
        """Return what the clips seem to show."""
        features = self.dropout(self.features(clips))
        return Verdict(self.name_action(features), self.name_scene(features))


class Classifier(ClipNet):
    """Names any number of things of a clip, each of its own classes."""

    def __init__(self, num_classes: Sequence[int], dim: int = 32) -> None:
        super().__init__(dim)
        self.dropout = nn.Dropout(DROPOUT)
        self.heads = nn.ModuleList(nn.Linear(self.num_features, count) for count in num_classes)

    def forward(self, clips: Clips) -> tuple[Float[Tensor, "b _"], ...]:
        """Return the logits of each thing."""
        features = self.dropout(self.features(clips))
        return tuple(head(features) for head in self.heads)
