"""All networks of the family in one place, as a checkpoint holds them."""

from torch import nn

from animatic.families.t2v.sketch.basis import Basis
from animatic.families.t2v.sketch.config import SketchConfig
from animatic.families.t2v.sketch.critic import Critic
from animatic.families.t2v.sketch.flow import FlowTransformer


class Networks(nn.Module):
    """Bases and transformers of the sketch (stage one) and of the details (stage two); critic."""

    def __init__(self, config: SketchConfig, text_dim: int) -> None:
        super().__init__()
        frames, whitening = config.patch_frames, config.whitening
        self.sketch_basis = Basis(
            frames, config.sketch_patch, config.sketch_components, whitening, config.sketch_shift
        )
        self.detail_basis = Basis(frames, config.detail_patch, config.detail_components, whitening)
        common = {"text_dim": text_dim, "dim": config.dim}
        common |= {"num_layers": config.num_layers, "num_heads": config.num_heads}
        self.sketcher = FlowTransformer(config.sketch_tokens, given_dim=0, **common)
        self.detailer = FlowTransformer(config.detail_tokens, given_dim=config.given_dim, **common)
        self.critic = Critic(config, text_dim)
