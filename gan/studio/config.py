"""Defines the settings of the studio."""

import dataclasses

from tfrecords.settings import (
    MOST_SEED,
    MOVED_DATASET,
    above_zero,
    between,
    check_settings,
    need,
    required,
    setting,
    zero_or_more,
)

MOST_STEPS = 200
MOST_ETA = 100.0
MOST_DIVERSITY = 5.0
HOST = "127.0.0.1"


@dataclasses.dataclass(frozen=True)
class StudioConfig:
    """The two runs, the port, and how the studio searches; each field's help describes it.

    Raises:
        InputError: a setting is out of its bounds.
    """

    workdir: str = required("folder of a training of DVBPR")
    gan: str = required("folder of a training of the GAN, on the same categories")
    port: int = setting(8502, "port to listen on, on this machine only; 0: any free port", between(0, 65535))
    garments: int = setting(4, "number of garments of a design, and of retrieved items", between(1, 12))
    starts: int = setting(6, "number of latents that are optimised for a design", between(1, 64))
    candidates: int = setting(96, "number of latents drawn, of which the best are the starts", between(1, 4096))
    steps: int = setting(20, "steps of a design, where the page's slider stands first", between(5, MOST_STEPS))
    eta: float = setting(20.0, "weight of looking like a photo, where the page's slider stands first", zero_or_more())
    seed: int = setting(0, "seed that the page shows first", between(0, MOST_SEED))
    invert_steps: int = setting(60, "steps of the search for a photo's latent, before it is tailored", between(1, 1000))
    explain_steps: int = setting(32, "steps of the integral of an explanation", between(1, 1024))
    ridge: float = setting(0.1, "how near a guest's taste stays to the mean user's", above_zero())
    clusters: int = setting(8, "number of groups of users with alike tastes", between(1, 100))
    queue: int = setting(8, "most requests that may wait or run; further ones get status 429", between(1, 100))
    max_request_mib: int = setting(16, "largest request in MiB; a photo may have three quarters of it", between(1, 256))
    dataset: str | None = setting(None, MOVED_DATASET)

    # What `tf_dvbpr.server.app.App` asks for: this machine alone, no further names, no other sites.
    host = HOST
    allow_hosts = ()
    allow_origins = ()

    def __post_init__(self) -> None:
        check_settings(self)
        need(self, self.eta <= MOST_ETA, "eta", f"from 0 to {MOST_ETA:g}")
        need(self, self.starts >= self.garments, "starts", f"at least the {self.garments} garments of a design")
        need(self, self.candidates >= self.starts, "candidates", f"at least the {self.starts} starts")
