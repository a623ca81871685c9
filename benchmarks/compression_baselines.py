"""Bits per dimension of simple models of bytes, which one with a likelihood must beat.

Both are counted on training clips: how often each value follows the one that stood there a frame
ago; and how far values are from a linear guess out of pixels that a decoder has, in classes of how
far the guess was off close by (what lossless codecs do, with the frame before at hand).
"""

from itertools import product

import numpy as np

CLASSES = 16
"""Classes of what is known close by."""

LEVELS = np.arange(256)


def histogram(train: np.ndarray, clips: np.ndarray) -> np.ndarray:
    """Return the bits of each value by what stood in its place a frame ago.

    Args:
        train: clips by frame, row, column and colour, as bytes.
        clips: likewise.

    Returns:
        as many values as clips have; those of first frames by their colour alone.
    """
    bits = np.empty(clips.shape)
    for colour in range(3):
        old, new = (x[..., colour].astype(int) for x in (train[:, :-1], train[:, 1:]))
        after = np.bincount((old * 256 + new).ravel(), minlength=65536).reshape(256, 256) + 0.1
        alone = np.bincount(train[..., colour].ravel(), minlength=256) + 0.1
        after, alone = after / after.sum(1, keepdims=True), alone / alone.sum()
        own = clips[..., colour]
        bits[:, 0, ..., colour] = -np.log2(alone[own[:, 0]])
        bits[:, 1:, ..., colour] = -np.log2(after[own[:, :-1], own[:, 1:]])
    return bits


class Residual:
    """The bits of each value by how far it is from a linear guess.

    Args:
        train: clips that are counted; see `histogram`.
    """

    def __init__(self, train: np.ndarray) -> None:
        self.parts = {}
        for first, colour in product((True, False), range(3)):
            seen, wanted, unrest = _all(train, colour, first=first)
            weights = np.linalg.lstsq(seen, wanted, rcond=None)[0]
            edges = np.quantile(unrest, np.linspace(0, 1, CLASSES + 1)[1:-1])
            off = np.rint(wanted - seen @ weights).astype(int) + 512
            kind = np.searchsorted(edges, unrest)
            table = np.bincount(kind * 1024 + off, minlength=CLASSES * 1024) + 0.1
            self.parts[first, colour] = weights, edges, table.reshape(CLASSES, 1024)

    def __call__(self, clips: np.ndarray) -> np.ndarray:
        """Return as many values as clips have."""
        bits = np.empty(clips.shape)
        for (first, colour), (weights, edges, table) in self.parts.items():
            rows = slice(0, 1) if first else slice(1, None)
            for clip, own in zip(clips, bits[:, rows, ..., colour], strict=True):
                seen, wanted, unrest = _all(clip[None], colour, first=first)
                guess = np.rint(seen @ weights).astype(int)[:, None]
                kind = np.searchsorted(edges, unrest)[:, None]
                share = table[kind, np.clip(LEVELS - guess + 512, 0, 1023)]
                chance = share[np.arange(len(wanted)), wanted.astype(int)] / share.sum(1)
                own[...] = -np.log2(chance).reshape(own.shape)
        return bits


def _all(clips: np.ndarray, colour: int, *, first: bool) -> tuple[np.ndarray, ...]:
    """Return features of all values of a colour, the values, and what their class goes by."""
    parts = zip(*(_of_frames(clip, colour, first=first) for clip in clips), strict=True)
    seen, wanted, unrest = (np.concatenate(part) for part in parts)
    return seen, wanted, unrest


def _of_frames(clip: np.ndarray, colour: int, *, first: bool) -> tuple[np.ndarray, ...]:
    """Return what `_all` does, of the first frame or of the others."""
    now = (clip[:1] if first else clip[1:]).astype(float)
    before = None if first else clip[:-1].astype(float)
    near = [_moved(now, *place) for place in ((0, -1), (-1, 0), (-1, -1), (-1, 1))]
    if before is None:
        unrest = sum(abs(value - near[2])[..., colour] for value in near[:2])
        old = []
    else:
        old = [_moved(before, down, right) for down in (-1, 0, 1) for right in (-1, 0, 1)]
        # old[3] stood to the left, old[1] above, old[4] in the place itself
        unrest = abs(near[0] - old[3])[..., colour] + abs(near[1] - old[1])[..., colour]
        unrest = unrest + abs(now - old[4])[..., :colour].sum(-1)
    around = [value[..., : colour + 1] for value in (*near, *old)]
    seen = np.concatenate([*around, now[..., :colour], np.ones_like(now[..., :1])], axis=-1)
    return seen.reshape(-1, seen.shape[-1]), now[..., colour].ravel(), unrest.ravel()


def _moved(frames: np.ndarray, down: int, right: int) -> np.ndarray:
    """Return a neighbour of each place; beyond the edge all is grey."""
    _, height, width, _ = frames.shape
    padded = np.pad(frames, ((0, 0), (1, 1), (1, 1), (0, 0)), constant_values=128)
    return padded[:, 1 + down : 1 + down + height, 1 + right : 1 + right + width]
