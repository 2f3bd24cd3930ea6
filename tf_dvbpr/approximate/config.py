"""Defines the settings of an index."""

import dataclasses

from tfrecords.errors import InputError, option
from tfrecords.settings import MOST_SEED, at_least, between, one_of, setting, share

NONE, LISTS, CODES = "none", "ivf", "ivfpq"
LEAST_RECALL = 0.98  # the default


@dataclasses.dataclass(frozen=True, kw_only=True)
class IndexConfig:
    """Which index to make; each field's help describes it.

    Raises:
        InputError: a setting has no effect without an index.
    """

    index: str = setting(
        NONE,
        f"search recommendations approximately; {LISTS}: among lists of similar items, in the SavedModel; {CODES}: "
        "also by a faster index beside it, which tools.serve uses; both need faiss-cpu, the extra ann",
        one_of(NONE, LISTS, CODES),
    )
    probes: int | None = setting(
        None, "number of lists that a user's search reads; chosen by measurement if not given", at_least(1)
    )
    least_recall: float | None = setting(
        None,
        "least share of the exact best 100 items that the index must find, else there is no export; "
        f"{LEAST_RECALL} if not given",
        share(),
    )
    index_seed: int | None = setting(
        None, "seed of the index: of its lists and of the users by whom it is measured; 0 if not given",
        between(0, MOST_SEED),
    )  # fmt: skip

    def check_index(self) -> None:
        """Raises InputError for a setting of an index where there is none."""
        for name in ("probes", "least_recall", "index_seed"):
            if self.index == NONE and getattr(self, name) is not None:
                raise InputError(
                    f"{option(name, getattr(self, name))}: {option(name)} has no effect without {option('index')}; "
                    "leave it out"
                )
