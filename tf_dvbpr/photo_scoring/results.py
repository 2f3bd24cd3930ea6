"""The result of scoring new photos, as in scores.json."""

import dataclasses

from tf_dvbpr.photo_scoring.user_groups import CategoryShare


@dataclasses.dataclass(frozen=True)
class UserScore:
    """The score of one user for one photo.

    Attributes:
        user: the user's key.
        percentile: share of the items that the user scores below the photo, in [0, 1].
        rank: the photo's place among the items for this user, from 1 to I + 1; an item with an equal score comes first.
        score: ``t_u . Phi(p)``.
        standardised_score: (score - mean) / standard deviation, both over the items' scores.
    """

    user: str
    percentile: float
    rank: int
    score: float
    standardised_score: float


@dataclasses.dataclass(frozen=True)
class GroupScore:
    """The score of one group of users for one photo: the mean percentile over its members, in [0, 1]."""

    group: str
    percentile: float


@dataclasses.dataclass(frozen=True)
class PhotoScore:
    """The scores of one photo.

    Attributes:
        file: its name.
        mean_percentile: mean over the scored users, in [0, 1].
        median_rank: median over the scored users, from 1 to I + 1.
        users: the users who would like it most, best first; the named users, if users were named.
        groups: all groups, the highest percentile first.
    """

    file: str
    mean_percentile: float
    median_rank: float
    users: list[UserScore]
    groups: list[GroupScore]


@dataclasses.dataclass(frozen=True)
class Group:
    """A group's name, its number of users, and what they bought (`user_groups.UserGroup`)."""

    name: str
    users: int
    most_bought: CategoryShare | None
    leaning: CategoryShare | None


@dataclasses.dataclass(frozen=True)
class PhotoScores:
    """The scores of all photos.

    Attributes:
        data_set: name of the data set the recommender was trained on.
        step: the training step of the weights.
        category: the category whose items the photos are compared with; None: the whole catalogue.
        items: I, the number of these items.
        users: the number of scored users.
        named_users: their keys, if they were named.
        groups: largest first.
        unknown_users: keys of the file of groups that are not in the data set.
        bad_files: by file name the reason why it could not be read.
        photos: the highest mean percentile first.
    """

    data_set: str
    step: int
    category: str | None
    items: int
    users: int
    named_users: list[str]
    groups: list[Group]
    unknown_users: list[str]
    bad_files: dict[str, str]
    photos: list[PhotoScore]
