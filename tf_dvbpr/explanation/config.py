"""What tools.explain is asked for."""

import dataclasses
from pathlib import Path

from tfrecords.errors import InputError, option
from tfrecords.settings import MOVED_DATASET, between, check_settings, required, setting


@dataclasses.dataclass(frozen=True)
class ExplainConfig:
    """Which garment to explain, and to whom; each field's help says what it is.

    Without `user` and `groups` everybody is asked. `clusters` are the segments of the users that are told apart.
    """

    workdir: str = required("folder of a training of DVBPR")
    output: str = required("folder for the explanation; an earlier one is replaced")
    item: str | None = setting(None, "key of the item to explain")
    photo: str | None = setting(None, "file of a photo to explain, instead of an item")
    user: str | None = setting(None, "the user's key, or several with commas between; everybody if not given")
    groups: str | None = setting(None, "a CSV file with the columns user and group: each group is asked")
    clusters: int = setting(
        8, "segments of all users, by their tastes, where no user is named; 0: none", between(0, 1000)
    )
    attributes: str | None = setting(
        None, "a CSV file with the column item_id and a column an attribute; the data set's own if not given"
    )
    k: int = setting(4, "items named of each kind: bought, most and least alike, and preferred", between(1, 100))
    steps: int = setting(128, "of the integral over the way from a white photo", between(1, 100_000))
    occlusion: bool = setting(True, "also cover parts of the photo one by one, which is slow with large networks")
    dataset: str | None = setting(None, MOVED_DATASET)

    def __post_init__(self) -> None:
        check_settings(self)
        if (self.item is None) == (self.photo is None):
            raise InputError(
                f"what is to be explained? Give {option('item', 'KEY')} or {option('photo', 'FILE')}, one of them"
            )
        if self.user is not None and self.groups is not None:
            raise InputError(f"{option('user')} and {option('groups')} contradict each other; give one of them")
        # Read before networks are: a slip of the pen should not take a minute to be told.
        for name in ("photo", "attributes", "groups"):
            path = getattr(self, name)
            if path is not None and not Path(path).is_file():
                raise InputError(f"{option(name, path)}: no such file")
