"""How the bases are had: measure patches of real clips for some steps, then fit."""

from collections.abc import Mapping, Sequence
from typing import Any

import torch

from animatic.contracts import Engine
from animatic.families.t2v.sketch.basis import Moments, shrink
from animatic.families.t2v.sketch.config import SketchConfig
from animatic.families.t2v.sketch.lesson import split
from animatic.families.t2v.sketch.networks import Networks
from animatic.types import Batch


class Fitting:
    """Fits the basis of sketches, and then that of details, which is what sketches lack in theirs.

    Args:
        config: how long and how much is measured.
        engine: adds up what several processes measured.
        networks: whose bases are fitted.
        average: whose bases become the same.
    """

    def __init__(
        self, config: SketchConfig, engine: Engine, networks: Networks, average: Networks
    ) -> None:
        self.config, self.engine = config, engine
        self.bases = [
            (networks.sketch_basis, average.sketch_basis),
            (networks.detail_basis, average.detail_basis),
        ]
        self.moments: Moments | None = Moments(len(networks.sketch_basis.mean)).to(engine.device)

    def measure(self, batches: Sequence[Batch], step: int) -> dict[str, float]:
        """Add to the sums of a basis, and fit it after its last step."""
        config = self.config
        of_details = step >= config.basis_steps
        basis, kept = self.bases[of_details]
        moments = self.moments
        if moments is None:
            moments = self.moments = Moments(len(basis.mean)).to(self.engine.device)
        for batch in batches:
            if of_details:
                details = split(batch.clips, config, self.bases[0][0]).details
                patches = basis.patches(details)
                chosen = torch.randperm(patches.shape[1])[: config.measured_patches]
                moments.add(patches[:, chosen.to(patches.device)])
            else:
                moments.add(basis.patches(shrink(batch.clips, config.sketch_size)))
        if (step + 1) % config.basis_steps == 0:
            for total in moments.buffers():
                total.copy_(self.engine.all_reduce(total, reduce_op="sum"))
            basis.fit(moments)
            kept.load_state_dict(basis.state_dict())
            self.moments = None
        return {"measured": float(moments.count)}

    def state_dict(self) -> dict[str, Any] | None:
        """Return the sums while a basis is measured."""
        return None if self.moments is None else self.moments.state_dict()

    def load_state_dict(self, state: Mapping[str, Any] | None) -> None:
        """Undo `state_dict`."""
        self.moments = None
        if state is not None:
            self.moments = Moments(len(state["total"])).to(self.engine.device)
            self.moments.load_state_dict(state)
