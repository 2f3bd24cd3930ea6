"""Pictures inside the page: bytes of an image file to a data URI."""

import base64
import dataclasses
import io
from pathlib import Path

from PIL import Image

from tf_dvbpr.report.markup import Html, tag
from tfrecords.errors import InputError

_KEPT = {"PNG": "image/png", "JPEG": "image/jpeg", "WEBP": "image/webp"}
_SMALL = 256  # pixels; up to here a file's own bytes are shown
_QUALITY = 90  # of WebP: a fifth of a generated picture's PNG, and no difference to see
_LONGEST = 16383  # pixels, WebP's


@dataclasses.dataclass(frozen=True)
class Picture:
    """An image as an <img> needs it.

    Attributes:
        uri: ``data:`` and the bytes.
        width, height: in pixels.
    """

    uri: str
    width: int
    height: int

    @property
    def is_small(self) -> bool:
        """Whether it is shown enlarged, pixel for pixel."""
        return max(self.width, self.height) <= _SMALL // 2

    def img(self, alt: str) -> Html:
        """The element."""
        kind = "small" if self.is_small else None
        return tag("img", src=self.uri, alt=alt, width=self.width, height=self.height, class_=kind)


def embed(data: bytes, where: str, most: int | None = None) -> Picture:
    """Checks an image file and packs it.

    Small images stay as they are, bit for bit; larger ones become WebP where that is shorter.

    Args:
        data: bytes of a PNG, JPEG or other file that Pillow reads.
        where: what a message calls it.
        most: pixels of the longer side at most; larger ones are scaled down, no limit if None.

    Raises:
        InputError: not an image, or a damaged one.
    """
    try:
        with Image.open(io.BytesIO(data)) as image:
            form = image.format
            image.load()
            size = max(image.size)
            if size <= _SMALL and form in _KEPT:
                return _packed(data, _KEPT[form], image.size)
            shown = image.convert("RGBA")
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError) as error:
        raise InputError(f"{where}: not an image, or a damaged one ({error}). Make it again") from error
    if most is not None and size > most:
        shown.thumbnail((most, most), Image.Resampling.LANCZOS)
    form, kind = ("WEBP", "image/webp") if max(shown.size) <= _LONGEST else ("PNG", "image/png")
    buffer = io.BytesIO()
    shown.save(buffer, form, quality=_QUALITY)
    if shown.size == image.size and image.format in _KEPT and len(data) <= buffer.tell():
        return _packed(data, _KEPT[image.format], image.size)
    return _packed(buffer.getvalue(), kind, shown.size)


def embed_file(path: Path) -> Picture:
    """The same of a file."""
    return embed(path.read_bytes(), str(path))


def _packed(data: bytes, kind: str, size: tuple[int, int]) -> Picture:
    return Picture(f"data:{kind};base64,{base64.b64encode(data).decode()}", *size)
