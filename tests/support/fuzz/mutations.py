"""Damages bytes and lines. Each function takes a random generator and bytes; it returns (what it did, new bytes)."""

from collections.abc import Callable, Sequence

import numpy as np

Mutation = tuple[str, bytes]


def any_of(draw: np.random.Generator, options: Sequence) -> object:
    """Draws one of `options` uniformly."""
    return options[int(draw.integers(len(options)))]


def flip(draw: np.random.Generator, data: bytes) -> Mutation:
    """Flips one bit."""
    at, bit = int(draw.integers(len(data))), int(draw.integers(8))
    return f"bit {bit} of byte {at} flipped", data[:at] + bytes([data[at] ^ 1 << bit]) + data[at + 1 :]


def truncate(draw: np.random.Generator, data: bytes) -> Mutation:
    """Cuts everything from some byte on."""
    at = int(draw.integers(len(data)))
    return f"cut at byte {at} of {len(data)}", data[:at]


def drop(draw: np.random.Generator, data: bytes) -> Mutation:
    """Removes a span."""
    start, end = _span(draw, data)
    return f"bytes {start}..{end} dropped", data[:start] + data[end:]


def repeat(draw: np.random.Generator, data: bytes) -> Mutation:
    """Repeats a span."""
    start, end = _span(draw, data)
    return f"bytes {start}..{end} twice", data[:end] + data[start:]


def blank(draw: np.random.Generator, data: bytes) -> Mutation:
    """Fills a span with zeros, as after a power cut."""
    start, end = _span(draw, data)
    return f"bytes {start}..{end} zeroed", data[:start] + bytes(end - start) + data[end:]


def insert(draw: np.random.Generator, data: bytes) -> Mutation:
    """Inserts random bytes."""
    at, more = int(draw.integers(len(data) + 1)), draw.bytes(int(draw.integers(1, 9)))
    return f"{more!r} inserted at byte {at}", data[:at] + more + data[at:]


def append(draw: np.random.Generator, data: bytes) -> Mutation:
    """Appends zeros or random bytes."""
    more = bytes(int(draw.integers(1, 64))) if draw.integers(2) else draw.bytes(int(draw.integers(1, 64)))
    return f"{len(more)} bytes behind the end", data + more


def letter(draw: np.random.Generator, data: bytes) -> Mutation:
    """Changes a letter or digit."""
    places = [at for at, byte in enumerate(data) if chr(byte).isalnum()]
    if not places:
        return flip(draw, data)
    at = any_of(draw, places)
    kinds = (b"0123456789", b"abcdefghijklmnopqrstuvwxyz", b"ABCDEFGHIJKLMNOPQRSTUVWXYZ")
    kind = next((kind for kind in kinds if data[at] in kind), kinds[1])
    new = any_of(draw, kind)
    return f"byte {at} {chr(data[at])!r} -> {chr(new)!r}", data[:at] + bytes([new]) + data[at + 1 :]


def swap_lines(draw: np.random.Generator, data: bytes) -> Mutation:
    """Swaps two lines."""
    lines = data.splitlines(keepends=True)
    if len(lines) < 2:
        return flip(draw, data)
    one, two = (int(at) for at in draw.choice(len(lines), 2, replace=False))
    lines[one], lines[two] = lines[two], lines[one]
    return f"lines {one + 1} and {two + 1} swapped", b"".join(lines)


def repeat_line(draw: np.random.Generator, data: bytes) -> Mutation:
    """Repeats a line."""
    lines = data.splitlines(keepends=True) or [b""]
    at = int(draw.integers(len(lines)))
    return f"line {at + 1} twice", b"".join(lines[: at + 1] + lines[at:])


def drop_line(draw: np.random.Generator, data: bytes) -> Mutation:
    """Removes a line."""
    lines = data.splitlines(keepends=True) or [b""]
    at = int(draw.integers(len(lines)))
    return f"line {at + 1} dropped", b"".join(lines[:at] + lines[at + 1 :])


BINARY = (flip, flip, flip, truncate, drop, repeat, blank, insert, append)
TEXT = (*BINARY, letter, letter, letter, swap_lines, repeat_line, drop_line)


def damage(draw: np.random.Generator, data: bytes, kinds: Sequence[Callable] = BINARY) -> Mutation:
    """Applies one of `kinds`, drawn uniformly."""
    return any_of(draw, kinds)(draw, data)


def _span(draw: np.random.Generator, data: bytes) -> tuple[int, int]:
    start = int(draw.integers(len(data)))
    longest = max(1, min(len(data) - start, 1 << int(draw.integers(1, 12))))
    return start, start + int(draw.integers(1, longest + 1))
