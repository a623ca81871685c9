"""Functions of one number as polynomials: quick, and the same on every machine."""

from animatic.data.stage.kernels.compiler import inlined


@inlined
def floor(x: float) -> int:
    """Return the largest whole number that is not above `x`."""
    whole = int(x)
    return whole - 1 if x < whole else whole


@inlined
def fraction(x: float) -> float:
    """Return how far `x` lies above `floor(x)`, in [0, 1)."""
    return x - floor(x)


@inlined
def clamped(x: float, low: float, high: float) -> float:
    """Return the number in [low, high] that is nearest to `x`."""
    return min(max(x, low), high)


@inlined
def decay(x: float) -> float:
    """Return e^-x for x >= 0, within 0.001: a short series at x / 8, to the eighth power."""
    root = 1.0 + x * (0.125 + x * (0.0078125 + x * 0.00032552083))
    square = root * root
    fourth = square * square
    return 1.0 / (fourth * fourth)


@inlined
def sine(x: float) -> float:
    """Return the sine of `x` radians, within 0.002: a parabola, corrected once."""
    turn = fraction(x * 0.15915494309189535) * 2.0 - 1.0
    arch = 4.0 * turn * (1.0 - abs(turn))
    return -(0.225 * (arch * abs(arch) - arch) + arch)


@inlined
def cosine(x: float) -> float:
    """Return the cosine of `x` radians, within 0.002."""
    return sine(x + 1.5707963267948966)


@inlined
def angle_of(y: float, x: float) -> float:
    """Return the angle of the point (x, y) in radians, within 0.0004 (as `atan2` does)."""
    tall, wide = abs(y), abs(x)
    ratio = min(wide, tall) / (max(wide, tall) + 1e-12)
    square = ratio * ratio
    angle = ((-0.0464964749 * square + 0.15931422) * square - 0.327622764) * square * ratio + ratio
    if tall > wide:
        angle = 1.57079637 - angle
    if x < 0.0:
        angle = 3.14159274 - angle
    return -angle if y < 0.0 else angle


@inlined
def halvings(x: float) -> float:
    """Return how often `x` must be halved to be at most 1.5, up to 7 times: a mip level."""
    count = 0.0
    while x > 1.5 and count < 7.0:
        x *= 0.5
        count += 1.0
    return count


@inlined
def scattered(index: int, salt: int) -> float:
    """Return a number in [0, 1) that looks random but depends on the two integers alone."""
    bits = ((index * 2654435761) ^ (salt * 40503)) & 0xFFFFFFFF
    bits = ((bits ^ (bits >> 16)) * 73244475) & 0xFFFFFFFF
    bits = ((bits ^ (bits >> 16)) * 73244475) & 0xFFFFFFFF
    return (bits ^ (bits >> 16)) / 4294967296.0
