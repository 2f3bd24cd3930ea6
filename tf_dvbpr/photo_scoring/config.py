"""The settings of a scoring of photos (tools.score_photos)."""

import dataclasses

from tfrecords.errors import InputError, option
from tfrecords.settings import MOVED_DATASET, at_least, check_settings, required, setting

DEFAULT_USERS = 10
DEFAULT_CLUSTERS = 8


@dataclasses.dataclass(frozen=True)
class ScorePhotosConfig:
    """Which photos to score, and for which users; each field's help describes it."""

    workdir: str = required("folder of a training of DVBPR")
    photos: str = required("folder of photos")
    output: str | None = setting(
        None, "folder for scores.json, scores.csv and photos.png; an earlier result is replaced"
    )
    users: int | None = setting(
        None,
        f"number of users named for each photo, those who would like it most; {DEFAULT_USERS} if not given",
        at_least(0),
    )
    user: str | None = setting(None, "score only for this user's key, or several keys separated by commas")
    groups: str | None = setting(None, "a CSV file with the columns user and group; clusters of tastes if not given")
    clusters: int | None = setting(
        None,
        f"number of k-means clusters of the user factors, 0: none; {DEFAULT_CLUSTERS} if not given",
        at_least(0),
    )
    category: str | None = setting(None, "compare only with the items of this category")
    dataset: str | None = setting(None, MOVED_DATASET)

    def __post_init__(self) -> None:
        check_settings(self)
        if self.groups is not None and self.clusters:
            raise InputError(f"{option('groups')} and {option('clusters')} contradict each other; give one of them")
        for name in ("users", "groups", "clusters"):
            if self.user is not None and getattr(self, name):
                raise InputError(
                    f"{option('user')} and {option(name)} contradict each other: {option('user')} scores only for "
                    "the named users"
                )
