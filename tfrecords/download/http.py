"""Downloads one image from an http or https address, with limits on size and time, and names each kind of failure."""

import email.utils
import functools
import http.client
import socket
import ssl
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Mapping
from datetime import datetime, timezone
from typing import Any

USER_AGENT = "tf_dvbpr-download_photos (Python urllib; photos of a published research data set)"
_SCHEMES = ("http", "https")
_TRY_LATER = (408, 425, 429, 500, 502, 503, 504)
_BINARY = ("application/octet-stream", "binary/octet-stream")  # the content type that some stores give to every file
_BLOCK = 1 << 16
_WHOLE_TIMEOUTS = 3  # a photo may take this many timeouts in all, even if bytes keep arriving
_SAFE = "%/:=&?~#+!$,;'@()*[]"


class FetchError(Exception):
    """Why an address gave no image, in a few words.

    Attributes:
        transient: whether a retry may succeed.
        crowded: whether the server asked for fewer requests or is overloaded.
        retry_after: seconds that the server asks to wait; None if it does not ask.
        unresolved: whether the host's name does not resolve.
    """

    def __init__(
        self,
        reason: str,
        transient: bool = False,
        crowded: bool = False,
        retry_after: float | None = None,
        unresolved: bool = False,
    ):
        super().__init__(" ".join(reason.split()))
        self.transient = transient
        self.crowded = crowded
        self.retry_after = retry_after
        self.unresolved = unresolved


def fetch_image(url: str, timeout: float, max_bytes: int) -> bytes:
    """Returns the body of an answer whose content type is an image.

    Args:
        url: an http or https address; only redirects to such addresses are followed.
        timeout: seconds without a byte; the whole download may take `_WHOLE_TIMEOUTS` times as long.
        max_bytes: largest accepted body.

    Raises:
        FetchError: for every failure.
    """
    deadline = time.monotonic() + _WHOLE_TIMEOUTS * timeout
    request = urllib.request.Request(
        urllib.parse.quote(url, safe=_SAFE), headers={"User-Agent": USER_AGENT, "Accept": "image/*"}
    )
    try:
        host_of(url)
        with _opener().open(request, timeout=timeout) as response:
            _check_header(response.headers, max_bytes)
            return _read(response, max_bytes, deadline)
    except FetchError:
        raise
    except urllib.error.HTTPError as error:
        with error:
            raise _http_error(error) from error
    except urllib.error.URLError as error:
        raise _network_error(error.reason) from error
    except (http.client.InvalidURL, ValueError) as error:
        raise FetchError(f"no valid address ({error})") from error
    except (http.client.HTTPException, OSError) as error:
        raise _network_error(error) from error


def host_of(url: str) -> str:
    """Returns the host, with its port if one is named. Raises FetchError if the address is not http or https."""
    try:
        parts = urllib.parse.urlsplit(url)
        host = parts.hostname
    except ValueError as error:
        raise FetchError(f"no valid address ({error})") from error
    if parts.scheme.lower() not in _SCHEMES or not host:
        raise FetchError("no http or https address" if url else "the item has no address")
    return parts.netloc.rpartition("@")[2].lower()


class _Redirects(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, req: Any, fp: Any, code: int, msg: str, headers: Any, newurl: str) -> Any:
        host_of(newurl)
        return super().redirect_request(req, fp, code, msg, headers, newurl)


@functools.cache
def _opener() -> urllib.request.OpenerDirector:
    """Returns an opener for http and https only: the default opener would also read local files and FTP."""
    opener = urllib.request.OpenerDirector()
    for handler in (
        urllib.request.ProxyHandler(),
        urllib.request.UnknownHandler(),
        urllib.request.HTTPHandler(),
        urllib.request.HTTPSHandler(),
        urllib.request.HTTPDefaultErrorHandler(),
        urllib.request.HTTPErrorProcessor(),
        _Redirects(),
    ):
        opener.add_handler(handler)
    return opener


def _check_header(headers: Any, max_bytes: int) -> None:
    kind = headers.get_content_type()
    if headers.get("Content-Type") and headers.get_content_maintype() != "image" and kind not in _BINARY:
        raise FetchError(f"{kind}, an image expected")
    if (_length(headers) or 0) > max_bytes:
        raise FetchError(f"over {max_bytes} bytes")


def _length(headers: Mapping[str, str]) -> int | None:
    text = headers.get("Content-Length") or ""
    return int(text) if text.isdecimal() else None


def _read(response: Any, max_bytes: int, deadline: float) -> bytes:
    body = bytearray()
    # read1 returns the bytes that have arrived, so the deadline is checked even while bytes arrive slowly.
    while block := response.read1(_BLOCK):
        body += block
        if len(body) > max_bytes:
            raise FetchError(f"over {max_bytes} bytes")
        if time.monotonic() > deadline:
            raise FetchError("too slow", transient=True)
    length = _length(response.headers)
    if length is not None and len(body) < length:
        raise FetchError("cut short on the way", transient=True)
    return bytes(body)


def _http_error(error: urllib.error.HTTPError) -> FetchError:
    if 300 <= error.code < 400:
        endless = "infinite loop" in str(error.reason)
        return FetchError("redirected without end" if endless else f"HTTP {error.code}, redirected nowhere")
    later = error.code in _TRY_LATER
    retry_after = _seconds(error.headers.get("Retry-After")) if later else None
    return FetchError(f"HTTP {error.code} {error.reason}", later, error.code in (429, 503), retry_after)


def _network_error(reason: object) -> FetchError:
    if isinstance(reason, socket.gaierror):
        again = reason.errno == socket.EAI_AGAIN
        return FetchError("the host's name does not resolve", transient=again, unresolved=True)
    if isinstance(reason, ssl.SSLCertVerificationError):
        return FetchError("the host's certificate is not valid")
    if isinstance(reason, TimeoutError):
        return FetchError("timed out", transient=True)
    if isinstance(reason, (OSError, http.client.HTTPException)):
        what = getattr(reason, "strerror", None) or type(reason).__name__
        return FetchError(f"the connection failed ({what})", transient=True)
    return FetchError(str(reason))


def _seconds(retry_after: str | None) -> float | None:
    """Returns Retry-After as seconds from now; it is a number of seconds or a date. None if it is neither."""
    if not retry_after:
        return None
    if retry_after.strip().isdecimal():
        return float(retry_after)
    try:
        date = email.utils.parsedate_to_datetime(retry_after)
    except (TypeError, ValueError):
        return None
    if date.tzinfo is None:
        date = date.replace(tzinfo=timezone.utc)
    return max(0.0, (date - datetime.now(timezone.utc)).total_seconds())
