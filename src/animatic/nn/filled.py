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
    network.load_state_dict(_part(name, weights), assign=True)
    return network.to(tools.device).eval().requires_grad_(False)


def adopt(network: nn.Module, name: str, weights: Weights) -> list[str]:
    """Give a network what fits of its part of a checkpoint's weights, to train from there.

    Returns the full names of what fits, by name and shape.
    """
    own = network.state_dict()
    fitting = {
        key: weight
        for key, weight in _part(name, weights).items()
        if key in own and own[key].shape == weight.shape
    }
    network.load_state_dict({**own, **fitting})
    return [f"{name}.{key}" for key in fitting]


def _part(name: str, weights: Weights) -> Weights:
    begin = f"{name}."
    return {key.removeprefix(begin): w for key, w in weights.items() if key.startswith(begin)}
