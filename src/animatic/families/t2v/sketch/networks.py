"""All networks of the family in one place, as a checkpoint holds them."""

import torch
from torch import nn

from animatic.families.t2v.sketch.basis import Basis
from animatic.families.t2v.sketch.config import SketchConfig
from animatic.families.t2v.sketch.critics import Critics
from animatic.families.t2v.sketch.detailer import Detailer
from animatic.families.t2v.sketch.sketcher import Sketcher


class Networks(nn.Module):
    """The basis, the sketcher (stage one), the detailer (stage two) and the critics."""

    def __init__(self, config: SketchConfig, text_dim: int) -> None:
        super().__init__()
        self.basis = Basis(config)
        self.sketcher = Sketcher(config, text_dim)
        self.detailer = Detailer(config, text_dim)
        self.critics = Critics(config, text_dim)
        self.to(memory_format=torch.channels_last_3d)  # type: ignore[call-overload]
