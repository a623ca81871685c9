"""An endless stream of batches whose order depends on nothing but a seed.

Samples are counted from the start of training, over all epochs and processes; the n-th sample is
the same clip with the same caption, stretch and mirroring whatever the number of processes, threads
or interruptions. So a run is resumed by its step alone.
"""

from collections import deque
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np
import torch
from jaxtyping import Int

from animatic.data.clips import ClipSet, Example, ShardClips
from animatic.data.footage import Footage
from animatic.data.stage.random_streams import Stream
from animatic.errors import UserError
from animatic.storage.shards import INDEX_NAME
from animatic.types import Batch, ClipShape, to_clip

_PREPARED_AHEAD = 2
"""Batches for each thread: one in work, one in hand."""


def open_clips(
    folder: Path, shape: ClipShape, split: str = "train", classes: Sequence[str] = ()
) -> ClipSet:
    """Open a data set: shards with an index, or a folder of a person's own clips.

    Own clips have no splits; all of them are "train". Their classes are subfolders; those of shards
    are made of the facts in `classes`.

    Raises:
        UserError: if the folder is not there, holds no usable clips, or lacks the split.
    """
    if not folder.is_dir():
        raise UserError(f"the data folder {folder} does not exist")
    if (folder / INDEX_NAME).is_file():
        return ShardClips(folder, shape, split, classes)
    if split != "train":
        raise UserError(f"{folder} holds own clips, which are all for training; no split {split!r}")
    return Footage(folder, shape)


@dataclass(frozen=True)
class Batches:
    """Batches of one process out of `world_size`; `batch_size` counts the clips of this process.

    All processes together see at each step one stretch of the common order, cut into equal parts
    by rank. With `mirrored`, every other clip on average is flipped left to right.
    """

    clips: ClipSet
    seed: int
    batch_size: int
    rank: int = 0
    world_size: int = 1
    mirrored: bool = False

    def batch_at(self, step: int) -> Batch:
        """Return the batch of one step, counted from 0."""
        first = (step * self.world_size + self.rank) * self.batch_size
        return _collated([self._sample(first + place) for place in range(self.batch_size)])

    def from_step(self, step: int, num_threads: int = 1) -> Iterator[Batch]:
        """Yield the batches of `step` and all later ones, prepared ahead by threads.

        Threads serve better than processes here: decoding runs outside Python's lock.
        """
        pool = ThreadPoolExecutor(num_threads, thread_name_prefix="batches")
        ahead: deque[Future[Batch]] = deque()
        try:
            while True:
                while len(ahead) <= num_threads * _PREPARED_AHEAD - 1:
                    ahead.append(pool.submit(self.batch_at, step))
                    step += 1
                yield ahead.popleft().result()
        finally:
            pool.shutdown(wait=True, cancel_futures=True)

    def _sample(self, position: int) -> Example:
        """Return the sample at a position of the common order, with the one caption chosen."""
        epoch, place = divmod(position, len(self.clips))
        random = Stream(self.seed, f"sample {position}")
        index = int(permutation(self.seed, epoch, len(self.clips))[place])
        frames, texts, label = self.clips.get(index, random)
        if self.mirrored and random.chance(0.5):
            frames = frames[:, :, ::-1]
        chosen = (random.choice(texts),) if texts else ()
        return Example(frames, chosen, label)


@lru_cache(maxsize=4)
def permutation(seed: int, epoch: int, num_clips: int) -> Int[np.ndarray, " clips"]:
    """Return the order of an epoch: every clip once.

    Drawn by our own stream, because a library may change how it shuffles from one version to the
    next.
    """
    return np.argsort(Stream(seed, f"epoch {epoch}").uniforms(num_clips), kind="stable")


def _collated(samples: list[Example]) -> Batch:
    clips = torch.stack([to_clip(sample.frames) for sample in samples])
    texts = tuple(text for sample in samples for text in sample.texts)
    labels = [sample.label for sample in samples if sample.label is not None]
    return Batch(
        clips,
        texts if len(texts) == len(samples) else None,
        torch.tensor(labels) if len(labels) == len(samples) else None,
    )
