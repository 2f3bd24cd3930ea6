"""Draws pictures of garments in rows, with headings and captions, on white."""

import dataclasses
import io
import os
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from PIL import Image, ImageDraw
from PIL.ImageFont import FreeTypeFont

from tf_dvbpr.pictures.font import fitting
from tfrecords.errors import InputError
from tfrecords.files.atomic_file import whole_file
from tfrecords.files.output_check import check_writable

if TYPE_CHECKING:
    import tensorflow as tf

_FORMATS = {".png": "PNG", ".jpg": "JPEG", ".jpeg": "JPEG", ".webp": "WEBP"}
_MARGIN = 24
_GAP = 14
_HEADING_SIZE = 18
_CAPTION_SIZE = 13
_COMPRESSION = 4  # PNG's level: files are a few per cent larger than at 6, Pillow's default, and take half the time
_INK, _GREY, _FRAME, _PAPER = "#1a1a1a", "#6b6b6b", "#e2e2e2", "#ffffff"


@dataclasses.dataclass(frozen=True)
class Row:
    """One heading with its garments below.

    Attributes:
        heading: a line of text.
        photos: encoded photos (bytes of a JPEG or PNG file) or Pillow images.
        captions: one per photo, () for none. Newlines split a caption; the first line is dark, the others grey, and a
            line too long for its cell ends in an ellipsis.
    """

    heading: str
    photos: Sequence[bytes | Image.Image]
    captions: Sequence[str] = ()

    def __post_init__(self) -> None:
        if self.captions and len(self.captions) != len(self.photos):
            raise ValueError(f"one caption a photo: got {len(self.captions)} captions for {len(self.photos)} photos")


def draw(rows: Sequence[Row], columns: int = 10, cell: int = 128) -> Image.Image:
    """Draws rows below each other.

    Args:
        rows: what to show; a row with more photos than `columns` continues in the next line.
        columns: largest number of photos in a line.
        cell: side in pixels of the square for a photo; its aspect ratio is kept, small photos are enlarged.

    Returns:
        An RGB image, as wide as its longest line of photos.
    """
    across = max([1, *(min(columns, len(row.photos)) for row in rows)])
    headings = max([0, *(_heading_width(row.heading) for row in rows)])
    width = 2 * _MARGIN + max(across * cell + (across - 1) * _GAP, headings)
    height = 2 * _MARGIN + sum(_height(row, columns, cell) for row in rows) + max(0, len(rows) - 1) * _MARGIN
    image = Image.new("RGB", (width, height), _PAPER)
    pen = ImageDraw.Draw(image)
    top = _MARGIN
    for row in rows:
        _write_heading(pen, top, row.heading)
        line_top = top + _HEADING_SIZE + _GAP
        for index, photo in enumerate(row.photos):
            line, column = divmod(index, columns)
            left, upper = _MARGIN + column * (cell + _GAP), line_top + line * (_line_height(row, cell) + _GAP)
            image.paste(_fitted(photo, cell), (left, upper))
            pen.rectangle((left, upper, left + cell - 1, upper + cell - 1), outline=_FRAME)
            lines = row.captions[index].split("\n") if row.captions else []
            for number, text in enumerate(lines):
                text_top = upper + cell + 4 + number * (_CAPTION_SIZE + 3)
                colour = _GREY if number else _INK
                font, text = fitting(text, _CAPTION_SIZE)
                pen.text((left, text_top), _shortened(text, font, cell), colour, font)
        top += _height(row, columns, cell) + _MARGIN
    return image


def of_images(images: "tf.Tensor") -> list[Image.Image]:
    """Converts images float [N, S, S, 3] in [-1, 1] to Pillow's."""
    from tfrecords.photos.decode import denormalise

    return [Image.fromarray(pixels) for pixels in denormalise(images).numpy()]


def beside(images: Sequence[Image.Image], heading: str = "") -> Image.Image:
    """Puts pictures next to each other, aligned at the top, under one line of text."""
    top = _MARGIN + _HEADING_SIZE + _CAPTION_SIZE if heading else 0
    width = max(sum(image.width for image in images), 2 * _MARGIN + _heading_width(heading))
    whole = Image.new("RGB", (width, top + max(image.height for image in images)), _PAPER)
    _write_heading(ImageDraw.Draw(whole), _MARGIN, heading)
    left = 0
    for image in images:
        whole.paste(image, (left, top))
        left += image.width
    return whole


def above(images: Sequence[Image.Image]) -> Image.Image:
    """Puts pictures below each other, aligned at the left."""
    whole = Image.new("RGB", (max(image.width for image in images), sum(image.height for image in images)), _PAPER)
    top = 0
    for image in images:
        whole.paste(image, (0, top))
        top += image.height
    return whole


def save(image: Image.Image, path: str | os.PathLike) -> None:
    """Writes the picture atomically.

    Raises:
        InputError: the name does not end like that of an image.
    """
    path, form = Path(path), check_name(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    with whole_file(path) as temporary:
        image.save(temporary, form, compress_level=_COMPRESSION)


def check_name(path: str | os.PathLike) -> str:
    """Returns the Pillow format for a picture's file name.

    Raises InputError for formats other than PNG, JPEG and WebP, and if no file can be written there.
    """
    check_writable(path)
    form = _FORMATS.get(Path(path).suffix.lower())
    if form is None:
        raise InputError(f"{path}: a picture's name must end in {', '.join(_FORMATS)}")
    return form


def _heading_width(heading: str) -> int:
    font, text = fitting(heading, _HEADING_SIZE)
    return int(font.getlength(text))


def _write_heading(pen: ImageDraw.ImageDraw, top: int, heading: str) -> None:
    font, text = fitting(heading, _HEADING_SIZE)
    pen.text((_MARGIN, top), text, _INK, font)


def _line_height(row: Row, cell: int) -> int:
    lines = max([0, *(caption.count("\n") + 1 for caption in row.captions)])
    return cell + (4 + lines * (_CAPTION_SIZE + 3) if lines else 0)


def _height(row: Row, columns: int, cell: int) -> int:
    lines = max(1, -(-len(row.photos) // columns)) if row.photos else 0
    return _HEADING_SIZE + _GAP + lines * _line_height(row, cell) + max(0, lines - 1) * _GAP


def _fitted(photo: bytes | Image.Image, cell: int) -> Image.Image:
    opened = Image.open(io.BytesIO(photo)) if isinstance(photo, bytes) else photo
    rgba = opened.convert("RGBA")
    inside = cell - 2  # the frame
    scale = inside / max(rgba.size)
    size = [max(1, round(side * scale)) for side in rgba.size]
    rgba = rgba.resize(size, Image.Resampling.LANCZOS)
    square = Image.new("RGB", (cell, cell), _PAPER)
    square.paste(rgba, ((cell - size[0]) // 2, (cell - size[1]) // 2), rgba)
    return square


def _shortened(text: str, font: FreeTypeFont, width: int) -> str:
    if font.getlength(text) <= width:
        return text
    while text and font.getlength(text + "…") > width:
        text = text[:-1]
    return text + "…"
