"""Formats tables for the terminal."""

from collections.abc import Sequence

from tfrecords.errors import one_line


def render(headers: Sequence[str], rows: Sequence[Sequence[object]], left: Sequence[int] = (0,)) -> str:
    """Returns a table as text: headers, a rule, one line per row, columns two spaces apart.

    Args:
        headers: one per column.
        rows: the cells, converted by ``str``; control characters are escaped.
        left: the columns that are aligned to the left; the others are aligned to the right.
    """
    cells = [[one_line(str(cell)) for cell in row] for row in rows]
    widths = [max(len(row[column]) for row in [list(headers), *cells]) for column in range(len(headers))]

    def line(row: Sequence[str]) -> str:
        padded = (
            text.ljust(width) if column in left else text.rjust(width)
            for column, (text, width) in enumerate(zip(row, widths, strict=True))
        )
        return "  ".join(padded).rstrip()

    return "\n".join([line(headers), "  ".join("-" * width for width in widths), *map(line, cells)])
