"""Writes PNG, BMP and TIFF files with any number of bits, of which Pillow supports few."""

import struct
import zlib

import numpy as np

_ADAM7 = ((0, 0, 8, 8), (0, 4, 8, 8), (4, 0, 8, 4), (0, 2, 4, 4), (2, 0, 4, 2), (0, 1, 2, 2), (1, 0, 2, 1))


def packed(samples, bits, order=">"):
    """Packs rows of samples, [H, n], into bytes, from the highest bit; each row is padded to a whole byte."""
    if bits >= 8:
        kind = {8: "u1", 16: "u2", 32: "u4"}[bits] if samples.dtype.kind == "u" else samples.dtype.str[1:]
        return [row.tobytes() for row in samples.astype(order + kind)]
    split = (samples[..., None] >> np.arange(bits - 1, -1, -1)) & 1
    return [np.packbits(row.astype(np.uint8)).tobytes() for row in split.reshape(len(samples), -1)]


def png_chunk(kind, data):
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def png(samples, bits, kind, palette=None, transparent=None, interlaced=False):
    """Returns a PNG file.

    Args:
        samples: unsigned [H, W, channels].
        bits: bits per sample.
        kind: the format's colour type.
        palette: uint8 [n, 3].
        transparent: the bytes of the tRNS chunk.
        interlaced: whether to interlace by Adam7.
    """
    height, width, channels = samples.shape
    parts = [samples[top::down, left::across] for top, left, down, across in _ADAM7] if interlaced else [samples]
    rows = [
        b"\0" + row
        for part in parts
        if part.size
        for row in packed(part.reshape(len(part), part.shape[1] * channels), bits)
    ]
    chunks = [png_chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, bits, kind, 0, 0, interlaced))]
    if palette is not None:
        chunks.append(png_chunk(b"PLTE", palette.tobytes()))
    if transparent is not None:
        chunks.append(png_chunk(b"tRNS", transparent))
    chunks += [png_chunk(b"IDAT", zlib.compress(b"".join(rows))), png_chunk(b"IEND", b"")]
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunks)


def bmp(samples, bits, palette=None, top_down=False, run_length=False):
    """Returns a BMP file of samples [H, W] with a palette uint8 [n, 3], [H, W] of 16 bits, or [H, W, 3 or 4]."""
    height, width = samples.shape[:2]
    if run_length:
        lines = [b"".join(bytes([1, value]) for value in row) + b"\0\0" for row in samples[::-1]]
        data = b"".join(lines) + b"\0\1"
    else:
        lines = packed(samples.reshape(height, -1), min(bits, 8) if bits != 16 else 16, "<")
        data = b"".join(line + bytes(-len(line) % 4) for line in (lines if top_down else lines[::-1]))
    colours = b"" if palette is None else np.pad(palette[:, ::-1], [[0, 0], [0, 1]]).astype(np.uint8).tobytes()
    start = 14 + 40 + len(colours)
    count = 0 if palette is None else len(palette)
    header = struct.pack(
        "<IiiHHIIiiII", 40, width, -height if top_down else height, 1, bits, run_length, len(data), 0, 0, count, 0
    )
    return b"BM" + struct.pack("<IHHI", start + len(data), 0, 0, start) + header + colours + data


def tiff(samples, bits, photometric, order="<", kind=1, palette=None, more=()):
    """Returns a TIFF file with one uncompressed strip.

    Args:
        samples: [H, W, channels].
        bits: bits per sample.
        photometric: 0: white is 0, 1: black is 0, 2: RGB, 3: palette.
        order: byte order, "<" or ">".
        kind: kind of numbers, 1: unsigned, 2: signed, 3: floating-point.
        palette: uint8 [2^bits, 3].
        more: further pairs (tag, value) of 16 bits.
    """
    height, width, channels = samples.shape
    data = b"".join(packed(samples.reshape(height, -1), bits, order))
    tags = {256: [width], 257: [height], 258: [bits] * channels, 259: [1], 262: [photometric], 277: [channels]}
    tags |= {278: [height], 339: [kind] * channels, **{tag: [value] for tag, value in more}}
    if palette is not None:
        tags[320] = [int(value) * 257 for value in palette.T.ravel()]
    extra, entries = b"", b""
    count = len(tags) + 2
    behind = 8 + 2 + 12 * count + 4
    for tag in sorted([*tags, 273, 279]):
        if tag in (273, 279):
            # The strip is at the end, after all values that do not fit into their entries.
            size = sum(2 * len(values) for values in tags.values() if len(values) > 2)
            entries += struct.pack(order + "HHII", tag, 4, 1, behind + size if tag == 273 else len(data))
            continue
        values = struct.pack(f"{order}{len(tags[tag])}H", *tags[tag])
        entries += struct.pack(order + "HHI", tag, 3, len(tags[tag]))
        if len(values) > 4:
            entries += struct.pack(order + "I", behind + len(extra))
            extra += values
        else:
            entries += values.ljust(4, b"\0")
    start = (b"II*\0" if order == "<" else b"MM\0*") + struct.pack(order + "I", 8)
    return start + struct.pack(order + "H", count) + entries + bytes(4) + extra + data
