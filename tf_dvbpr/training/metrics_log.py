"""metrics.jsonl: a line an evaluation."""

import json
import os
from pathlib import Path

from tfrecords.files.atomic_file import write_text


class MetricsLog:
    """Appends to a file of JSON lines, each with its ``step``."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def cut_after(self, step: int) -> None:
        """Drops the lines past `step`, and one that a kill left half-written: a resumed run writes them again."""
        if not self._path.exists():
            return
        kept = [line for line in self._lines() if _step_of(line) <= step]
        write_text(self._path, "".join(f"{line}\n" for line in kept))

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
        return [json.loads(line) for line in self._lines() if _step_of(line) < float("inf")]

    def _lines(self) -> list[str]:
        # What is damaged is a broken line, not a broken file.
        return self._path.read_text(errors="replace").splitlines()


def _step_of(line: str) -> float:
    try:
        return float(json.loads(line)["step"])
    except (ValueError, KeyError, TypeError):
        return float("inf")
