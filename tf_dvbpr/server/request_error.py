"""The one exception that means: the request, not the server, is at fault, or cannot be answered now."""

from tfrecords.errors import one_line


class RequestError(Exception):
    """An answer with an HTTP status that is not 200, as TensorFlow Serving words it where it has the same.

    Attributes:
        status: of HTTP.
        message: one line.
    """

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status, self.message = status, one_line(message)


# From TensorFlow's codes of errors (google.rpc.Code) to the status that TensorFlow Serving answers with.
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
