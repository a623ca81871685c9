"""Contact sheets: the frames of one or more clips side by side on a white page, to be looked at."""

import textwrap
from collections.abc import Sequence

import numpy as np
from jaxtyping import UInt8
from PIL import Image, ImageDraw, ImageFont

PAPER, INK = (255, 255, 255), (32, 32, 32)

_MARGIN = 4
"""Pixels between pictures, and around text."""

_SMALLEST_LETTERS = 13
"""Pixels. Smaller ones cannot be read; wide sheets are shown smaller and get larger letters."""

_LETTERS_A_SHEET_WIDTH = 64
_MOST_LINES = 3


def draw(
    rows: Sequence[UInt8[np.ndarray, "_ h w 3"]], labels: Sequence[str] | None = None
) -> UInt8[np.ndarray, "height width 3"]:
    """Lay out one row of frames for each clip, with its label above; frames differ in no size."""
    frame_height, frame_width = rows[0].shape[1:3]
    width = _MARGIN + max(len(row) for row in rows) * (frame_width + _MARGIN)
    font = ImageFont.load_default(max(_SMALLEST_LETTERS, width // _LETTERS_A_SHEET_WIDTH))
    texts = [_wrapped(label, font, width) for label in labels or [""] * len(rows)]
    heads = [_height(text, font) + _MARGIN for text in texts]
    sheet = Image.new("RGB", (width, sum(heads) + len(rows) * frame_height + _MARGIN), PAPER)
    pen, top = ImageDraw.Draw(sheet), 0
    for row, text, head in zip(rows, texts, heads, strict=True):
        pen.multiline_text((_MARGIN, top + _MARGIN), text, fill=INK, font=font)
        for index, frame in enumerate(row):
            left = _MARGIN + index * (frame_width + _MARGIN)
            sheet.paste(Image.fromarray(frame), (left, top + head))
        top += head + frame_height
    return np.array(sheet)


def _height(text: str, font: ImageFont.FreeTypeFont | ImageFont.ImageFont) -> int:
    """Return the pixels that a label takes, with room for letters that reach below the line."""
    if not text:
        return 0
    box = ImageDraw.Draw(Image.new("RGB", (1, 1))).multiline_textbbox((0, 0), text + "\ng", font)
    return round(box[3] * (text.count("\n") + 1) / (text.count("\n") + 2)) + 2 * _MARGIN


def _wrapped(label: str, font: ImageFont.FreeTypeFont | ImageFont.ImageFont, width: int) -> str:
    """Break a label into lines that fit the sheet; what is left of a very long one is dropped."""
    letters = max(8, int((width - 2 * _MARGIN) / max(1.0, font.getlength("n"))))
    lines = textwrap.wrap(label, letters, max_lines=_MOST_LINES, placeholder=" ...")
    return "\n".join(lines)
