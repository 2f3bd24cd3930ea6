"""Reads a run's metrics.jsonl as curves."""

import dataclasses
from collections.abc import Sequence

from tf_dvbpr.report.curves import Line
from tf_dvbpr.report.json_input import as_written_by
from tf_dvbpr.training.metrics_log import MetricsLog
from tf_dvbpr.workdir import Workdir

_UNITS = ("photos", "triplets", "step")


@dataclasses.dataclass(frozen=True)
class History:
    """The validations of a run, in order.

    Attributes:
        lines: the lines of metrics.jsonl.
        unit: the unit of the x axis: ``photos``, ``triplets`` or ``step``.
        remark: a sentence on damaged lines; "" if there are none.
    """

    lines: list[dict]
    unit: str
    remark: str = ""

    @classmethod
    def of(cls, workdir: Workdir) -> "History":
        """Reads the file; a model that is not trained in steps has no lines. Raises InputError if it cannot be read."""
        file = workdir.path / "metrics.jsonl"
        log = MetricsLog(file)
        lines = log.read()
        with as_written_by("the training", file):
            unit = next((name for name in _UNITS if lines and all(name in line for line in lines)), "step")
            for line in lines:
                float(line[unit]), line.get("loss", {}).items()
        return cls(lines, unit, log.remark())

    @property
    def best(self) -> dict | None:
        """Returns the line of the best validation; None before the first."""
        return next((line for line in reversed(self.lines) if line.get("best")), None)

    def figure(self, prefix: str, line: dict | None = None) -> float | None:
        """Returns a figure of the best (or given) line by its name, or by the part before a slash; None if missing."""
        line = self.best if line is None else line
        found = [value for name, value in (line or {}).items() if name == prefix or name.startswith(f"{prefix}/")]
        return found[0] if found else None

    def curve(self, name: str, key: str) -> Line:
        """Returns the curve of one figure, or of the part ``loss.KEY`` of the loss."""
        part = key.removeprefix("loss.")
        return Line(
            name,
            [
                (float(line[self.unit]), line.get("loss", {}).get(part) if part != key else self.figure(key, line))
                for line in self.lines
            ],
        )

    def losses(self) -> list[str]:
        """Returns the names of the loss's parts in the order of their first line; an imported checkpoint has none."""
        return list(dict.fromkeys(name for line in self.lines for name in line.get("loss", {})))

    def thinned(self, most: int) -> Sequence[dict]:
        """Returns at most about `most` evenly spaced lines for a table, including the best and the last."""
        every = max(1, -(-len(self.lines) // most))
        last = len(self.lines) - 1
        return [line for i, line in enumerate(self.lines) if i % every == 0 or i == last or line is self.best]
