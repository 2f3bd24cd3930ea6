"""Makes photos of every format that shops send, each with the picture that it shows or the reason of its refusal.

    python -m tests.support.odd_photos FOLDER

makes a shop of them for tools.build_dataset: interactions.csv, items.csv and images/.
"""

import base64
import csv
import dataclasses
import io
import struct
import sys
from pathlib import Path

import numpy as np
from PIL import Image

from tests.support.photo_files import bmp, png, png_chunk, tiff

SIDE = 21  # no multiple of 8, so rows of few bits end within a byte, and rows of JPEG end within a block
PHOTOMETRICS = {0: "white-is-0", 1: "black-is-0"}
_ARITHMETIC = """
/9j/4AAQSkZJRgABAQAAAQABAAD/2wBDAAgGBgcGBQgHBwcJCQgKDBQNDAsLDBkSEw8UHRofHh0aHBwgJC4nICIsIxwcKDcpLDAxNDQ0Hyc5PTgyPC4z
NDL/2wBDAQkJCQwLDBgNDRgyIRwhMjIyMjIyMjIyMjIyMjIyMjIyMjIyMjIyMjIyMjIyMjIyMjIyMjIyMjIyMjIyMjIyMjL/yQARCAAYABQDASIAAhEBAxEB
/8wACgAQEAUBEBEF/9oADAMBAAIRAxEAPwD/ALk5NxxfkH5oMOQodTrzXqndtF8cjCY30M/+jXU9E95DKUWWHqFLcCEK/wA5pm158I70PqPf7BMqVyrw
rzbu4r2s4bGcC9wV9xF/ublEqv/Z
"""
_XMP = b'<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:Description tiff:Orientation="6"/></x:xmpmeta>'


@dataclasses.dataclass(frozen=True)
class OddPhoto:
    """A photo's file and what must happen to it.

    Attributes:
        encoded: the file's bytes.
        shown: the picture on white, uint8 [H, W, 3]; None: the file must be refused.
        reason: a part of the message of the refusal.
        served: what an exported model does: "read", "not read", or "new": TensorFlow reads it from 2.19 on.
    """

    encoded: bytes
    shown: np.ndarray | None
    reason: str = ""
    served: str = "read"


def odd_photos() -> dict[str, OddPhoto]:
    """Returns all odd photos by file name."""
    return {**_pngs(), **_bmps(), **_tiffs(), **_gifs(), **_webps(), **_jpegs(), **_avif()}


def pillow(encoded: bytes) -> np.ndarray:
    """Decodes a file by Pillow, on white: uint8 [H, W, 3]."""
    with Image.open(io.BytesIO(encoded)) as image:
        white = Image.new("RGBA", image.size, "white")
        return np.asarray(Image.alpha_composite(white, image.convert("RGBA")).convert("RGB"))


def saved(image: Image.Image, form: str, **options) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, form, **options)
    return buffer.getvalue()


def _samples(bits: int, channels: int = 1) -> np.ndarray:
    kind = {32: np.uint32, 16: np.uint16}.get(bits, np.uint8)
    values = np.random.default_rng(bits + channels).integers(0, 2**bits, (SIDE, SIDE, channels))
    return values.astype(kind)


def _palette(bits: int) -> np.ndarray:
    return np.random.default_rng(bits).integers(0, 256, (2**bits, 3), dtype=np.uint8)


def _levels(samples: np.ndarray, bits: int) -> np.ndarray:
    """Converts samples of any number of bits to 8 bits."""
    return samples >> (bits - 8) if bits > 8 else samples.astype(int) * 255 // (2**bits - 1)


def _shown(colours: np.ndarray, alpha: np.ndarray | int = 255) -> np.ndarray:
    colours, alpha = np.asarray(colours, float), np.asarray(alpha, float) / 255
    flat = np.rint(colours * alpha + 255 * (1 - alpha)).astype(np.uint8)
    return np.broadcast_to(flat, (SIDE, SIDE, 3))


def _soft(colours: int = 3) -> Image.Image:
    """Draws a picture that JPEG compresses without visible loss."""
    small = np.random.default_rng(3).integers(0, 256, (3, 3, colours), dtype=np.uint8)
    return Image.fromarray(small).resize((SIDE, SIDE), Image.Resampling.BICUBIC)


def _cut_out() -> Image.Image:
    image = _soft(4)
    image.putalpha(Image.fromarray(np.where(np.indices((SIDE, SIDE)).sum(0) < SIDE, 0, 255).astype(np.uint8)))
    return image


def _pngs() -> dict[str, OddPhoto]:
    photos = {}
    for interlaced in (False, True):
        end = "-interlaced.png" if interlaced else ".png"
        for bits in (1, 2, 4, 8, 16):
            grey = _samples(bits)
            photos[f"grey-{bits}{end}"] = OddPhoto(
                png(grey, bits, 0, interlaced=interlaced), _shown(_levels(grey, bits))
            )
            encoded = png(grey, bits, 0, transparent=struct.pack(">H", grey[0, 0, 0]), interlaced=interlaced)
            shown = _shown(_levels(grey, bits), 255 * (grey != grey[0, 0]))
            photos[f"grey-{bits}-transparent{end}"] = OddPhoto(encoded, shown)
        for bits in (1, 2, 4, 8):
            places, palette = _samples(bits), _palette(bits)
            encoded = png(places, bits, 3, palette, interlaced=interlaced)
            photos[f"palette-{bits}{end}"] = OddPhoto(encoded, _shown(palette[places[..., 0]]))
            alpha = np.random.default_rng(1).integers(0, 256, 2**bits, dtype=np.uint8)
            encoded = png(places, bits, 3, palette, alpha.tobytes(), interlaced)
            shown = _shown(palette[places[..., 0]], alpha[places])
            photos[f"palette-{bits}-transparent{end}"] = OddPhoto(encoded, shown)
        # A palette of few levels, each with the alpha that TensorFlow assumes for a file without one.
        encoded = png(_samples(4), 4, 3, _palette(4), bytes([15]) * 16, interlaced)
        photos[f"palette-4-alpha-15{end}"] = OddPhoto(encoded, _shown(_palette(4)[_samples(4)[..., 0]], 15))
        for bits in (8, 16):
            rgb, rgba, grey = _samples(bits, 3), _samples(bits, 4), _samples(bits, 2)
            photos[f"rgb-{bits}{end}"] = OddPhoto(png(rgb, bits, 2, interlaced=interlaced), _shown(_levels(rgb, bits)))
            encoded = png(rgb, bits, 2, transparent=struct.pack(">3H", *rgb[0, 0]), interlaced=interlaced)
            alpha = 255 * (rgb != rgb[0, 0]).any(-1, keepdims=True)
            photos[f"rgb-{bits}-transparent{end}"] = OddPhoto(encoded, _shown(_levels(rgb, bits), alpha))
            for name, samples, kind in (("rgba", rgba, 6), ("grey-alpha", grey, 4)):
                levels = _levels(samples, bits)
                shown = _shown(levels[..., :-1], levels[..., -1:])
                photos[f"{name}-{bits}{end}"] = OddPhoto(png(samples, bits, kind, interlaced=interlaced), shown)
    frames = [_soft(), _soft().transpose(Image.Transpose.ROTATE_90)]
    animated = saved(frames[0], "PNG", save_all=True, append_images=frames[1:])
    photos["animated.png"] = OddPhoto(animated, None, "animated", "not read")
    bomb = bytearray(png(_samples(8), 8, 0))
    header = struct.pack(">IIBBBBB", 10_000, 10_000, 8, 0, 0, 0, 0)
    photos["bomb.png"] = OddPhoto(
        bytes(bomb[:8]) + png_chunk(b"IHDR", header) + bytes(bomb[33:]), None, "decompression bomb", "not read"
    )
    return photos


def _bmps() -> dict[str, OddPhoto]:
    photos = {}
    for bits in (1, 4, 8):
        places, palette = _samples(bits)[..., 0], _palette(bits)
        served = "read" if bits == 8 else "not read"
        photos[f"palette-{bits}.bmp"] = OddPhoto(bmp(places, bits, palette), _shown(palette[places]), "", served)
    places, palette = _samples(8)[..., 0], _palette(8)
    grey = np.repeat(np.arange(256, dtype=np.uint8)[:, None], 3, 1)
    photos["grey-8.bmp"] = OddPhoto(bmp(places, 8, grey), _shown(places[..., None]))
    photos["few-8.bmp"] = OddPhoto(bmp(places % 7, 8, palette[:7]), _shown(palette[places % 7]))
    encoded = bmp(places, 8, palette, run_length=True)
    photos["run-length-8.bmp"] = OddPhoto(encoded, _shown(palette[places]), "", "not read")
    few = _samples(15 + 1)[..., 0] % 2**15
    parts = np.stack([few >> 10, few >> 5 & 31, few & 31], -1)
    photos["rgb-16.bmp"] = OddPhoto(bmp(few, 16), _shown(parts * 255 // 31), "", "not read")
    for bits in (24, 32):
        colours = _samples(8, bits // 8)
        photos[f"rgb-{bits}.bmp"] = OddPhoto(bmp(colours, bits), _shown(colours[..., 2::-1]))
        encoded = bmp(colours, bits, top_down=True)
        photos[f"rgb-{bits}-top-down.bmp"] = OddPhoto(encoded, _shown(colours[..., 2::-1]))
    return photos


def _tiffs() -> dict[str, OddPhoto]:
    photos = {}
    for order, end in (("<", "-little.tiff"), (">", "-big.tiff")):
        for photometric, name in PHOTOMETRICS.items():
            for bits in (1, 2, 4, 8, 16):
                samples = _samples(bits)
                levels = _levels(samples, bits)
                shown = _shown(255 - levels if photometric == 0 else levels)
                encoded = tiff(samples, bits, photometric, order)
                if (bits, photometric, order) == (16, 0, ">"):
                    photos[f"grey-{bits}-{name}{end}"] = OddPhoto(encoded, None, "Pillow does not read", "not read")
                    continue
                photos[f"grey-{bits}-{name}{end}"] = OddPhoto(encoded, shown, "", "not read")
        fractions = np.random.default_rng(0).random((SIDE, SIDE, 1), np.float32)
        refused = {
            "whole-32": (tiff(_samples(32), 32, 1, order), "32-bit numbers"),
            "signed-16": (tiff(_samples(16), 16, 1, order, 2), "numbers with a sign"),
            "float-32": (tiff(fractions, 32, 1, order, 3), "floating-point numbers"),
        }
        for name, (encoded, reason) in refused.items():
            photos[f"{name}{end}"] = OddPhoto(encoded, None, reason, "not read")
        for bits in (8, 16):
            rgb = _samples(bits, 3)
            photos[f"rgb-{bits}{end}"] = OddPhoto(tiff(rgb, bits, 2, order), _shown(_levels(rgb, bits)), "", "not read")
        places, palette = _samples(8), _palette(8)
        encoded = tiff(places, 8, 3, order, palette=palette)
        photos[f"palette-8{end}"] = OddPhoto(encoded, _shown(palette[places[..., 0]]), "", "not read")
        turned = _shown(np.rot90(places, -1))
        photos[f"turned{end}"] = OddPhoto(tiff(places, 8, 1, order, more=[(274, 6)]), turned, "", "not read")
    return photos


def _gifs() -> dict[str, OddPhoto]:
    opaque = saved(_soft().quantize(16), "GIF")
    places = _soft().quantize(16)
    transparent = saved(places, "GIF", transparency=places.getpixel((0, 0)))
    animated = saved(_soft(), "GIF", save_all=True, append_images=[_soft().transpose(Image.Transpose.ROTATE_90)])
    return {
        "opaque.gif": OddPhoto(opaque, pillow(opaque)),
        "transparent.gif": OddPhoto(transparent, pillow(transparent), "", "not read"),
        "animated.gif": OddPhoto(animated, None, "animated", "not read"),
    }


def _webps() -> dict[str, OddPhoto]:
    photos = {}
    for lossless in (False, True):
        for name, image in (("opaque", _soft()), ("transparent", _cut_out())):
            encoded = saved(image, "WEBP", lossless=lossless, exact=True)
            key = f"{name}-{'lossless' if lossless else 'lossy'}.webp"
            photos[key] = OddPhoto(encoded, pillow(encoded), "", "new")
    animated = saved(_soft(), "WEBP", save_all=True, append_images=[_soft().transpose(Image.Transpose.ROTATE_90)])
    return {**photos, "animated.webp": OddPhoto(animated, None, "animated", "not read")}


def _jpegs() -> dict[str, OddPhoto]:
    soft, whole = _soft(), saved(_soft(), "JPEG", quality=90)
    good = {f"subsampling-{number}": saved(soft, "JPEG", subsampling=number) for number in (0, 1, 2)}
    good |= {"progressive": saved(soft, "JPEG", progressive=True), "grey": saved(soft.convert("L"), "JPEG")}
    good |= {"restarts": saved(soft, "JPEG", restart_marker_blocks=1), "xmp-turned": saved(soft, "JPEG", xmp=_XMP)}
    good |= {"grey-128": saved(Image.new("RGB", (SIDE, SIDE), (128, 128, 128)), "JPEG")}
    good |= {"arithmetic": base64.b64decode(_ARITHMETIC)}
    photos = {f"{name}.jpg": OddPhoto(encoded, pillow(encoded)) for name, encoded in good.items()}
    exif = Image.Exif()
    exif[0x0112] = 6
    turned = saved(soft, "JPEG", exif=exif)
    photos["exif-turned.jpg"] = OddPhoto(turned, np.rot90(pillow(turned), -1))
    frame = whole.find(b"\xff\xc0")
    lossless, deep = bytearray(whole), bytearray(whole)
    lossless[frame + 1], deep[frame + 4] = 0xC3, 12
    refused = {
        "cmyk": (saved(soft.convert("CMYK"), "JPEG"), "CMYK colours"),
        "lossless": (bytes(lossless), "a lossless JPEG"),
        "12-bit": (bytes(deep), "other than 8 bits"),
        **{name: (lossy, "image data is missing") for name, lossy in _lost().items()},
    }
    return photos | {
        f"{name}.jpg": OddPhoto(file, None, reason, "not read") for name, (file, reason) in refused.items()
    }


def _lost() -> dict[str, bytes]:
    """Returns JPEGs that lost scan data but still have the end marker."""
    small = np.random.default_rng(4).integers(0, 256, (15, 20, 3), dtype=np.uint8)
    large = Image.fromarray(small).resize((320, 240), Image.Resampling.BICUBIC)
    files = {}
    for name, options in (
        ("baseline", {}),
        ("progressive", {"progressive": True}),
        ("restarts", {"restart_marker_rows": 1}),
    ):
        encoded = saved(large, "JPEG", quality=90, **options)
        start = encoded.find(b"\xff\xda") + 14
        data = len(encoded) - start
        files[f"{name}-half"] = encoded[: start + data // 2] + b"\xff\xd9"
        files[f"{name}-fifth-cut-out"] = encoded[: start + data * 2 // 5] + encoded[start + data * 3 // 5 :]
    return files


def _avif() -> dict[str, OddPhoto]:
    Image.init()
    if "AVIF" not in Image.SAVE:
        return {}
    encoded = saved(_soft(), "AVIF")
    return {"opaque.avif": OddPhoto(encoded, pillow(encoded), "", "not read")}


def write_shop(folder: Path) -> int:
    """Writes the shop and returns the number of its items."""
    photos = odd_photos()
    (folder / "images").mkdir(parents=True)
    for name, photo in photos.items():
        (folder / "images" / name).write_bytes(photo.encoded)
    with (folder / "items.csv").open("w", newline="", encoding="utf-8") as file:
        table = csv.writer(file)
        table.writerow(["item_id", "image", "category"])
        table.writerows([name, f"images/{name}", name.rsplit(".")[-1]] for name in photos)
    names = list(photos)
    with (folder / "interactions.csv").open("w", newline="", encoding="utf-8") as file:
        table = csv.writer(file)
        table.writerow(["user_id", "item_id"])
        table.writerows([f"u{user}", names[(7 * user + step) % len(names)]] for user in range(40) for step in range(12))
    return len(names)


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit("usage: python -m tests.support.odd_photos FOLDER")
    print(f"{sys.argv[1]}: {write_shop(Path(sys.argv[1]))} items")
