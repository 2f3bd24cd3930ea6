"""Defines the settings of tools.explain."""

import dataclasses
from pathlib import Path

from tfrecords.errors import InputError, option
from tfrecords.settings import MOVED_DATASET, between, check_settings, required, setting


@dataclasses.dataclass(frozen=True)
class ExplainConfig:
    """Which garment to explain, and for which users; each field's help describes it.

    Without `user` and `groups`, the explanation is for all users together, who are divided into `clusters` segments.

    Raises:
        InputError: a setting is out of its bounds, two contradict each other, or a file does not exist.
    """

    workdir: str = required("DVBPR's workdir")
    output: str = required("folder for the explanation; an earlier one is replaced")
    item: str | None = setting(None, "external id of the item to explain")
    photo: str | None = setting(None, "photo to explain, instead of an item")
    user: str | None = setting(
        None, "the user's external id, or several separated by commas; all users together if not given"
    )
    groups: str | None = setting(None, "a CSV file with the columns user and group; each group gets an explanation")
    clusters: int = setting(
        8,
        "number of segments into which all users are clustered by their tastes, if no user is named; 0: none",
        between(0, 1000),
    )
    attributes: str | None = setting(
        None, "a CSV file with the column item_id and a column per attribute; the data set's own if not given"
    )
    k: int = setting(4, "items in each list: most and least similar purchases, and preferred items", between(1, 100))
    steps: int = setting(128, "steps of the integral along the path from a white photo", between(1, 100_000))
    occlusion: bool = setting(
        True, "also make heat maps by covering parts of the photo, which is slow with large networks"
    )
    dataset: str | None = setting(None, MOVED_DATASET)

    def __post_init__(self) -> None:
        check_settings(self)
        if (self.item is None) == (self.photo is None):
            raise InputError(
                f"what is to be explained? Give {option('item', 'KEY')} or {option('photo', 'FILE')}, one of them"
            )
        if self.user is not None and self.groups is not None:
            raise InputError(f"{option('user')} and {option('groups')} contradict each other; give one of them")
        # Checked before networks are loaded, so that a typing error is reported at once.
        for name in ("photo", "attributes", "groups"):
            path = getattr(self, name)
            if path is not None and not Path(path).is_file():
                raise InputError(f"{option(name, path)}: no such file")
