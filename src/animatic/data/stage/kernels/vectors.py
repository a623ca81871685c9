"""Colours and directions as tuples of three numbers."""

from animatic.data.stage.kernels.compiler import inlined

Vector = tuple[float, float, float]
"""A point or direction (x, y up, z; metres), or a colour (red, green, blue; 0 to 1)."""


@inlined
def scaled(a: Vector, factor: float) -> Vector:
    """Return every component times `factor`."""
    return a[0] * factor, a[1] * factor, a[2] * factor


@inlined
def added(a: Vector, b: Vector) -> Vector:
    """Return the sum."""
    return a[0] + b[0], a[1] + b[1], a[2] + b[2]


@inlined
def tinted(a: Vector, b: Vector) -> Vector:
    """Return the components' products: a surface of colour `a` under light of colour `b`."""
    return a[0] * b[0], a[1] * b[1], a[2] * b[2]


@inlined
def mixed(a: Vector, b: Vector, share: float) -> Vector:
    """Return `a` with a `share` (0 to 1) of it replaced by `b`."""
    return a[0] + (b[0] - a[0]) * share, a[1] + (b[1] - a[1]) * share, a[2] + (b[2] - a[2]) * share


@inlined
def dot(a: Vector, b: Vector) -> float:
    """Return the scalar product."""
    return a[0] * b[0] + a[1] * b[1] + a[2] * b[2]


@inlined
def mirrored(direction: Vector, normal: Vector) -> Vector:
    """Return a ray's direction after it met a mirror with this normal."""
    return added(direction, scaled(normal, -2.0 * dot(direction, normal)))
