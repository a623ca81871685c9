"""Drawings of single trees, leaf by leaf and needle by needle.

Coordinates are shares of the tree's height: x to the right, y down from the top, z to the viewer.
"""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, UInt8
from PIL import Image, ImageDraw

SIZE = 256
"""Side of a finished tree in pixels; it fills the picture from edge to edge."""

_CANVAS = 1024
_SUN = np.array([-0.45, -0.75, 0.48])  # from the upper left, in front

Colour = tuple[int, int, int]
Vector = Float[np.ndarray, "3"]


@dataclass(frozen=True)
class Broadleaf:
    """What tells one broadleaf tree from another.

    Attributes:
        leaf: colour of a leaf in full light.
        crown: half width and half height of the crown.
        centre: how far below the top the crown's middle lies.
        num_clusters: bunches of leaves; few of them let the sky through.
        leaf_size: length of a leaf.
    """

    leaf: Colour
    crown: tuple[float, float] = (0.44, 0.36)
    centre: float = 0.38
    num_clusters: int = 75
    leaf_size: float = 0.011


@dataclass(frozen=True)
class Pine:
    """What tells one pine from another.

    Attributes:
        needle: colour of needles in full light.
        half_width: of the lowest branches.
        num_tiers: rings of branches.
        droop: how far a branch hangs at its end, as a share of its length.
        snow: share of the branches that carry snow.
    """

    needle: Colour
    half_width: float = 0.27
    num_tiers: int = 24
    droop: float = 0.45
    snow: float = 0.0


BROADLEAVES = (
    Broadleaf((128, 152, 70), (0.44, 0.42), 0.43, 52, 0.010),
    Broadleaf((112, 132, 72), (0.38, 0.44), 0.44, 58, 0.009),
    Broadleaf((128, 144, 72), (0.46, 0.38), 0.40, 52, 0.009),
    Broadleaf((98, 138, 64), (0.46, 0.36), 0.37, 62, 0.009),
    Broadleaf((104, 152, 70), (0.40, 0.43), 0.43, 66, 0.010),
    Broadleaf((86, 120, 60), (0.48, 0.48), 0.49, 84, 0.010),
    Broadleaf((112, 130, 66), (0.45, 0.40), 0.41, 60, 0.009),
)
PINES = (
    Pine((74, 104, 62), 0.29, 22, 0.35),
    Pine((66, 98, 66), 0.26, 26, 0.45),
    Pine((78, 112, 72), 0.30, 20, 0.25),
    Pine((70, 104, 80), 0.27, 28, 0.50),
    Pine((62, 92, 56), 0.24, 24, 0.55),
    Pine((80, 104, 58), 0.28, 18, 0.40),
    Pine((68, 94, 62), 0.22, 30, 0.50),
)
SNOWY_PINES = tuple(
    Pine(pine.needle, pine.half_width, pine.num_tiers, pine.droop, snow=0.75) for pine in PINES
)


class _Sheet:
    """A large canvas to draw on in shares of its height, reduced when finished."""

    def __init__(self, background: Colour) -> None:
        self._image = Image.new("RGBA", (_CANVAS, _CANVAS), (*background, 0))
        self._draw = ImageDraw.Draw(self._image)

    def stroke(self, start: Vector, end: Vector, width: float, colour: Vector) -> None:
        """Draw a line between two places; only x and y matter."""
        ends = [_pixel(start), _pixel(end)]
        self._draw.line(ends, fill=_opaque(colour), width=max(1, round(width * _CANVAS)))

    def leaf(self, place: Vector, radii: Float[np.ndarray, "2"], colour: Vector) -> None:
        """Draw an ellipse."""
        x, y = _pixel(place)
        across, down = radii * _CANVAS
        self._draw.ellipse((x - across, y - down, x + across, y + down), fill=_opaque(colour))

    def finished(self) -> UInt8[np.ndarray, "256 256 4"]:
        """Return what was drawn, cut to its outline."""
        box = self._image.getchannel("A").getbbox()
        return reduced(self._image.crop(box), SIZE, SIZE)


def reduced(image: Image.Image, width: int, height: int) -> UInt8[np.ndarray, "h w 4"]:
    """Return a picture with alpha at another size, without dark seams at its outline."""
    return np.array(
        image.convert("RGBa").resize((width, height), Image.Resampling.BOX).convert("RGBA")
    )


def draw_broadleaf(kind: Broadleaf, rng: np.random.Generator) -> UInt8[np.ndarray, "256 256 4"]:
    """Draw a trunk, boughs, and bunches of leaves from the farthest to the nearest."""
    sheet = _Sheet(kind.leaf)
    foot, fork = np.array([0.5, 1.0, 0.0]), np.array([0.5, kind.centre + 0.12, 0.0])
    bark = np.array([92.0, 76.0, 60.0])
    for share in np.linspace(0.0, 1.0, 12)[:-1]:
        root = foot + (fork - foot) * share + np.array([0.006 * np.sin(9 * share), 0.0, 0.0])
        width = 0.030 + 0.028 * (1.0 - share) ** 4
        sheet.stroke(root, root + (fork - foot) / 10, width, bark)
        shadow = root + np.array([0.3 * width, 0.0, 0.0])
        sheet.stroke(shadow, shadow + (fork - foot) / 10, width * 0.4, bark * 0.65)
    bunches = _bunches(kind, rng)
    for bunch in bunches[::2]:
        sheet.stroke(fork, bunch, 0.009, bark * 0.8)
    middle = np.array([0.5, kind.centre, 0.0])
    for bunch in bunches:
        _draw_bunch(sheet, kind, (bunch, (bunch - middle) / kind.crown[1]), rng)
    return sheet.finished()


def _bunches(kind: Broadleaf, rng: np.random.Generator) -> Float[np.ndarray, "n 3"]:
    """Return the middles of bunches inside the crown, most of them near its surface."""
    places = rng.normal(size=(kind.num_clusters, 3))
    places *= (rng.uniform(0.2, 1.0, (len(places), 1)) ** 0.45) / np.linalg.norm(
        places, axis=1, keepdims=True
    )
    places[:, 1] = np.minimum(places[:, 1], 0.8)
    width, height = kind.crown
    places = places * np.array([width, height, width]) * 0.84 + np.array([0.5, kind.centre, 0.0])
    return places[places[:, 2].argsort()]


def _draw_bunch(
    sheet: _Sheet, kind: Broadleaf, bunch: tuple[Vector, Vector], rng: np.random.Generator
) -> None:
    """Draw a bunch of leaves; what faces the sun, and what lies outside, is brighter."""
    middle, outwards = bunch
    radius, tint = rng.uniform(0.06, 0.11), rng.uniform(0.85, 1.15)
    offsets = rng.normal(size=(130, 3)) * 0.46
    offsets = offsets[offsets[:, 2].argsort()]
    for offset in offsets:
        facing = 0.45 * outwards + 0.75 * offset
        light = 0.60 + 0.40 * facing @ _SUN + 0.06 * offset[2]
        shade = np.clip(light + rng.normal() * 0.10, 0.24, 1.25) * tint
        colour = np.array(kind.leaf) * shade + np.array([6.0, 4.0, 0.0]) * rng.normal()
        size = kind.leaf_size * rng.uniform(0.5, 1.0, 2)
        sheet.leaf(middle + offset * radius * [1.2, 0.8, 1.0], size, colour)


def draw_pine(kind: Pine, rng: np.random.Generator) -> UInt8[np.ndarray, "256 256 4"]:
    """Draw a trunk and rings of branches from the lowest to the top."""
    sheet = _Sheet(kind.needle)
    bark = np.array([84.0, 66.0, 50.0])
    sheet.stroke(np.array([0.5, 1.0, 0.0]), np.array([0.5, 0.1, 0.0]), 0.022, bark)
    for height in np.linspace(0.88, 0.02, kind.num_tiers):
        length = kind.half_width * (height + 0.03) ** 0.85
        turns = np.sort(rng.uniform(-np.pi, np.pi, 7 + round(12 * height)))
        for turn in sorted(turns, key=np.sin):
            _draw_branch(sheet, kind, (height, length * rng.uniform(0.7, 1.12), turn), rng)
    return sheet.finished()


def _draw_branch(
    sheet: _Sheet, kind: Pine, branch: tuple[float, float, float], rng: np.random.Generator
) -> None:
    """Draw a branch (height, length, turn about the trunk) with needles and perhaps snow."""
    height, length, turn = branch
    reach = np.array([np.cos(turn), 0.0, np.sin(turn)]) * length
    root = np.array([0.5, height, 0.0])
    snowy = rng.random() < kind.snow
    num_twigs = 6 + round(length * 60)
    for share in np.sort(rng.uniform(0.05, 1.0, num_twigs)):
        sag = kind.droop * length * share**1.6 + 0.08 * reach[2] * share
        place = root + reach * share + np.array([0.0, sag, 0.0]) + rng.normal(size=3) * 0.004
        light = 0.44 + 0.42 * share - 0.22 * np.cos(turn) + 0.26 * np.sin(turn) + rng.normal() * 0.1
        colour = np.array(kind.needle) * np.clip(light, 0.2, 1.15)
        hang = np.array(
            [np.cos(turn) * 0.016 + rng.normal() * 0.008, rng.uniform(0.010, 0.026), 0.0]
        )
        sheet.stroke(place, place + hang, 0.006, colour)
        if snowy:
            white = np.array([232.0, 238.0, 246.0]) * np.clip(0.62 + 0.4 * light, 0.6, 1.0)
            radii = np.array([rng.uniform(0.006, 0.014), rng.uniform(0.003, 0.006)])
            sheet.leaf(place - [0.0, 0.003, 0.0], radii, white)


def _pixel(place: Vector) -> tuple[float, float]:
    # A margin on all sides: leaves may stick out of the unit square.
    x, y = (0.05 + 0.9 * float(value) for value in place[:2])
    return x * _CANVAS, y * _CANVAS


def _opaque(colour: Vector) -> tuple[int, int, int, int]:
    red, green, blue = (int(value) for value in np.clip(colour, 0, 255))
    return red, green, blue, 255
