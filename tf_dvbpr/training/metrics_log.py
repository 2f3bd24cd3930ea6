"""metrics.jsonl: a line an evaluation."""

import json
import math
import os
from pathlib import Path

from tfrecords.files.atomic_file import whole_file

_AS_BYTES = "surrogateescape"  # Bytes that are no UTF-8 are written back as they were read.


class MetricsLog:
    """Appends to a file of JSON lines, each with its ``step``."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def cut_after(self, step: int) -> None:
        """Drops the lines past `step`, and broken ones after the last that stays: a resumed run writes them again.

        A kill leaves such a line half-written. Broken lines before that are damage: they stay, and `remark` names them.
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
        """Adds one line and sees it to the disk."""
        with self._path.open("a") as file:
            file.write(json.dumps(line) + "\n")
            file.flush()
            os.fsync(file.fileno())

    def read(self) -> list[dict]:
        """All whole lines."""
        if not self._path.exists():
            return []
        return [json.loads(line) for line in self._lines() if _step_of(line) is not None]

    def remark(self) -> str:
        """What is to be said of broken lines in a sentence, "" where there are none but perhaps the last.

        A last line without its end is half-written, as a killed run leaves it, and says nothing wrong.
        """
        *whole, _ = self._text().split("\n") if self._path.exists() else [""]
        broken = [str(number) for number, line in enumerate(whole, 1) if _step_of(line) is None]
        if not broken:
            return ""
        which = f"line {broken[0]} is" if len(broken) == 1 else f"lines {', '.join(broken[:5])} are"
        which = which if len(broken) <= 5 else f"{len(broken)} lines, the first line {broken[0]}, are"
        return f"{self._path.name}: {which} damaged and left out"

    def _text(self) -> str:
        # What is damaged is a broken line, not a broken file. Other line ends than ours may be part of what is broken.
        return self._path.read_text(encoding="utf-8", errors=_AS_BYTES)

    def _lines(self) -> list[str]:
        lines = self._text().split("\n")
        return lines if lines[-1] else lines[:-1]


def _step_of(line: str) -> float | None:
    """None for a broken line."""
    try:
        line.encode("utf-8")  # raises a ValueError for bytes that are no UTF-8
        step = float(json.loads(line)["step"])
    except (ValueError, KeyError, TypeError, OverflowError, RecursionError):
        return None
    return step if math.isfinite(step) else None
