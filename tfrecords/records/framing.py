"""Finds the records of a TFRecord file, and the offset at which a damaged file becomes unreadable.

A record is its length (uint64), the masked CRC-32C of that length, the data and the masked CRC-32C of the data, all
little-endian. Source: TensorFlow's ``core/lib/io/record_writer.h``.
"""

import mmap
import struct
from pathlib import Path

_LENGTH = struct.Struct("<QI")
_FOOTER = 4
_POLYNOMIAL = 0x82F63B78  # the Castagnoli polynomial, reflected


def record_offsets(path: Path) -> tuple[list[int], int | None]:
    """Walks the lengths of a TFRecord file without reading its data.

    Returns:
        The byte offset of each complete record, and the offset of the first record that is cut short or has a wrong
        length (None if the file ends at the end of a record).
    """
    offsets = []
    size = path.stat().st_size
    if size == 0:
        return offsets, None
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as view:
        offset = 0
        while offset < size:
            if offset + _LENGTH.size > size:
                return offsets, offset
            length, checksum = _LENGTH.unpack_from(view, offset)
            after = offset + _LENGTH.size + length + _FOOTER
            if checksum != _masked_crc(view[offset : offset + 8]) or after > size:
                return offsets, offset
            offsets.append(offset)
            offset = after
    return offsets, None


def read_record(path: Path, offset: int) -> bytes | None:
    """Returns the data of the record at `offset`, or None if its checksum is wrong."""
    with path.open("rb") as file:
        file.seek(offset)
        length, _ = _LENGTH.unpack(file.read(_LENGTH.size))
        data = file.read(length)
        (checksum,) = struct.unpack("<I", file.read(_FOOTER))
    return data if checksum == _masked_crc(data) else None


def data_at(view: mmap.mmap, offset: int) -> bytes:
    """Returns the data of the record at `offset` of a mapped file; does not compare its checksum."""
    length, _ = _LENGTH.unpack_from(view, offset)
    start = offset + _LENGTH.size
    return view[start : start + length]


def find_damage(path: Path) -> int | None:
    """Returns the byte offset of the first record that is cut short or altered; None if all records are intact."""
    import tensorflow as tf

    offsets, broken = record_offsets(path)
    whole = 0
    try:
        # TensorFlow checks the checksums of the data much faster than Python could.
        for _ in tf.data.TFRecordDataset(str(path)):
            whole += 1
    except tf.errors.DataLossError:
        return offsets[whole] if whole < len(offsets) else broken
    return broken


def _crc_table() -> list[int]:
    table = []
    for byte in range(256):
        for _ in range(8):
            byte = (byte >> 1) ^ (_POLYNOMIAL if byte & 1 else 0)
        table.append(byte)
    return table


_TABLE = _crc_table()


def _masked_crc(data: bytes) -> int:
    crc = 0xFFFFFFFF
    for byte in data:
        crc = (crc >> 8) ^ _TABLE[(crc ^ byte) & 0xFF]
    crc ^= 0xFFFFFFFF
    return (((crc >> 15) | (crc << 17)) + 0xA282EAD8) & 0xFFFFFFFF
