"""What tools.score_photos is asked for."""

import dataclasses

from tfrecords.errors import InputError, option
from tfrecords.settings import MOVED_DATASET, at_least, check_settings, required, setting

DEFAULT_USERS = 10
DEFAULT_CLUSTERS = 8


@dataclasses.dataclass(frozen=True)
class ScorePhotosConfig:
    """Which photos to score, and for whom; each field's help says what it is."""

    workdir: str = required("folder of a training of DVBPR")
    photos: str = required("folder of photos")
    output: str | None = setting(
        None, "folder for scores.json, scores.csv and photos.png; an earlier result is replaced"
    )
    users: int | None = setting(
        None, f"users named for each photo, who would like it most; {DEFAULT_USERS} if not given", at_least(0)
    )
    user: str | None = setting(None, "ask only this user, by key, or several with commas between")
    groups: str | None = setting(None, "a CSV file with the columns user and group; clusters of tastes if not given")
    clusters: int | None = setting(
        None,
        f"k-means clusters of the users' taste vectors, 0: none; {DEFAULT_CLUSTERS} if not given",
        at_least(0),
    )
    category: str | None = setting(None, "compare with the items of this category only")
    dataset: str | None = setting(None, MOVED_DATASET)

    def __post_init__(self) -> None:
        check_settings(self)
        if self.groups is not None and self.clusters:
            raise InputError(f"{option('groups')} and {option('clusters')} contradict each other; give one of them")
        for name in ("users", "groups", "clusters"):
            if self.user is not None and getattr(self, name):
                raise InputError(
                    f"{option('user')} and {option(name)} contradict each other: {option('user')} asks the named users "
                    "alone"
                )
