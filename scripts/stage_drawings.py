"""The pack's own drawings: trees, far views, snow and a crowd."""

import numpy as np
from jaxtyping import Float, UInt8
from PIL import Image, ImageDraw
from stage_terrain import HEIGHT, WIDTH, Plane, View, layered, noise, panorama, ridged
from stage_trees import BROADLEAVES, PINES, SNOWY_PINES, draw_broadleaf, draw_pine, reduced

Tile = UInt8[np.ndarray, "256 256 3"]
Tree = UInt8[np.ndarray, "256 256 4"]
Backdrop = UInt8[np.ndarray, "256 2048 4"]

_TILE = 256
_HAZE = (196, 210, 226)
_SHIRTS = (
    *((196, 60, 52), (214, 214, 214), (52, 84, 160), (226, 190, 70), (70, 130, 84), (60, 60, 66)),
    *(
        (150, 70, 130),
        (220, 130, 60),
        (120, 160, 200),
        (150, 40, 40),
        (90, 90, 100),
        (235, 235, 225),
    ),
)
_SKINS = ((224, 178, 150), (200, 150, 118), (150, 104, 76), (104, 70, 52))
_HAIRS = ((46, 36, 30), (78, 56, 38), (30, 26, 26), (150, 116, 70), (130, 130, 130))


def draw_sprites() -> dict[str, Tree]:
    """Return single trees: broadleaves, then pines."""
    rng = np.random.default_rng(1)
    broadleaves = {f"broadleaf{i}": draw_broadleaf(kind, rng) for i, kind in enumerate(BROADLEAVES)}
    return broadleaves | {f"pine{i}": draw_pine(kind, rng) for i, kind in enumerate(PINES)}


def draw_tiles() -> dict[str, Tile]:
    """Return two kinds of snow, and a crowd on its stand."""
    return {
        "snow2": _snow(seed=21, relief=2.6, finest=1.25),
        "snow3": _snow(seed=22, relief=5.0, finest=0.75),
        "crowd": draw_crowd(np.random.default_rng(3)),
    }


def _snow(seed: int, relief: float, finest: float) -> Tile:
    """Return snow with hollows, lit from the upper left; the higher `finest`, the smoother."""
    height = _endless(seed, finest)
    slope = np.roll(height, 1, 0) - height + np.roll(height, 1, 1) - height
    shade = np.clip(slope / slope.std() * relief, -26.0, 20.0)
    sparkle = np.random.default_rng(seed).normal(size=(_TILE, _TILE)) * 1.2
    light = shade + sparkle + _endless(seed + 50, 2.4) * 4.0
    colour = np.array([226.0, 233.0, 243.0]) + light[..., None] * np.array([1.1, 1.0, 0.75])
    return np.round(np.clip(colour, 0, 255)).astype(np.uint8)


def _endless(seed: int, falloff: float) -> Plane:
    """Return noise that repeats without a seam; its strength falls with the frequency."""
    rng = np.random.default_rng(seed)
    frequency = np.hypot(*np.meshgrid(np.fft.fftfreq(_TILE), np.fft.fftfreq(_TILE)))
    strength = np.maximum(frequency, 2.0 / _TILE) ** -falloff
    field = np.fft.ifft2(np.fft.fft2(rng.normal(size=(_TILE, _TILE))) * strength).real
    return (field - field.mean()) / field.std()


def draw_crowd(rng: np.random.Generator) -> Tile:
    """Return eight rows of spectators, darker towards the top; it repeats sideways."""
    side = 4 * _TILE
    image = Image.new("RGB", (side, side), (34, 34, 40))
    draw = ImageDraw.Draw(image)
    row_height, seat = side // 8, side // 17
    for row in range(8):
        bottom, light = (row + 1) * row_height, 0.42 + 0.5 * row / 7
        draw.rectangle((0, bottom - 14, side, bottom), fill=_lit((88, 90, 98), light))
        for place in range(17):
            if rng.random() < 0.92:
                middle = (place + 0.5 * (row % 2) + rng.uniform(-0.12, 0.12)) * seat
                _draw_spectator(draw, (middle, bottom - 8 - rng.uniform(0, 14)), light, (side, rng))
    return np.array(image.resize((_TILE, _TILE), Image.Resampling.BOX))


def _draw_spectator(
    draw: ImageDraw.ImageDraw,
    seat: tuple[float, float],
    light: float,
    sheet: tuple[int, np.random.Generator],
) -> None:
    """Draw shoulders, arms, neck, face and hair, also over the tile's edge."""
    side, rng = sheet
    shirt, skin, hair = (
        colours[rng.integers(len(colours))] for colours in (_SHIRTS, _SKINS, _HAIRS)
    )
    light, lean = light * rng.uniform(0.85, 1.15), rng.uniform(-5, 5)
    for turn in (-side, 0, side):
        x, y = seat[0] + turn, seat[1]
        draw.rounded_rectangle((x - 25, y - 62, x + 25, y + 10), 16, fill=_lit(shirt, light))
        draw.rectangle((x + 14, y - 46, x + 25, y + 4), fill=_lit(shirt, light * 0.75))
        draw.ellipse((x - 16 + lean, y - 104, x + 16 + lean, y - 60), fill=_lit(hair, light))
        draw.ellipse((x - 12 + lean, y - 92, x + 12 + lean, y - 58), fill=_lit(skin, light))


def _lit(colour: tuple[int, int, int], light: float) -> tuple[int, int, int]:
    red, green, blue = (min(255, int(value * light)) for value in colour)
    return red, green, blue


def draw_backdrops() -> dict[str, Backdrop]:
    """Return far views over a full turn."""
    rng = np.random.default_rng(2)
    leafy = [draw_broadleaf(BROADLEAVES[i % len(BROADLEAVES)], rng) for i in range(14)]
    pines = [draw_pine(PINES[i % len(PINES)], rng) for i in range(10)]
    snowy = [draw_pine(SNOWY_PINES[i % len(SNOWY_PINES)], rng) for i in range(10)]
    return {
        "trees": _wood(leafy, 0.30, 420, rng),
        "pines": _wood(pines, 0.20, 420, rng),
        "field": _draw_field(leafy, rng),
        "mountains": _draw_mountains(),
        "snowtrees": _draw_snowy_wood(snowy, rng),
    }


def _wood(trees: list[Tree], aspect: float, number: int, rng: np.random.Generator) -> Backdrop:
    """Return the edge of a wood: rows of trees, hazier and smaller towards the back."""
    sheet = Image.new("RGBA", (WIDTH, HEIGHT), (0, 0, 0, 0))
    for i in range(number):
        near = i / number
        angle = rng.integers(WIDTH)
        height = (
            rng.uniform(95, 190) * (0.75 + 0.25 * near) * (1.0 - 0.5 * near * (rng.random() < 0.6))
        )
        sunk = int(rng.uniform(0, 24) * (1.0 - near)) if height > 90 else 0
        tree = _toned(trees[rng.integers(len(trees))], 0.55 + 0.5 * near, 0.32 * (1.0 - near), rng)
        _plant(sheet, tree, (angle, HEIGHT - 4 - sunk), (height, aspect * rng.uniform(0.85, 1.2)))
    _thicken(sheet, trees, aspect, rng)
    return np.array(sheet)


def _thicken(
    sheet: Image.Image, trees: list[Tree], aspect: float, rng: np.random.Generator
) -> None:
    """Close the gaps between trunks with undergrowth, which is a row of sunk crowns."""
    for i in range(450):
        tree = _toned(trees[rng.integers(len(trees))], 0.5 + 0.3 * i / 450, 0.12, rng)
        height = rng.uniform(60, 100)
        foot = HEIGHT + int(height * rng.uniform(0.25, 0.45))
        _plant(sheet, tree, (rng.integers(WIDTH), foot), (height, 1.6 * aspect))


def _draw_field(trees: list[Tree], rng: np.random.Generator) -> Backdrop:
    """Return gentle hills with fields, hedges and groups of trees."""
    view = View((60.0, 5000.0), (-0.014, 0.14), _HAZE, clear_m=6500.0)
    sheet = Image.fromarray(panorama(_hills, _paint_fields, view))
    for i in range(150):
        near = i / 150
        angle = (
            (rng.choice((150, 620, 700, 1100, 1480, 1900)) + rng.normal() * 70)
            if i % 3
            else rng.integers(WIDTH)
        )
        height = rng.uniform(22, 50) * (0.5 + 1.1 * near**2)
        tree = _toned(trees[rng.integers(len(trees))], 0.6 + 0.4 * near, 0.35 * (1.0 - near), rng)
        _plant(
            sheet, tree, (int(angle) % WIDTH, HEIGHT - 16 - int(14 * (1.0 - near))), (height, 0.26)
        )
    return np.array(sheet)


def _hills(x: Plane, z: Plane) -> Plane:
    far = np.hypot(x, z)
    woods = np.clip(layered(x / 260, z / 260, 40) * 3.0 - 1.1, 0.0, 1.0)
    crowns = woods * (9.0 + 5.0 * noise(x / 9, z / 9, 60)) * (far > 450)
    rise = np.clip((far - 200) / 2500, 0.0, 1.0)
    return crowns + rise * (70.0 + 130.0 * layered(x / 1300, z / 1300, 30, 3)) - 3.0


def _paint_fields(x: Plane, z: Plane, _steepness: Plane, sun: Plane) -> Float[np.ndarray, "n 3"]:
    palette = np.array(
        [
            (96, 128, 58),
            (118, 142, 66),
            (150, 150, 84),
            (108, 134, 74),
            (168, 154, 98),
            (84, 120, 54),
        ]
    )
    u, v = (
        x / 210 + 0.25 * noise(x / 300, z / 300, 70),
        z / 150 + 0.25 * noise(x / 300, z / 300, 71),
    )
    field = (np.floor(u).astype(int) * 7 + np.floor(v).astype(int) * 13) % len(palette)
    colour = palette[field] * (0.55 + 0.75 * sun)[:, None]
    colour += 6.0 * noise(x / 6, z / 6, 72)[:, None]
    woods = layered(x / 260, z / 260, 40) * 3.0 > 1.15
    hedge = (np.minimum(u % 1.0, v % 1.0) < 0.05) & (noise(x / 40, z / 40, 73) > -0.2)
    dark = (
        np.array([52.0, 78.0, 40.0]) * (0.6 + 0.6 * sun + 0.35 * noise(x / 7, z / 7, 74))[:, None]
    )
    return np.where((woods | hedge)[:, None], dark, colour)


def _draw_mountains() -> Backdrop:
    """Return snow-covered peaks behind a white plain."""
    view = View((150.0, 16000.0), (-0.03, 0.30), (206, 219, 236), clear_m=26000.0)
    return panorama(_peaks, _paint_snow_and_rock, view)


def _peaks(x: Plane, z: Plane) -> Plane:
    far = np.hypot(x, z)
    rise = np.clip((far - 2500) / 7000, 0.0, 1.0)
    massif = np.clip(0.45 + 0.75 * layered(x / 5200, z / 5200, 80, 2), 0.05, 1.0)
    crests = 1500.0 * massif + 1700.0 * massif * ridged(x / 3900, z / 3900, 90)
    return rise * crests + 6.0 * layered(x / 400, z / 400, 85, 3)


def _paint_snow_and_rock(
    x: Plane, z: Plane, steepness: Plane, sun: Plane
) -> Float[np.ndarray, "n 3"]:
    snow = np.array([196.0, 212.0, 238.0]) + (sun**0.8)[:, None] * np.array([70.0, 54.0, 26.0])
    rock = np.array([92.0, 92.0, 100.0]) * (0.5 + 0.8 * sun)[:, None]
    # Rock shows where snow finds no hold: on steep sides, in streaks.
    bare = steepness - 0.75 + 0.45 * layered(x / 260, z / 260, 95, 4)
    share = np.clip(bare * 3.0, 0.0, 0.9)
    return snow * (1.0 - share)[:, None] + rock * share[:, None]


def _draw_snowy_wood(trees: list[Tree], rng: np.random.Generator) -> Backdrop:
    """Return pines under snow in groups, with white hills between them."""
    view = View((40.0, 9000.0), (-0.023, 0.23), (214, 224, 238), clear_m=9000.0)
    sheet = Image.fromarray(panorama(_white_hills, _paint_white_hills, view))
    for i in range(330):
        near = i / 330
        angle = rng.choice((60, 380, 880, 1010, 1420, 1950)) + rng.normal() * (60 + 60 * near)
        height = rng.uniform(60, 120) * (0.55 + 0.9 * near**1.5)
        tree = _toned(trees[rng.integers(len(trees))], 0.82 + 0.2 * near, 0.4 * (1.0 - near), rng)
        _plant(
            sheet, tree, (int(angle) % WIDTH, HEIGHT - 14 - int(16 * (1.0 - near))), (height, 0.17)
        )
    return np.array(sheet)


def _white_hills(x: Plane, z: Plane) -> Plane:
    far = np.hypot(x, z)
    rise = np.clip((far - 300) / 4500, 0.0, 1.0)
    woods = np.clip(layered(x / 500, z / 500, 110) * 4.0 - 0.6, 0.0, 1.0)
    crowns = woods * (10.0 + 9.0 * noise(x / 12, z / 12, 111)) * (far > 700)
    return rise * (330.0 + 420.0 * layered(x / 2300, z / 2300, 100, 4)) + crowns - 2.0


def _paint_white_hills(
    x: Plane, z: Plane, _steepness: Plane, sun: Plane
) -> Float[np.ndarray, "n 3"]:
    snow = np.array([188.0, 204.0, 230.0]) + sun[:, None] * np.array([62.0, 48.0, 24.0])
    needles = np.array([74.0, 92.0, 92.0]) * (0.8 + 0.5 * noise(x / 9, z / 9, 112))[:, None]
    needles = needles + 90.0 * np.clip(noise(x / 7, z / 7, 113), 0.0, 1.0)[:, None]
    woods = (layered(x / 500, z / 500, 110) * 4.0 > 0.8) & (np.hypot(x, z) > 700)
    return np.where(woods[:, None], needles, snow)


def _toned(tree: Tree, light: float, haze: float, rng: np.random.Generator) -> Image.Image:
    """Return a tree darker or brighter, in haze, perhaps mirrored."""
    colour = (
        tree[..., :3] * light * rng.uniform(0.88, 1.08) * (1.0 - haze)
        + np.array(_HAZE) * haze * 0.8
    )
    pixels = np.concatenate([np.clip(colour, 0, 255).astype(np.uint8), tree[..., 3:]], axis=2)
    return Image.fromarray(pixels[:, ::-1] if rng.random() < 0.5 else pixels)


def _plant(
    sheet: Image.Image, tree: Image.Image, foot: tuple[int, int], size: tuple[float, float]
) -> None:
    """Set a tree into a panorama that closes; size is its height and its width to that.

    Panoramas show fewer pixels a degree sideways than upwards, so trees in them are slim.
    """
    height, width = round(size[0]), max(2, round(size[0] * size[1]))
    small = Image.fromarray(reduced(tree, width, height))
    top = foot[1] - height
    for turn in (-WIDTH, 0, WIDTH):
        left = foot[0] + turn - width // 2
        if -width < left < WIDTH:
            hidden = (max(0, -left), max(0, -top))
            sheet.alpha_composite(small, (max(0, left), max(0, top)), hidden)
