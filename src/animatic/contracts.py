"""The promises between floors: what a family offers, and what it may use.

A family never sees a file, the command line or the training loop; it is handed `Tools` and an
`Engine`, and hands out a `Learner`, a `Sampler` and a `Critic`.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import asdict, dataclass, fields
from typing import Any, Protocol, runtime_checkable

import torch
from jaxtyping import Bool, Float, UInt8
from torch import Tensor

from animatic.errors import UserError
from animatic.types import Batch, Bits, Clips, ClipShape, EncodedText, Prompt, Samples, Weights

ClipBytes = UInt8[Tensor, "b f y x 3"]
"""Clips as bytes 0..255."""

Inside = Bool[Tensor, "b f y x"]
"""Which pixels of clips belong to them."""


@runtime_checkable
class TextEncoder(Protocol):
    """A frozen network that turns sentences into vectors."""

    dim: int

    def encode(self, texts: Sequence[str]) -> EncodedText:
        """Return one vector a token; the same sentence always gets the same vectors."""
        ...


@dataclass(frozen=True)
class Tools:
    """What a family may use that is not its own."""

    device: torch.device
    text_encoder: TextEncoder


@runtime_checkable
class Engine(Protocol):
    """The part of `lightning_fabric.Fabric` that a learner uses; see docs/adr/0008."""

    @property
    def device(self) -> torch.device:
        """The device of this process."""
        ...

    def setup(self, module: Any, *optimizers: Any) -> Any:
        """Wrap a network and its optimisers for the processes and precision of the run."""
        ...

    def backward(self, tensor: Tensor) -> None:
        """Accumulate gradients of a loss."""
        ...

    def autocast(self) -> AbstractContextManager:
        """Compute in the run's precision, as the networks that were set up do by themselves."""
        ...

    def all_reduce(self, data: Any, reduce_op: Any = "mean") -> Any:
        """Combine a tensor over all processes."""
        ...

    def no_backward_sync(self, module: Any, enabled: bool = True) -> AbstractContextManager:
        """Skip the exchange of gradients between processes, for all but the last micro-batch."""
        ...


@runtime_checkable
class Learner(Protocol):
    """A family in training: one update, not the loop."""

    def step(self, batches: Sequence[Batch], step: int) -> dict[str, float]:
        """Update once from micro-batches whose gradients add up; return the losses by name.

        All randomness comes from torch's global generator, which the loop seeds from the run's seed
        and `step`; so a resumed run repeats exactly.
        """
        ...

    def start_from(self, weights: Weights) -> list[str]:
        """Begin with what `weights` of another learner returned, before the first step.

        Returns the names of those that fit; what nothing fits, by name and shape, stays as it is.
        """
        ...

    def weights(self) -> Weights:
        """Return what sampling and scoring need (averaged weights), on the CPU."""
        ...

    def state_dict(self) -> dict[str, Any]:
        """Return all that `step` depends on besides its arguments."""
        ...

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Undo `state_dict`."""
        ...


@runtime_checkable
class Sampler(Protocol):
    """A family in use: the same prompt and seed give the same clip, in any batch."""

    @property
    def shape(self) -> ClipShape:
        """The size of every clip."""
        ...

    def sample(self, prompts: Sequence[Prompt], seeds: Sequence[int]) -> Samples:
        """Return one clip for each prompt and seed."""
        ...


@runtime_checkable
class GrowingSampler(Sampler, Protocol):
    """A sampler that shows a clip while it is made."""

    def num_parts(self, prompt: Prompt) -> int:
        """Return in how many parts the clip of a prompt is made."""
        ...

    def grow(self, prompt: Prompt, seed: int) -> Iterator[Clips]:
        """Yield one clip after each part, at last complete; what is not made yet is black."""
        ...


@runtime_checkable
class Critic(Protocol):
    """The discriminator, kept after training."""

    def score(self, clips: Clips, prompts: Sequence[Prompt]) -> Float[Tensor, " b"]:
        """Return how real each clip is for its prompt; higher is better, the scale is free."""
        ...


@runtime_checkable
class Likelihood(Protocol):
    """How probable a clip is, of a family that says so exactly."""

    def bits(self, clips: Clips, prompts: Sequence[Prompt]) -> Bits:
        """Return the negative log2-likelihood of the bytes of each clip, but for what is given."""
        ...


@runtime_checkable
class Coder(Protocol):
    """Clips to bytes without loss and back, by a family that says how probable they are."""

    @property
    def shape(self) -> ClipShape:
        """The size of every clip."""
        ...

    def num_parts(self, inside: Inside) -> int:
        """Return in how many parts clips are coded."""
        ...

    def encode(self, clips: ClipBytes, inside: Inside) -> Iterator[bytes]:
        """Yield what clips cost, part by part.

        Args:
            clips: of `shape`.
            inside: which pixels matter; what the others look like is lost, and must be black.

        Raises:
            UserError: if this model cannot, or a package is missing.
        """
        ...

    def decode(self, parts: Sequence[bytes], inside: Inside) -> Iterator[ClipBytes]:
        """Yield the clips after each part, the last time complete.

        Raises:
            UserError: if a part is damaged, or does not come back as it was.
        """
        ...


@runtime_checkable
class Config(Protocol):
    """The settings of a family: a frozen dataclass of numbers, words and tuples of them.

    One that reads labels has a field `class_names`, which training fills in from its data.
    """

    @property
    def shape(self) -> ClipShape:
        """The size of the clips that are learnt and made."""
        ...

    @property
    def reads(self) -> frozenset[str]:
        """The fields of a prompt that must be given, and of a batch that are learnt from."""
        ...


@dataclass(frozen=True)
class Family:
    """The card of a model family: all that the upper floors know of it.

    `presets` hold complete configurations. `critic`, `likelihood` and `coder` are None for a family
    without one; `training_bytes` says about how much memory a step takes, of a configuration, the
    clips of one part of a batch, and whether products are taken in bf16.
    """

    name: str
    summary: str
    source: str
    configs: tuple[type, ...]
    presets: Mapping[str, Any]
    learner: Callable[[Any, Engine, Tools], Learner]
    sampler: Callable[[Any, Weights, Tools], Sampler]
    critic: Callable[[Any, Weights, Tools], Critic] | None
    likelihood: Callable[[Any, Weights, Tools], Likelihood] | None = None
    coder: Callable[[Any, Weights, Tools], Coder] | None = None
    training_bytes: Callable[[Any, int, bool], int] | None = None

    def config_to_json(self, config: Any) -> dict[str, Any]:
        """Return the configuration as plain data, with the name of its class."""
        return {"class": type(config).__name__, **asdict(config)}

    def config_from_json(self, data: Mapping[str, Any]) -> Any:
        """Undo `config_to_json`.

        Raises:
            UserError: if the data is not a configuration of this family.
        """
        by_name = {config.__name__: config for config in self.configs}
        config = by_name.get(data.get("class", ""))
        if config is None:
            raise UserError(f"{data.get('class')!r} is no configuration of {self.name}")
        names = {field.name for field in fields(config)}
        given = {name: value for name, value in data.items() if name != "class"}
        if set(given) != names:
            odd = ", ".join(sorted(set(given) ^ names))
            raise UserError(f"the configuration of {self.name} does not match; differing: {odd}")
        return config(**{name: _tupled(value) for name, value in given.items()})

    def check(self, config: Config, prompt: Prompt) -> None:
        """Refuse a prompt that gives what a model does not read, or lacks what it does.

        Raises:
            UserError: if the fields that are given are not those that are read.
        """
        for name in sorted(prompt.known() - config.reads):
            raise UserError(f"{self.name} does not read {name}; it reads {', '.join(config.reads)}")
        for name in sorted(config.reads - prompt.known()):
            raise UserError(f"{self.name} needs {name}")


def _tupled(value: Any) -> Any:
    return tuple(_tupled(item) for item in value) if isinstance(value, list) else value
