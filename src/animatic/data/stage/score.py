"""A score: key poses of a movement that repeats, and smooth curves through them."""

import math

import numpy as np
from jaxtyping import Float


class Score:
    """Columns of numbers that pass smoothly through rows of keys and never overshoot them.

    A foot whose keys say that it stands still therefore stands still.
    Source: Fritsch and Carlson 1980, "Monotone Piecewise Cubic Interpolation" (harmonic slopes).
    """

    def __init__(
        self, times_s: Float[np.ndarray, " k"], keys: Float[np.ndarray, "k columns"]
    ) -> None:
        """Keep the keys; the last row is the first one, a stride further on."""
        self._times, self._keys = times_s, keys
        self.period_s = float(times_s[-1])
        self.stride = keys[-1] - keys[0]
        steps = np.diff(keys, axis=0) / np.diff(times_s)[:, None]
        self._slopes = _harmonic(
            np.concatenate((steps[-1:], steps)), np.concatenate((steps, steps[:1]))
        )

    def at(self, time_s: float) -> Float[np.ndarray, " columns"]:
        """Return the columns at a time, strides added."""
        rounds = math.floor(time_s / self.period_s)
        time_s -= rounds * self.period_s
        k = int(np.searchsorted(self._times, time_s, side="right")) - 1
        k = min(k, len(self._times) - 2)
        span = self._times[k + 1] - self._times[k]
        u = (time_s - self._times[k]) / span
        before, after = self._keys[k], self._keys[k + 1]
        leaving, arriving = self._slopes[k] * span, self._slopes[k + 1] * span
        smooth = u * u * (3 - 2 * u)
        value = before + (after - before) * smooth
        value += leaving * (u * (1 - u) * (1 - u)) - arriving * (u * u * (1 - u))
        return value + rounds * self.stride


def _harmonic(
    before: Float[np.ndarray, "k columns"], after: Float[np.ndarray, "k columns"]
) -> Float[np.ndarray, "k columns"]:
    """Return harmonic means of slopes; zero where one is zero or their signs differ."""
    product = before * after
    total = np.where(product > 0, before + after, 1.0)
    return np.where(product > 0, 2 * product / total, 0.0)
