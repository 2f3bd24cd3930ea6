"""Reads a JPEG's header and checks that its scans are complete, inside a graph.

libjpeg replaces missing scan data by grey and warns, but neither TensorFlow nor Pillow passes the warning on.
"""

import tensorflow as tf

from tfrecords.photos.photo_bytes import bytes_of, end_of, number, walk

FRAMES = tuple(marker for marker in range(0xC0, 0xD0) if marker not in (0xC4, 0xC8, 0xCC))
LOSSLESS = (0xC3, 0xC7, 0xCB, 0xCF)
SEQUENTIAL, PROGRESSIVE = (0xC0, 0xC1), 0xC2
START_OF_SCAN, RESTART_INTERVAL, END_OF_IMAGE = 0xDA, 0xDD, 0xD9
RESTARTS = (0xD0, 0xD7)
HEADER_FAULTS = (
    "corrupt or cut short (no frame header)",
    "a lossless JPEG, a baseline or progressive one expected",
    "a JPEG of other than 8 bits a colour, 8 expected",
    "CMYK colours, RGB or grey expected",
)
# Entropy-coded data that does not decode to grey: any bytes except 255, which begins a marker.
OTHER_DATA = bytes(range(255)) * 2


def jpeg_header(encoded: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor, tf.Tensor]:
    """Reads a JPEG's size, and why it cannot be used, from its header.

    Args:
        encoded: scalar string, bytes that begin like a JPEG.

    Returns:
        (height and width int64 scalars, 0 without a frame header; the reason, a string scalar, '' if it can be used).
    """
    data = bytes_of(encoded)
    frame = _segment(data, 2, FRAMES)
    kind, components = number(data, frame + 1, 1), number(data, frame + 9, 1)
    found = [frame >= end_of(data), _among(kind, LOSSLESS), number(data, frame + 4, 1) != 8, components == 4]
    fault = tf.constant("")
    for is_so, name in reversed(list(zip(found, HEADER_FAULTS, strict=True))):
        fault = tf.where(is_so, name, fault)
    return number(data, frame + 5, 2), number(data, frame + 7, 2), fault


def is_whole_jpeg(encoded: tf.Tensor) -> tf.Tensor:
    """Returns whether the scans hold the whole picture: bool scalar.

    libjpeg writes a warning to the error stream for each file that is decoded with appended data (`jpeg_scans`).

    Args:
        encoded: scalar string, a JPEG that passes `jpeg_header`.

    Raises:
        tf.errors.InvalidArgumentError: it cannot be decoded; in a graph, when it runs.
    """
    complete, suspect, longer = jpeg_scans(encoded)

    def alike() -> tf.Tensor:
        # Half the size shows the loss of any scan; an eighth shows only that of a progressive file's first scans.
        return tf.reduce_all(tf.io.decode_jpeg(encoded, ratio=2) == tf.io.decode_jpeg(longer, ratio=2))

    return complete & tf.cond(suspect, alike, lambda: True)


def jpeg_scans(encoded: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor, tf.Tensor]:
    """Checks a JPEG's scans as far as possible without decoding all of them.

    Data appended to a scan shows a loss: if the scan was complete, a decoder does not read the appended data and
    returns the same picture; if data was missing, it decodes the appended data instead of filling with grey. In an
    arithmetic-coded file a loss cannot be detected, because encoders leave out last bytes that are 0.

    Args:
        encoded: as in `is_whole_jpeg`.

    Returns:
        complete: bool scalar, whether no restart marker and no progressive scan is missing.
        suspect: bool scalar, whether data may be missing within a scan: in a sequential file the last unit before a
            restart or the end is the grey of exactly 128 that libjpeg uses for lost units; in a progressive file there
            is no such sign, so it is always true.
        longer: string scalar, the file with data appended to each scan and to each part before a restart.

    Raises:
        tf.errors.InvalidArgumentError: as for `is_whole_jpeg`.
    """
    data = bytes_of(encoded)
    frame = _segment(data, 2, FRAMES)
    kind, scan = number(data, frame + 1, 1), _segment(data, frame, (START_OF_SCAN,))
    small = tf.cast(tf.io.decode_jpeg(encoded, channels=1, ratio=8)[..., 0], tf.int32)
    markers, codes = _markers(data, scan)

    def sequential() -> tuple[tf.Tensor, tf.Tensor]:
        interval, ends = _ends(data, frame, scan)
        restarts = tf.math.count_nonzero((codes >= RESTARTS[0]) & (codes <= RESTARTS[1]))
        complete = (restarts >= tf.size(ends[:, 0], tf.int64) - 1) | (interval == 0)
        shown = tf.gather_nd(small, tf.minimum(ends, tf.shape(small, tf.int64) - 1))
        return complete, tf.reduce_any(shown == 128)

    def progressive() -> tuple[tf.Tensor, tf.Tensor]:
        return _is_complete_progressive(data, frame, markers[codes == START_OF_SCAN]), tf.constant(True)

    cases = [(_among(kind, SEQUENTIAL), sequential), (kind == PROGRESSIVE, progressive)]
    complete, suspect = tf.case(cases, default=lambda: (tf.constant(True), tf.constant(False)))
    return complete, suspect, _lengthened(encoded, markers)


def _among(value: tf.Tensor, wanted: tuple[int, ...]) -> tf.Tensor:
    return tf.reduce_any(value == tf.constant(wanted, tf.int64))


def _segment(data: tf.Tensor, start: int | tf.Tensor, wanted: tuple[int, ...]) -> tf.Tensor:
    """Returns the offset (of byte 255) of the next segment with one of these markers; the file's length if none."""

    def step(place: tf.Tensor) -> tf.Tensor:
        # Bytes that are no marker are skipped one by one, as decoders do.
        is_marker = (number(data, place, 1) == 255) & (number(data, place + 1, 1) != 255)
        return place + tf.where(is_marker, 2 + number(data, place + 2, 2), 1)

    def found(place: tf.Tensor) -> tf.Tensor:
        return (number(data, place, 1) == 255) & _among(number(data, place + 1, 1), wanted)

    return walk(data, start, step, found)


def _markers(data: tf.Tensor, start: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
    """Returns offsets and codes of the markers from the first scan to the end of the image, int64 [m] and uint8 [m]."""
    rest = data[tf.minimum(start, tf.size(data, tf.int64)) :]
    first, second = rest[:-1], rest[1:]
    places = tf.where((first == 255) & (second != 0) & (second != 255))[:, 0]
    codes = tf.gather(second, places)
    before_end = tf.cumsum(tf.cast(codes == END_OF_IMAGE, tf.int32), exclusive=True) == 0
    return places[before_end] + start, codes[before_end]


def _is_complete_progressive(data: tf.Tensor, frame: tf.Tensor, scans: tf.Tensor) -> tf.Tensor:
    """Returns whether each component has its last bits, and each scan of finer bits follows its coarser one."""
    tails = scans + 2 + tf.cast(tf.gather(data, scans + 3), tf.int64)
    first, last, bits = (tf.cast(tf.gather(data, tails - place), tf.int64) for place in (3, 2, 1))
    components = number(data, frame + 9, 1)
    finished = tf.math.count_nonzero((last == 63) & (bits % 16 == 0)) >= components
    # A scan has each coefficient's bits from one position, 0 for the top, to a lower one: the positions add up to 0.
    places = tf.range(64, dtype=tf.int64)
    covers = (first[:, None] <= places) & (places <= last[:, None])
    came = tf.cast(covers, tf.int64) * (bits % 16 - bits // 16)[:, None]
    of = data[frame + 10 : frame + 10 + 3 * components : 3][:, None] == tf.gather(data, scans + 5)
    return finished & tf.reduce_all(tf.reduce_sum(tf.cast(of, tf.int64)[..., None] * came, 1) == 0)


def _lengthened(encoded: tf.Tensor, markers: tf.Tensor) -> tf.Tensor:
    # The first marker begins the first scan; no data precedes it.
    markers = markers[1:]
    starts = tf.concat([[0], markers], 0)
    ends = tf.concat([markers, [tf.cast(tf.strings.length(encoded), tf.int64)]], 0)
    return tf.strings.reduce_join(tf.strings.substr(encoded, starts, ends - starts), separator=OTHER_DATA)


def _ends(data: tf.Tensor, frame: tf.Tensor, scan: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
    """Returns the restart interval (0: none) and the last units before a restart or the end, as rows and columns.

    A row or column has 8 pixels.

    For a file with several scans, only the end.
    """
    definition = _segment(data, 2, (RESTART_INTERVAL, START_OF_SCAN))
    components = number(data, frame + 9, 1)
    one_scan = (definition < scan) & (number(data, scan + 4, 1) == components)
    interval = tf.where(one_scan, number(data, definition + 4, 2), 0)
    # A unit is 8 x 8 pixels times the largest sampling factors; with a single component these do not count.
    sampling = tf.cast(data[frame + 11 : frame + 11 + 3 * components : 3], tf.int64)
    several = tf.cast(components > 1, tf.int64)
    down, across = (1 + several * (tf.reduce_max(factor) - 1) for factor in (sampling % 16, sampling // 16))
    rows, columns = (_parts(number(data, frame + 5, 2), 8 * down), _parts(number(data, frame + 7, 2), 8 * across))
    step = tf.where(interval > 0, interval, rows * columns)
    ends = tf.minimum(tf.range(step, rows * columns + step, step), rows * columns) - 1
    return interval, tf.stack([ends // columns * down, ends % columns * across], 1)


def _parts(whole: tf.Tensor, part: tf.Tensor) -> tf.Tensor:
    return -(-whole // part)
