"""Networks with the weights of a checkpoint."""

from typing import TypeVar

from torch import nn

from animatic.contracts import Tools
from animatic.types import Weights

Network = TypeVar("Network", bound=nn.Module)


def filled(network: Network, name: str, weights: Weights, tools: Tools) -> Network:
    """Return a network with its part of a checkpoint's weights, ready for use.

    Args:
        network: may be made without memory, on the device "meta".
        name: of the part, the beginning of its weights' names up to a dot.
        weights: of the checkpoint.
        tools: say where the network is to run.
    """
    begin = f"{name}."
    own = {key.removeprefix(begin): w for key, w in weights.items() if key.startswith(begin)}
    network.load_state_dict(own, assign=True)
    return network.to(tools.device).eval().requires_grad_(False)
