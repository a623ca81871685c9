"""How much memory training takes, found out without taking it.

A step runs on tensors that have shapes but no values; what autograd would keep is counted.
"""

from typing import Any

import torch
from torch import Tensor, nn

OPTIMISER_COPIES = 4
"""Of every trained number: itself, its gradient, and Adam's two means."""


class Kept:
    """Counts the bytes of the tensors that autograd keeps in a block, each storage once."""

    def __init__(self, *known: nn.Module) -> None:
        self.storages: dict[int, Any] = {}
        self.known = {p.untyped_storage()._cdata for m in known for p in m.parameters()}
        self._hooks = torch.autograd.graph.saved_tensors_hooks(self._keep, lambda tensor: tensor)

    def _keep(self, tensor: Tensor) -> Tensor:
        storage = tensor.untyped_storage()
        if storage._cdata not in self.known:
            self.storages[storage._cdata] = storage  # held, so that no other gets its address
        return tensor

    def __enter__(self) -> "Kept":
        """Begin to count."""
        self._hooks.__enter__()
        return self

    def __exit__(self, *error: object) -> None:
        """End counting."""
        self._hooks.__exit__(*error)

    @property
    def num_bytes(self) -> int:
        """Bytes so far."""
        return sum(storage.nbytes() for storage in self.storages.values())
