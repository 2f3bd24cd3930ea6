"""Defines `RequestError`, the exception for requests that are wrong or cannot be answered now."""

from tfrecords.errors import one_line


class RequestError(Exception):
    """A request that gets an HTTP status other than 200; messages are TensorFlow Serving's, if it has the same case.

    Attributes:
        status: the HTTP status.
        message: one line.
    """

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status, self.message = status, one_line(message)


# TensorFlow's error code (google.rpc.Code) to the HTTP status that TensorFlow Serving sends.
STATUS_OF_CODE = {
    1: 499,
    3: 400,
    4: 504,
    5: 404,
    6: 409,
    7: 403,
    8: 429,
    9: 400,
    10: 409,
    11: 400,
    12: 501,
    14: 503,
    16: 401,
}
