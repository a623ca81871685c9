"""A linear classifier of features: what a network knows without having been asked."""

import torch
import torch.nn.functional as F
from jaxtyping import Float, Int
from torch import Tensor

WEIGHT_DECAY = 1e-2
"""Of the squared weights, for features of unit deviation."""


class Probe:
    """Multinomial logistic regression on standardised features; the same clips, the same weights.

    Source: linear classifier probes, Alain & Bengio 2016, arXiv:1610.01644.
    """

    def __init__(
        self, features: Float[Tensor, "n d"], classes: Int[Tensor, " n"], num_classes: int
    ) -> None:
        rows = features.double()
        self.mean, self.deviation = rows.mean(0), rows.std(0).clamp(min=1e-8)
        x = self._standard(rows)
        self.weight = torch.zeros(x.shape[1], num_classes, dtype=torch.float64, requires_grad=True)
        self.bias = torch.zeros(num_classes, dtype=torch.float64, requires_grad=True)
        optimizer = torch.optim.LBFGS(
            [self.weight, self.bias], max_iter=200, line_search_fn="strong_wolfe"
        )

        def closure() -> Tensor:
            optimizer.zero_grad()
            loss = F.cross_entropy(x @ self.weight + self.bias, classes)
            loss = loss + WEIGHT_DECAY * self.weight.square().sum()
            loss.backward()
            return loss

        with torch.enable_grad():
            optimizer.step(closure)

    def __call__(self, features: Float[Tensor, "m d"]) -> Float[Tensor, "m classes"]:
        """Return the logits of every class."""
        with torch.no_grad():
            return self._standard(features.double()) @ self.weight + self.bias

    def _standard(self, rows: Tensor) -> Tensor:
        return (rows - self.mean) / self.deviation
