"""Sailing a dinghy: the helm sits to windward, the sails fill to leeward."""

import math
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from animatic.data.stage.geometry import (
    Vector,
    about_x,
    about_y,
    about_z,
    swing,
    times,
    vector,
)
from animatic.data.stage.looks import Outfit, bright_colour
from animatic.data.stage.mesh import (
    BLACK,
    METAL,
    WHITE,
    WOOD,
    Colour,
    Mesh,
    hull,
    join,
    sheet,
    tube,
)
from animatic.data.stage.random_streams import Stream
from animatic.data.stage.roles import Beat, Casting, Emitter, Role, Staging
from animatic.data.stage.skeleton import Stance

HULL_SIZE_M = (3.9, 0.72, 0.42)
MAST_TOP_M = 4.9
TILLER_M = (0.30, 0.62, -1.15)
OFF_WHITE: Colour = (0.86, 0.86, 0.85)


@dataclass(frozen=True)
class Paint:
    """The colours of one boat."""

    hull: Colour
    deck: Colour
    sail: Colour
    band: Colour


def paint_boat(stream: Stream) -> Paint:
    """Draw a boat's colours: most sails are white, half of them with a coloured band."""
    is_coloured, hull_colour = stream.chance(0.6), bright_colour(stream)
    is_wooden = stream.chance(0.6)
    has_white_sail, sail = stream.chance(0.65), bright_colour(stream)
    is_banded, band = stream.chance(0.5), bright_colour(stream)
    cloth = WHITE if has_white_sail else sail
    return Paint(
        hull=hull_colour if is_coloured else OFF_WHITE,
        deck=WOOD if is_wooden else (0.8, 0.8, 0.82),
        sail=cloth,
        band=band if is_banded else cloth,
    )


class Sailing:
    """A boat that heels, pitches and bobs, with everything on board."""

    def __init__(self, casting: Casting) -> None:
        stream = casting.stream
        self._skeleton = casting.person.skeleton
        self.speed_m_s = stream.uniform(1.5, 3.0)
        self._windward = 1 if stream.chance(0.5) else -1
        self._phases = [stream.uniform(0.0, 2 * math.pi) for _ in range(3)]
        self._paint = paint_boat(stream)
        self._still = self._still_parts()
        self._main_lines, self._jib_lines = _main_lines(self._windward), _jib_lines(self._windward)

    def at(self, time_s: float) -> Beat:
        """Return the instant at a time."""
        windward = self._windward
        heel = 0.16 + 0.06 * swing(time_s, 0.35, self._phases[0])
        pitch = 0.05 * swing(time_s, 0.5, self._phases[1])
        tilt = times(about_z(-windward * heel), about_x(pitch))
        bob = vector(0, 0.06 * swing(time_s, 0.5, self._phases[2]), 0)
        stance = self._helm(time_s)
        sheet_hand = stance.hands[0 if windward < 0 else 1]
        boom = vector(-windward * 0.35, 0.95, -0.9)
        rope = tube(boom, sheet_hand, 0.010, WHITE, sides=3)
        boat = join([self._still, *self._sails(time_s), rope]).placed(tilt, bob)
        bow_wave = vector(windward * 0.2, 0.1, 1.7)
        wakes = (
            Emitter("spray", bow_wave, vector(windward * 1.0, 0.7, -1.2), 0.8),
            Emitter("spray", vector(0, 0.05, -1.9), vector(0, 0.4, -1.5), 0.8),
        )
        return Beat(self._skeleton.reach(stance).placed(tilt, bob), (boat,), wakes)

    def _still_parts(self) -> Mesh:
        """Return the hull, the spars, the forestay and the tiller."""
        leeward = -self._windward
        mast_foot, mast_top = vector(0, 0.2, 0.55), vector(0, MAST_TOP_M, 0.45)
        boom = tube(vector(0, 0.95, 0.52), vector(leeward * 0.55, 0.95, -1.65), 0.04, METAL)
        tiller = vector(self._windward * TILLER_M[0], *TILLER_M[1:])
        return join(
            [
                hull(HULL_SIZE_M, self._paint.hull, self._paint.deck),
                tube(mast_foot, mast_top, 0.05, METAL, 0.03),
                boom,
                tube(vector(0, 4.8, 0.45), vector(0, 0.45, 1.9), 0.010, BLACK, sides=3),
                tube(vector(0, 0.5, -1.85), tiller, 0.025, WOOD),
            ]
        )

    def _sails(self, time_s: float) -> tuple[Mesh, Mesh]:
        leeward = -self._windward
        up, along = _shares(9), _shares(7).reshape(1, -1)
        up = up.reshape(-1, 1)
        fill = np.sin(np.pi * np.minimum(along * 1.15, 1)) * np.sin(np.pi * (up * 0.9 + 0.1))
        flutter = 0.03 * np.sin(time_s * 9 + along * 5 + up * 4) * along
        main = self._main_lines.copy()
        main[..., 0] += leeward * (0.28 + 0.05 * swing(time_s, 1.1)) * fill + flutter
        jib = self._jib_lines
        return sheet(main, self._paint.sail, self._paint.band, 3), sheet(jib, self._paint.sail)

    def _helm(self, time_s: float) -> Stance:
        """Return the stance of the person at the tiller, who leans out in gusts."""
        windward = self._windward
        gust = 0.25 + 0.2 * max(0.0, swing(time_s, 0.35))
        tiller_hand = vector(windward * (TILLER_M[0] + 0.05), TILLER_M[1] + 0.03, TILLER_M[2] + 0.1)
        sheet_hand = vector(-windward * 0.1, 0.95, -0.35)
        look = -windward * 0.5 + 0.3 * swing(time_s, 0.25)
        return Stance(
            hips=vector(windward * 0.62, 0.62, -0.75),
            hips_turn=times(about_y(-windward * 1.3), about_x(-0.15)),
            chest_turn=times(about_y(-windward * 1.2), about_x(-0.05 - 0.6 * gust)),
            head_turn=about_y(look),
            hands=(sheet_hand, tiller_hand) if windward < 0 else (tiller_hand, sheet_hand),
            feet=self._feet(),
        )

    def _feet(self) -> tuple[Vector, Vector]:
        """Return the ankles, braced in the middle of the boat."""
        ahead = vector(-self._windward * 0.02, 0.28, -0.62)
        behind = vector(-self._windward * 0.02, 0.28, -0.88)
        return (ahead, behind) if self._windward > 0 else (behind, ahead)


def _shares(count: int) -> Float[np.ndarray, " n"]:
    return np.linspace(0, 1, count)


def _between(
    front: Float[np.ndarray, "n 3"], back: Float[np.ndarray, "n 3"], columns: int
) -> Float[np.ndarray, "n columns 3"]:
    """Return lines from the points of one edge to those of the other."""
    return front[:, None] + (back - front)[:, None] * _shares(columns)[None, :, None]


def _main_lines(windward: int) -> Float[np.ndarray, "9 7 3"]:
    """Return the main sail while it hangs flat, from the boom up, from the mast back."""
    up = _shares(9)
    mast = np.stack((0 * up, 1.0 + 3.8 * up, 0.5 - 0.03 * up), axis=1)
    back = 0.5 - 2.15 * np.power(1 - up, 0.9)
    leech = np.stack((-windward * 0.55 * (1 - up), 0.95 + 3.85 * up, back), axis=1)
    return _between(mast, leech, 7)


def _jib_lines(windward: int) -> Float[np.ndarray, "6 4 3"]:
    """Return the jib, filled with wind."""
    up = _shares(6)
    stay = np.stack((0 * up, 0.5 + 3.3 * up, 1.85 - 1.38 * up), axis=1)
    leech = np.stack((-windward * 0.28 * (1 - up), 0.65 + 3.2 * up, 0.55 - 0.1 * up), axis=1)
    lines = _between(stay, leech, 4)
    lines[..., 0] -= windward * 0.15 * np.sin(np.pi * _shares(4))[None] * (1 - up)[:, None]
    return lines


SAILING = Role(
    Sailing,
    Outfit.WARM,
    Staging((6.0, 8.5), focus_m=(0.0, 1.9, 0.0), from_the_side=True, floats=True),
)
