"""What a person looks like: the colours of skin, hair and clothes, and how an outfit is cut.

Colours and wishes belong to the person and are drawn once; the action only chooses the outfit, so
the same person can be told again in a wet suit.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import TypeAlias

import numpy as np

from animatic.data.stage.mesh import Colour
from animatic.data.stage.random_streams import Stream

SKIN_TONES: tuple[Colour, ...] = (
    (0.93, 0.76, 0.65),
    (0.87, 0.67, 0.53),
    (0.78, 0.57, 0.43),
    (0.62, 0.43, 0.31),
    (0.45, 0.30, 0.21),
    (0.33, 0.21, 0.15),
)
HAIR_COLOURS: tuple[Colour, ...] = (
    (0.08, 0.06, 0.05),
    (0.20, 0.13, 0.08),
    (0.36, 0.22, 0.12),
    (0.62, 0.46, 0.25),
)
GREY_HAIR: Colour = (0.50, 0.50, 0.50)

_TONES_BY_RACE = {"caucasian": (0, 1, 1, 2), "asian": (0, 1, 2), "african": (3, 4, 5)}

DARK, PALE = 0.25, 0.72
"""Brightest channel below which clothes count as dark; mean channel above which as pale."""

CLEAR_CONTRAST = 0.7
"""Sum of the channels' differences that two garments need, to be told apart at 64 pixels."""

Ends: TypeAlias = tuple[float, ...]


class Outfit(StrEnum):
    """The kinds of clothes."""

    SPORT = "sport"
    CASUAL = "casual"
    WARM = "warm"
    WETSUIT = "wetsuit"
    SWIMWEAR = "swimwear"


@dataclass(frozen=True)
class Cut:
    """Where garments end and how they sit.

    Ends are counted in segments from the shoulder or hip: 0.5 is half way down the upper arm or
    thigh, 1.9 just above the wrist or ankle. One of them fits each person's wish.
    """

    sleeve_ends: Ends
    leg_ends: Ends
    thickness_m: float
    hat_share: float
    wears_shoes: bool = True
    wears_gloves: bool = False
    one_piece: bool = False


CUTS = {
    Outfit.SPORT: Cut((0.55, 0.55, 1.90), (0.80, 0.80, 1.85), 0.017, hat_share=0.22),
    Outfit.CASUAL: Cut((0.55, 1.90), (1.85,), 0.017, hat_share=0.22),
    Outfit.WARM: Cut((1.95,), (1.90,), 0.020, hat_share=1.0, wears_gloves=True),
    Outfit.WETSUIT: Cut((0.50, 1.90), (0.70, 1.90), 0.007, 0.10, False, one_piece=True),
    Outfit.SWIMWEAR: Cut((0.0,), (0.25,), 0.006, 0.60, False, one_piece=True),
}


@dataclass(frozen=True)
class Wardrobe:
    """The colours of one person, and wishes in [0, 1) that settle what an outfit leaves open.

    `suit` is the colour of a wet suit or swimwear: the shirt's, unless water would hide it.
    `keeps_top` is false for those who swim without one.
    """

    skin: Colour
    hair: Colour
    shirt: Colour
    trousers: Colour
    accent: Colour
    suit: Colour
    shoes: Colour
    helmet: Colour
    sleeve_wish: float
    leg_wish: float
    hat_wish: float
    helmet_wish: float
    has_stripe: bool
    has_long_hair: bool
    keeps_top: bool

    def helmet_for(self, share: float) -> Colour | None:
        """Return the colour of the helmet, if this person is among the share that wears one."""
        return self.helmet if self.helmet_wish < share else None


def fill_wardrobe(stream: Stream, gender: str, age: str, race: str) -> Wardrobe:
    """Draw a person's colours; shirt and trousers never blend into one another."""
    tone = stream.choice(_TONES_BY_RACE[race])
    skin = _scaled(SKIN_TONES[tone], stream.uniform(0.93, 1.05))
    young_hair, turns_grey = stream.choice(HAIR_COLOURS), stream.chance(0.6)
    shirt = _garment(stream)
    trousers = _contrasting(stream, shirt)
    accent, suit, helmet = _garment(stream), _suit(stream), bright_colour(stream)
    white_shoes, wishes = stream.chance(0.5), stream.uniforms(6)
    return Wardrobe(
        skin=skin,
        hair=GREY_HAIR if age == "old" and turns_grey else young_hair,
        shirt=shirt,
        trousers=trousers,
        accent=accent,
        suit=shirt if shows_on_water(shirt) else suit,
        shoes=(0.9, 0.9, 0.9) if white_shoes else _scaled(accent, 0.8),
        helmet=helmet,
        sleeve_wish=float(wishes[0]),
        leg_wish=float(wishes[1]),
        hat_wish=float(wishes[2]),
        helmet_wish=float(wishes[5]),
        has_long_hair=gender == "female",
        has_stripe=bool(wishes[3] < 0.3),
        keeps_top=gender == "female" or bool(wishes[4] < 0.25),
    )


def wished(options: Sequence[float], wish: float) -> float:
    """Return the option that a wish in [0, 1) points at."""
    return options[int(wish * len(options))]


def hsv(hue: float, saturation: float, value: float) -> Colour:
    """Return the colour with this hue (0 to 1, red to red), saturation and value."""
    sector = int(hue * 6) % 6
    share = hue * 6 - int(hue * 6)
    low = value * (1 - saturation)
    falling, rising = value * (1 - share * saturation), value * (1 - (1 - share) * saturation)
    red = (value, falling, low, low, rising, value)[sector]
    green = (rising, value, value, falling, low, low)[sector]
    blue = (low, low, rising, value, value, falling)[sector]
    return red, green, blue


def bright_colour(stream: Stream) -> Colour:
    """Draw a strong colour that is not dark, for what must be seen."""
    return hsv(stream.uniform(), stream.uniform(0.6, 0.92), stream.uniform(0.55, 0.95))


def is_dark(colour: Colour) -> bool:
    """Return whether a garment would vanish against dark ground."""
    return max(colour) < DARK


def is_pale(colour: Colour) -> bool:
    """Return whether a garment would vanish against snow."""
    return float(np.mean(colour)) > PALE


def shows_on_water(colour: Colour) -> bool:
    """Return whether a suit stands out: bright, coloured, and redder or greener than the sea."""
    red, green, blue = colour
    return max(colour) >= 0.5 and not is_pale(colour) and max(red, green) > blue + 0.1


def contrast(one: Colour, other: Colour) -> float:
    """Return the sum of the channels' differences."""
    return sum(abs(a - b) for a, b in zip(one, other, strict=True))


def _garment(stream: Stream) -> Colour:
    kind, shade, colour = stream.uniform(), stream.uniform(), bright_colour(stream)
    if kind < 0.14:
        return _grey(0.78 + 0.15 * shade)
    if kind < 0.28:
        return _grey(0.08 + 0.10 * shade)
    return colour


def _contrasting(stream: Stream, shirt: Colour) -> Colour:
    """Draw trousers that differ from the shirt: pale ones never meet pale, nor dark ones dark."""
    options = [_garment(stream) for _ in range(8)]
    for option in options:
        if contrast(shirt, option) >= CLEAR_CONTRAST:
            return option
    return (0.15, 0.2, 0.5) if shirt[0] > 0.4 else (0.8, 0.75, 0.6)


def _suit(stream: Stream) -> Colour:
    """Draw a suit from magenta over red and yellow to green, the hues that water lacks."""
    hue = stream.uniform(-0.08, 0.36) % 1.0
    return hsv(hue, stream.uniform(0.65, 0.92), stream.uniform(0.70, 0.98))


def _grey(shade: float) -> Colour:
    return shade, shade, shade


def _scaled(colour: Colour, factor: float) -> Colour:
    red, green, blue = (min(channel * factor, 1.0) for channel in colour)
    return red, green, blue
