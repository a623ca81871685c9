"""Random numbers that never change: one independent stream for each factor of a clip.

numpy does not promise that its generators draw the same numbers in every version, so a clip draws
from its own: splitmix64 in counter mode, on plain integers.

Source: Steele, Lea and Flood 2014, "Fast splittable pseudorandom number generators" (splitmix64);
Fowler, Noll and Vo, FNV-1a with 64 bits (names to integers).
"""

from collections.abc import Sequence
from typing import TypeVar

import numpy as np
from jaxtyping import Float64

Item = TypeVar("Item")

_MASK = (1 << 64) - 1
_STEP = 0x9E3779B97F4A7C15  # 2^64 / golden ratio: consecutive counters land far apart
_FIRST_FACTOR, _SECOND_FACTOR = 0xBF58476D1CE4E5B9, 0x94D049BB133111EB
_FNV_OFFSET, _FNV_PRIME = 0xCBF29CE484222325, 0x100000001B3


class Stream:
    """Numbers that belong to one factor ("light", "camera" ...) of the clip with this seed.

    The same seed and factor give the same numbers; another factor gives others, however many were
    drawn here, so a clip can change its scene and keep its person.
    """

    def __init__(self, seed: int, factor: str) -> None:
        self._key = _mixed(_mixed(seed & _MASK) ^ _hashed(factor))
        self._count = 0

    def uniform(self, low: float = 0.0, high: float = 1.0) -> float:
        """Return one number, at least `low` and below `high`."""
        return low + (high - low) * (self._next() >> 11) * 2.0**-53

    def uniforms(self, count: int) -> Float64[np.ndarray, " n"]:
        """Return `count` numbers in [0, 1): the ones that `uniform` would return, in order."""
        steps = np.arange(self._count + 1, self._count + count + 1, dtype=np.uint64)
        self._count += count
        values = np.uint64(self._key) + steps * np.uint64(_STEP)
        values = (values ^ (values >> np.uint64(30))) * np.uint64(_FIRST_FACTOR)
        values = (values ^ (values >> np.uint64(27))) * np.uint64(_SECOND_FACTOR)
        values ^= values >> np.uint64(31)
        return (values >> np.uint64(11)) * 2.0**-53

    def integer(self, bound: int) -> int:
        """Return a whole number from 0 to `bound` - 1."""
        return (self._next() * bound) >> 64

    def choice(self, items: Sequence[Item]) -> Item:
        """Return one of the items, each equally likely."""
        return items[self.integer(len(items))]

    def chance(self, probability: float) -> bool:
        """Return whether something with this probability happens."""
        return self.uniform() < probability

    def _next(self) -> int:
        self._count += 1
        return _mixed((self._key + self._count * _STEP) & _MASK)


def _mixed(value: int) -> int:
    """Scatter the bits of a 64-bit number (splitmix64's finaliser)."""
    value = ((value ^ (value >> 30)) * _FIRST_FACTOR) & _MASK
    value = ((value ^ (value >> 27)) * _SECOND_FACTOR) & _MASK
    return value ^ (value >> 31)


def _hashed(name: str) -> int:
    """Return a name's FNV-1a hash; Python's own `hash` differs in every process."""
    value = _FNV_OFFSET
    for byte in name.encode():
        value = ((value ^ byte) * _FNV_PRIME) & _MASK
    return value
