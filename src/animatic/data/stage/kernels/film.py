"""From a canvas of samples to a picture of bytes."""

import numpy as np
from jaxtyping import Float32, UInt8

from animatic.data.stage.kernels.compiler import compiled, inlined
from animatic.data.stage.kernels.polynomials import clamped, decay

SAMPLES_PER_PIXEL_SIDE = 2
_BRIGHTEST_SAMPLE = 1.25  # one glint must not bleach its pixel
_SHOULDER = 0.8


@compiled
def develop(colour: Float32[np.ndarray, "h w 3"], picture: UInt8[np.ndarray, "hp wp 3"]) -> None:
    """Average the samples of each pixel and soften the highlights."""
    for row in range(picture.shape[0]):
        for column in range(picture.shape[1]):
            for channel in range(3):
                total = 0.0
                for i in range(SAMPLES_PER_PIXEL_SIDE):
                    for j in range(SAMPLES_PER_PIXEL_SIDE):
                        y, x = row * SAMPLES_PER_PIXEL_SIDE + i, column * SAMPLES_PER_PIXEL_SIDE + j
                        total += min(float(colour[y, x, channel]), _BRIGHTEST_SAMPLE)
                value = _softened(total / (SAMPLES_PER_PIXEL_SIDE * SAMPLES_PER_PIXEL_SIDE))
                picture[row, column, channel] = np.uint8(clamped(value, 0.0, 1.0) * 255.0 + 0.5)


@inlined
def _softened(value: float) -> float:
    if value < _SHOULDER:
        return value
    room = 1.0 - _SHOULDER
    return _SHOULDER + room * (1.0 - decay((value - _SHOULDER) * 4.0))
