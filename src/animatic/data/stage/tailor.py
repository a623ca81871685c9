"""Clothes on a body: garments are colours of vertices, pushed out along the normal.

Segments and heights tell which vertex belongs to which garment, so any body can wear any cut.
"""

from typing import NamedTuple

import numpy as np
from jaxtyping import Bool, Float

from animatic.data.stage.anatomy import Figure
from animatic.data.stage.looks import Cut, Wardrobe, wished
from animatic.data.stage.mesh import Colour, Mesh, smooth_normals
from animatic.data.stage.skeleton import (
    CHEST,
    HEAD,
    HIPS,
    LEFT_ARM,
    LEFT_FOOT,
    LEFT_HAND,
    LEFT_THIGH,
    RIGHT_ARM,
    RIGHT_FOOT,
    RIGHT_HAND,
    RIGHT_THIGH,
)

Region = Bool[np.ndarray, " n"]

HAIR_THICKNESS_M = 0.020
SHOE_THICKNESS_M = 0.012
GLOVE_THICKNESS_M = 0.010
BELT_ABOVE_HIPS = 0.023
"""Share of the body's height between the hips' joint and the upper edge of trousers."""


class _Coat(NamedTuple):
    """The colour of each vertex, and how far clothes push it out."""

    colours: Float[np.ndarray, "n 3"]
    thickness: Float[np.ndarray, " n"]

    def paint(self, region: Region, colour: Colour, thickness_m: float) -> None:
        self.colours[region] = colour
        self.thickness[region] = thickness_m


def dress(
    figure: Figure, wardrobe: Wardrobe, cut: Cut, bare_chest: bool, helmet: Colour | None
) -> Mesh:
    """Return the body with its clothes on, in the figure's own posture.

    Args:
        figure: the naked body.
        wardrobe: the colours.
        cut: where the garments end.
        bare_chest: leave the upper part off.
        helmet: colour of a helmet, which replaces any hat.
    """
    count = len(figure.vertices)
    coat = _Coat(np.tile(np.array(wardrobe.skin), (count, 1)), np.zeros(count))
    _paint_garments(coat, figure, wardrobe, cut, bare_chest)
    _paint_ends(coat, figure, wardrobe, cut)
    _paint_head(coat, figure, wardrobe, cut, helmet)
    normals = smooth_normals(figure.vertices, figure.faces)
    vertices = figure.vertices + normals * coat.thickness[:, None]
    return Mesh(vertices, figure.faces, np.clip(coat.colours, 0, 1), normals)


def _paint_garments(
    coat: _Coat, figure: Figure, wardrobe: Wardrobe, cut: Cut, bare_chest: bool
) -> None:
    shirt = wardrobe.suit if cut.one_piece else wardrobe.shirt
    legs = _shaded(wardrobe.suit) if cut.one_piece else wardrobe.trousers
    segments, height = figure.segments(), figure.vertices[:, 1]
    trunk = segments <= CHEST
    belt = figure.joints[HIPS, 1] + BELT_ABOVE_HIPS * height.max()
    above = trunk & (height > belt) & (height <= figure.joints[HEAD, 1] + 0.01)
    sleeves = _covered(figure, (LEFT_ARM, RIGHT_ARM), wished(cut.sleeve_ends, wardrobe.sleeve_wish))
    trouser_legs = _covered(
        figure, (LEFT_THIGH, RIGHT_THIGH), wished(cut.leg_ends, wardrobe.leg_wish)
    )
    if not bare_chest:
        coat.paint(above | sleeves, shirt, cut.thickness_m)
    if wardrobe.has_stripe and not bare_chest:
        stripe = above & (np.abs(height - figure.joints[CHEST, 1] + 0.02) < 0.06)
        coat.paint(stripe, wardrobe.accent, cut.thickness_m)
    coat.paint((trunk & (height <= belt)) | trouser_legs, legs, cut.thickness_m)


def _paint_ends(coat: _Coat, figure: Figure, wardrobe: Wardrobe, cut: Cut) -> None:
    """Put on shoes and gloves."""
    segments = figure.segments()
    if cut.wears_shoes:
        feet = (segments == LEFT_FOOT) | (segments == RIGHT_FOOT)
        coat.paint(feet, wardrobe.shoes, SHOE_THICKNESS_M)
    if cut.wears_gloves:
        hands = (segments == LEFT_HAND) | (segments == RIGHT_HAND)
        coat.paint(hands, _shaded(wardrobe.accent), GLOVE_THICKNESS_M)


def _paint_head(
    coat: _Coat, figure: Figure, wardrobe: Wardrobe, cut: Cut, helmet: Colour | None
) -> None:
    """Let hair grow, or put a hat or helmet over it; women's hair reaches further down."""
    height, depth = figure.vertices[:, 1], figure.vertices[:, 2]
    top = height.max()
    size = top - figure.joints[HEAD, 1]
    hair_end = 0.95 if wardrobe.has_long_hair else 0.7
    back = (depth < figure.joints[HEAD, 2] - 0.01) & (height > top - hair_end * size)
    scalp = (figure.segments() == HEAD) & ((height > top - 0.30 * size) | back)
    wears_hat = wardrobe.hat_wish < cut.hat_share
    hat = wardrobe.accent if wears_hat else wardrobe.hair
    coat.paint(scalp, helmet or hat, HAIR_THICKNESS_M)


def _covered(figure: Figure, limbs: tuple[int, int], end: float) -> Region:
    """Return the vertices of limbs between their beginning and `end`, counted in segments."""
    segments = figure.segments()
    covered = np.zeros(len(segments), dtype=bool)
    for first in limbs:
        for number in range(2):
            near = figure.along(first + number) + number < end
            covered |= (segments == first + number) & near
    return covered


def _shaded(colour: Colour) -> Colour:
    red, green, blue = (channel * 0.7 for channel in colour)
    return red, green, blue
