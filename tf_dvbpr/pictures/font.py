"""Finds the font of pictures' captions: Pillow's own, or a font of the machine for letters that Pillow's lacks."""

import functools
import unicodedata

from PIL import ImageFont

# Looked for by name in the machine's font folders; the first that has all letters is used.
_WIDER = (
    "DejaVuSans.ttf",
    "NotoSans-Regular.ttf",
    "Arial.ttf",
    "NotoSansCJK-Regular.ttc",
    "wqy-zenhei.ttc",
    "PingFang.ttc",
    "Arial Unicode.ttf",
    "msyh.ttc",
)
_NO_CHARACTER = "\uffff"  # Unicode guarantees that this is never a character, so every font draws its box for it.


def fitting(text: str, size: int) -> tuple[ImageFont.FreeTypeFont, str]:
    """Returns a font of `size` pixels that has all letters of the text, and the text to write with it.

    Pillow's own font, the same on every machine, has only plain Latin letters. If no font of the machine has all other
    letters either, accents are left out, and each letter that is still missing becomes a question mark.
    """
    text = "".join(" " if letter.isspace() else letter for letter in text)
    own = _font(None, size)
    if _has_all(own, text):
        return own, text
    for name in _WIDER:
        font = _font(name, size)
        if font and _has_all(font, text):
            return font, text
    plain = "".join(letter for letter in unicodedata.normalize("NFKD", text) if not unicodedata.combining(letter))
    return own, "".join(letter if _has_letter(own, letter) else "?" for letter in plain)


def _has_all(font: ImageFont.FreeTypeFont, text: str) -> bool:
    return all(_has_letter(font, letter) for letter in set(text))


@functools.cache
def _has_letter(font: ImageFont.FreeTypeFont, letter: str) -> bool:
    return letter == " " or bytes(font.getmask(letter)) != _box(font)


@functools.cache
def _box(font: ImageFont.FreeTypeFont) -> bytes:
    return bytes(font.getmask(_NO_CHARACTER))


@functools.cache
def _font(name: str | None, size: int) -> ImageFont.FreeTypeFont | None:
    """Returns the named font of the machine, Pillow's own for None; None if the machine does not have it."""
    try:
        return ImageFont.truetype(name, size) if name else ImageFont.load_default(size)
    except OSError:
        return None
