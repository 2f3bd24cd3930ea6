"""Reads a JPEG's header and scans from its bytes, as `tfrecords.photos.jpeg_check` does inside a graph.

For the small photos of shops the graph takes ten times as long as decoding does, so the build reads them here. Both
must agree about every file; a test compares them on damaged ones.
"""

import itertools

import numpy as np

from tfrecords.photos.jpeg_check import (
    END_OF_IMAGE,
    FRAMES,
    HEADER_FAULTS,
    LOSSLESS,
    OTHER_DATA,
    PROGRESSIVE,
    RESTART_INTERVAL,
    RESTARTS,
    SEQUENTIAL,
    START_OF_SCAN,
)
from tfrecords.photos.photo_bytes import BEHIND, MOST_STEPS


class JpegBytes:
    """The bytes of one file that begins like a JPEG.

    Args:
        encoded: the bytes.

    Raises:
        IndexError, ZeroDivisionError, ValueError: from its methods, for a header that contradicts itself.
    """

    def __init__(self, encoded: bytes) -> None:
        self._encoded, self._end = encoded, len(encoded)
        self._data = encoded + bytes(BEHIND)  # zeros for fields that a truncated file lacks
        self._frame = self._segment(2, FRAMES)
        self._kind, self._components = self._data[self._frame + 1], self._data[self._frame + 9]

    def header_fault(self) -> str:
        """Returns why the file cannot be used, from its header; "" if it can."""
        found = (
            self._frame >= self._end,
            self._kind in LOSSLESS,
            self._data[self._frame + 4] != 8,
            self._components == 4,
        )
        return next((fault for is_so, fault in zip(found, HEADER_FAULTS, strict=True) if is_so), "")

    def scans(self, small: np.ndarray) -> tuple[bool, bool]:
        """Returns whether the scans are complete, and whether data may be missing within one, as `jpeg_scans`.

        Args:
            small: the decoded picture at an eighth of its size, grey, uint8 [H / 8, W / 8].
        """
        places, codes = self._markers()
        if self._kind in SEQUENTIAL:
            interval, rows, columns = self._ends()
            restarts = np.count_nonzero((codes >= RESTARTS[0]) & (codes <= RESTARTS[1]))
            height, width = small.shape
            shown = small[np.minimum(rows, height - 1), np.minimum(columns, width - 1)]
            return bool(interval == 0 or restarts >= len(rows) - 1), bool((shown == 128).any())
        if self._kind == PROGRESSIVE:
            return self._is_complete_progressive(places[codes == START_OF_SCAN]), True
        return True, False

    def lengthened(self) -> bytes:
        """Returns the file with data appended to each scan and to each part before a restart."""
        # The first marker begins the first scan; no data precedes it.
        cuts = [0, *self._markers()[0][1:].tolist(), self._end]
        return OTHER_DATA.join(self._encoded[start:end] for start, end in itertools.pairwise(cuts))

    def _number(self, place: int, count: int) -> int:
        return int.from_bytes(self._data[place : place + count], "big")

    def _segment(self, start: int, wanted: tuple[int, ...]) -> int:
        """Returns the offset (of byte 255) of the next segment with one of these markers; the file's length if none."""
        place = min(start, self._end)
        for _ in range(MOST_STEPS):
            if place >= self._end:
                return self._end
            marker = self._data[place] == 255
            if marker and self._data[place + 1] in wanted:
                return place
            # Bytes that are no marker are skipped one by one, as decoders do.
            is_segment = marker and self._data[place + 1] != 255
            place += 2 + self._number(place + 2, 2) if is_segment else 1
        return self._end

    def _markers(self) -> tuple[np.ndarray, np.ndarray]:
        """Returns offsets and codes of the markers from the first scan to the end of the image."""
        scan = self._segment(self._frame, (START_OF_SCAN,))
        rest = np.frombuffer(self._data, np.uint8)[scan:]
        first, second = rest[:-1], rest[1:]
        places = np.flatnonzero((first == 255) & (second != 0) & (second != 255))
        codes = second[places]
        ends = np.flatnonzero(codes == END_OF_IMAGE)
        until = int(ends[0]) + 1 if len(ends) else len(codes)
        return places[:until] + scan, codes[:until]

    def _is_complete_progressive(self, scans: np.ndarray) -> bool:
        """Returns whether each component has its last bits, and each scan of finer bits follows its coarser one."""
        data = np.frombuffer(self._data, np.uint8)
        tails = scans + 2 + data[scans + 3]
        first, last, bits = (data[tails - place].astype(np.int64) for place in (3, 2, 1))
        finished = np.count_nonzero((last == 63) & (bits % 16 == 0)) >= self._components
        # A scan has each coefficient's bits from one position, 0 for the top, to a lower one: they add up to 0.
        places = np.arange(64)
        covers = (first[:, None] <= places) & (places <= last[:, None])
        came = covers * (bits % 16 - bits // 16)[:, None]
        ids = data[self._frame + 10 : self._frame + 10 + 3 * self._components : 3]
        of = ids[:, None] == data[scans + 5]
        return bool(finished and (of.astype(np.int64) @ came == 0).all())

    def _ends(self) -> tuple[int, np.ndarray, np.ndarray]:
        """Returns the restart interval (0: none) and the last units before a restart or the end, as rows and columns.

        A row or column has 8 pixels. For a file with several scans, only the end.
        """
        scan = self._segment(self._frame, (START_OF_SCAN,))
        definition = self._segment(2, (RESTART_INTERVAL, START_OF_SCAN))
        one_scan = definition < scan and self._data[scan + 4] == self._components
        interval = self._number(definition + 4, 2) if one_scan else 0
        # A unit is 8 x 8 pixels times the largest sampling factors; with a single component these do not count.
        sampling = self._data[self._frame + 11 : self._frame + 11 + 3 * self._components : 3]
        several = self._components > 1
        down = max(one % 16 for one in sampling) if several else 1
        across = max(one // 16 for one in sampling) if several else 1
        rows = -(-self._number(self._frame + 5, 2) // (8 * down))
        columns = -(-self._number(self._frame + 7, 2) // (8 * across))
        step = interval if interval > 0 else rows * columns
        ends = np.minimum(np.arange(step, rows * columns + step, step), rows * columns) - 1
        return interval, ends // columns * down, ends % columns * across
