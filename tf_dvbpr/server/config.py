"""Defines the settings of the server."""

import dataclasses
import re
from pathlib import Path

from tfrecords.errors import InputError, option
from tfrecords.settings import above_zero, at_least, between, check_settings, required, setting, zero_or_more

INDEX_FROM = 100_000  # items


@dataclasses.dataclass(frozen=True)
class ServeConfig:
    """The model to serve, the address, and limits of requests; each field's help describes it.

    Raises:
        InputError: a setting is out of its bounds, or the model's name does not fit into a URL.
    """

    model: str = required("folder of versions: MODEL/1, MODEL/2, ..., each a SavedModel; the highest is served")
    port: int = setting(8501, "port to listen on; 0: any free port", between(0, 65535))
    grpc_port: int | None = setting(
        None,
        "port to answer gRPC on too (needs tensorflow-serving-api, the extra grpc); 0: any free port",
        between(0, 65535),
    )
    name: str | None = setting(None, "name of the model in URLs; the folder's name if not given")
    host: str = setting("127.0.0.1", "address to listen on; 0.0.0.0: all addresses of this machine")
    allow_hosts: tuple[str, ...] = setting(
        (), "host names by which callers may address this server, separated by commas; those of --host if not given"
    )
    allow_origins: tuple[str, ...] = setting(
        (), "other sites whose pages may call this server, for example https://shop.example, separated by commas"
    )
    queue: int = setting(
        64,
        "most requests that may wait or run in each of the two queues, for quick requests and for designs and other "
        "slow ones; further ones are refused with status 429",
        between(1, 1000),
    )
    workers: int = setting(1, "number of requests, or batches of them, that run at the same time", between(1, 64))
    max_batch: int = setting(64, "most rows of a batch of joined requests; 1: requests run alone", between(1, 4096))
    max_request_mib: int = setting(32, "largest size of a request in MiB", between(1, 1024))
    max_rows: int = setting(1024, "most rows of a request: users, items or categories", between(1, 10**6))
    max_answer: int = setting(10**6, "most rows times k, or rows times frames, of a request", between(1, 10**9))
    max_photos: int = setting(32, "most photos of a request", between(1, 10**4))
    max_pixels: int = setting(
        50_000_000, "most pixels of a photo, height times width; as large as an export's default", between(64, 10**9)
    )
    max_design_steps: int = setting(
        20_000,
        "most rows times starts times steps of a request that designs or tailors, rows times candidates, and rows "
        "times the 64 steps of an explanation",
        between(1, 10**9),
    )
    index_from: int = setting(
        INDEX_FROM,
        "use an export's index (--index of tools.export_saved_model) if there are so many items or more; "
        "of fewer, all are scored",
        at_least(1),
    )
    poll_seconds: float = setting(1.0, "seconds between two checks for a new version", above_zero())
    drain_seconds: float = setting(
        30.0, "seconds that running requests have to finish when the server is stopped", zero_or_more()
    )

    def __post_init__(self) -> None:
        check_settings(self)
        if not re.fullmatch(r"[^/:\s?#%]+", self.model_name):
            raise InputError(
                f"{option('name', self.model_name)}: expected a name without spaces and / : ? # %, since it stands in "
                "URLs"
            )

        object.__setattr__(self, "allow_hosts", tuple(map(_host, self.allow_hosts)))
        object.__setattr__(self, "allow_origins", tuple(map(_origin, self.allow_origins)))

    @property
    def model_name(self) -> str:
        """Returns the model's name in URLs."""
        return self.name if self.name is not None else Path(self.model).absolute().name


def _host(name: str) -> str:
    """Returns a name as requests are compared with it."""
    if not re.fullmatch(r"[^\s/:?#@]+|[0-9a-fA-F:]*:[0-9a-fA-F:.]*", name) or name == "*":
        raise InputError(f"{option('allow_hosts', name)}: expected host names without port and path, as in api.example")
    return name.lower()


def _origin(address: str) -> str:
    """Returns an address in the form of the header Origin, which has no path."""
    found = re.fullmatch(r"(https?://(?:[^\s/?#@:*]+|\[[0-9a-f:.]+\])(?::[0-9]+)?)/?", address.lower())
    if not found:
        raise InputError(
            f"{option('allow_origins', address)}: expected addresses of sites without a path, as in https://shop.example"
        )
    return re.sub(r"^(http://.*):80$|^(https://.*):443$", r"\1\2", found[1])
