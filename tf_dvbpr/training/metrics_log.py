"""Reads and writes metrics.jsonl, which has one line per validation."""

import json
import math
import os
from pathlib import Path

from tfrecords.files.atomic_file import whole_file

_AS_BYTES = "surrogateescape"  # Bytes that are not UTF-8 are written back unchanged.


class MetricsLog:
    """Appends to a file of JSON lines, each with its ``step``."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def cut_after(self, step: int) -> None:
        """Removes lines after `step`, and broken lines after the last remaining line; a resumed run writes them again.

        A kill leaves such a half-written line. Earlier broken lines are damage: they stay, and `remark` names them.
        """
        if not self._path.exists():
            return
        lines = self._lines()
        kept = [_step_of(line) is None or _step_of(line) <= step for line in lines]
        whole = [number for number, line in enumerate(lines, 1) if kept[number - 1] and _step_of(line) is not None]
        last = max(whole, default=0)
        stay = [line for line, keep in zip(lines[:last], kept, strict=False) if keep]
        with whole_file(self._path) as temporary:
            temporary.write_text("".join(f"{line}\n" for line in stay), encoding="utf-8", errors=_AS_BYTES)

    def append(self, line: dict) -> None:
        """Appends one line and waits until it is on disk."""
        with self._path.open("a") as file:
            file.write(json.dumps(line) + "\n")
            file.flush()
            os.fsync(file.fileno())

    def read(self) -> list[dict]:
        """Returns all complete lines."""
        if not self._path.exists():
            return []
        return [json.loads(line) for line in self._lines() if _step_of(line) is not None]

    def remark(self) -> str:
        """Returns a sentence about broken lines; "" if there are none, except perhaps the last line.

        A last line without a line end is half-written, as a killed run leaves it, and is no damage.
        """
        *whole, _ = self._text().split("\n") if self._path.exists() else [""]
        broken = [str(number) for number, line in enumerate(whole, 1) if _step_of(line) is None]
        if not broken:
            return ""
        which = f"line {broken[0]} is" if len(broken) == 1 else f"lines {', '.join(broken[:5])} are"
        which = which if len(broken) <= 5 else f"{len(broken)} lines, the first line {broken[0]}, are"
        return f"{self._path.name}: {which} damaged and left out"

    def _text(self) -> str:
        # Damage breaks a line, not the file. Unusual line ends may be part of the damage.
        return self._path.read_text(encoding="utf-8", errors=_AS_BYTES)

    def _lines(self) -> list[str]:
        lines = self._text().split("\n")
        return lines if lines[-1] else lines[:-1]


def _step_of(line: str) -> float | None:
    """Returns the step of a line, None for a broken line."""
    try:
        line.encode("utf-8")  # raises a ValueError for bytes that are not UTF-8
        step = float(json.loads(line)["step"])
    except (ValueError, KeyError, TypeError, OverflowError, RecursionError):
        return None
    return step if math.isfinite(step) else None
