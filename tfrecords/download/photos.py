"""Downloads the photos of a catalogue into a folder, in parallel and politely; a later run continues."""

import collections
import concurrent.futures
import contextlib
import csv
import dataclasses
import threading
import warnings
from collections.abc import Iterable, Iterator
from pathlib import Path

from PIL import Image

from tfrecords.download.config import DownloadConfig
from tfrecords.download.host_limiter import HostClosed, HostGate
from tfrecords.download.http import FetchError, fetch_image, host_of
from tfrecords.download.urls import photo_urls
from tfrecords.errors import InputError
from tfrecords.files.atomic_file import whole_file
from tfrecords.files.folder_lock import locked
from tfrecords.files.output_check import check_writable
from tfrecords.photos.check import BadPhoto, check_photo
from tfrecords.photos.folder import PhotoFolder, is_file_name
from tfrecords.progress_bar import progress_bar

FAILURES_FILE = "failures.csv"
LONGEST_WAIT = 120.0  # seconds; a host whose Retry-After is longer is not asked again
_PLACEHOLDER = "/no-img-sm"  # Amazon's picture for "no image"
_PNG = b"\x89PNG"
_AHEAD = 4  # photos per worker that are queued ahead


@dataclasses.dataclass(frozen=True)
class DownloadSummary:
    """How many photos were downloaded, were already there, or failed; the reasons of failures with their counts."""

    fetched: int
    kept: int
    failed: int
    reasons: list[tuple[str, int]]
    failures: Path


@dataclasses.dataclass(frozen=True)
class _Outcome:
    key: str
    url: str
    state: str
    reason: str = ""


def download_photos(config: DownloadConfig, progress: bool = True) -> DownloadSummary:
    """Downloads every photo that is not in the folder yet, and writes `FAILURES_FILE` there: item, url, reason.

    A photo gets its name only when it is complete and decodes. Photos that the readers cannot use (WebP, rotated) are
    encoded again by `tfrecords.photos.check.check_photo`.

    Raises:
        InputError: bad input; or no photo was downloaded, because all failed or a host's name does not resolve.
    """
    check_writable(config.images, folder=True)
    chosen = config.subset is not None or config.category_path is not None
    choice = config.choose() if chosen else None
    min_actions = config.min_actions or config.minimum_purchases or 5
    urls = photo_urls(config.input, choice, min_actions, config.minimum_purchases, progress)
    with locked(config.images, "fetching photos"):
        return _download(config, urls, progress)


def _download(config: DownloadConfig, urls: dict[str, str], progress: bool) -> DownloadSummary:
    downloader = _Downloader(config)
    counts: collections.Counter[str] = collections.Counter()
    reasons: collections.Counter[str] = collections.Counter()
    with (
        _failures(config.images / FAILURES_FILE) as failures,
        warnings.catch_warnings(),
        contextlib.closing(downloader.run(urls.items())) as outcomes,
        progress_bar(outcomes, total=len(urls), desc="photos", unit="photo", disable=not progress) as bar,
    ):
        warnings.simplefilter("ignore", Image.DecompressionBombWarning)
        for outcome in bar:
            counts[outcome.state] += 1
            if outcome.reason:
                reasons[outcome.reason] += 1
                failures.writerow([outcome.key, outcome.url, outcome.reason])
                bar.set_postfix(failed=counts["failed"], refresh=False)
    summary = DownloadSummary(
        counts["fetched"], counts["kept"], counts["failed"], reasons.most_common(), config.images / FAILURES_FILE
    )
    _check(summary, downloader.unresolved)
    return summary


class _Downloader:
    def __init__(self, config: DownloadConfig):
        self.unresolved: set[str] = set()
        self._config = config
        self._folder = PhotoFolder(config.images)
        self._stop = threading.Event()
        self._gates: dict[str, HostGate] = {}
        self._lock = threading.Lock()

    def run(self, urls: Iterable[tuple[str, str]]) -> Iterator[_Outcome]:
        """Yields one outcome per item, in the order in which they finish."""
        running: set[concurrent.futures.Future[_Outcome]] = set()
        with concurrent.futures.ThreadPoolExecutor(self._config.workers) as pool:
            try:
                for key, url in urls:
                    running.add(pool.submit(self._one, key, url))
                    if len(running) >= _AHEAD * self._config.workers:
                        done, running = concurrent.futures.wait(running, return_when="FIRST_COMPLETED")
                        yield from (future.result() for future in done)
                yield from (future.result() for future in concurrent.futures.as_completed(running))
            except KeyboardInterrupt:
                raise KeyboardInterrupt("Finished photos are kept, the same command goes on.") from None
            finally:
                self._stop.set()
                for future in running:
                    future.cancel()

    def _one(self, key: str, url: str) -> _Outcome:
        if not is_file_name(key):
            return _Outcome(key, url, "failed", "the item's key cannot name a file")
        if self._folder.find(key) is not None:
            return _Outcome(key, url, "kept")
        if _PLACEHOLDER in url:
            return _Outcome(key, url, "failed", "the address of a placeholder, the item has no photo")
        try:
            photo = check_photo(self._fetch(url)).encoded
        except (FetchError, HostClosed, BadPhoto) as error:
            return _Outcome(key, url, "failed", str(error))
        path = self._config.images / f"{key}{'.png' if photo.startswith(_PNG) else '.jpg'}"
        with whole_file(path) as temporary:
            temporary.write_bytes(photo)
        return _Outcome(key, url, "fetched")

    def _fetch(self, url: str) -> bytes:
        gate = self._gate(host_of(url))
        for wait in (self._config.backoff * 2**attempt for attempt in range(self._config.retries)):
            try:
                return self._fetch_once(gate, url)
            except FetchError as error:
                if not error.transient:
                    raise
                self._wait_before_retry(gate, error, wait)
        return self._fetch_once(gate, url)

    def _fetch_once(self, gate: HostGate, url: str) -> bytes:
        with gate.turn():
            try:
                content = fetch_image(url, self._config.timeout, self._config.max_bytes)
            except FetchError as error:
                if error.unresolved:
                    self._unresolved(gate, host_of(url), error)
                elif error.transient:
                    gate.failed(str(error))
                else:
                    gate.succeeded()
                raise
            gate.succeeded()
            return content

    def _wait_before_retry(self, gate: HostGate, error: FetchError, wait: float) -> None:
        """Waits before the next try; if the server asks for fewer requests, all threads wait."""
        asked = error.retry_after or 0.0
        if asked > LONGEST_WAIT:
            gate.close(f"the host asks to wait {asked:.0f} s; run the same command later")
        if error.crowded:
            gate.pause(max(asked, wait))
        else:
            self._stop.wait(max(asked, wait))

    def _unresolved(self, gate: HostGate, host: str, error: FetchError) -> None:
        with self._lock:
            self.unresolved.add(host)
        if error.transient:
            gate.failed(str(error))
        else:
            gate.close(str(error))

    def _gate(self, host: str) -> HostGate:
        with self._lock:
            return self._gates.setdefault(host, HostGate(self._config.per_host, self._config.delay, self._stop))


@contextlib.contextmanager
def _failures(path: Path) -> Iterator["csv._writer"]:
    with whole_file(path) as temporary, temporary.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(["item", "url", "reason"])
        yield writer


def _check(summary: DownloadSummary, unresolved: set[str]) -> None:
    if summary.fetched or not summary.failed:
        return
    if unresolved:
        hosts = ", ".join(sorted(unresolved))
        raise InputError(f"no photo came: the host's name {hosts} does not resolve; check the network")
    if not summary.kept:
        reason, count = summary.reasons[0]
        raise InputError(f"no photo came: all {summary.failed} failed, {count} with: {reason}; see {summary.failures}")
